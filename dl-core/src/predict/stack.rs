//! Prediction by copies of one model that follow each other, each with weights of its own: `repeat 12 { … }`.

use super::{Buffer, Declared, Predict, PredictSteps, Zeroed};
use crate::{Entry, Pod, Tensors};
use core::mem::swap;

/// The memory of one copy, which all use, and the values between copies.
#[doc(hidden)]
pub struct StackMemory<M: Declared> {
    copy: M::Memory,
    between: [Buffer<M::Makes>; 2],
}

impl<M: Declared<Makes: Pod>> Zeroed for StackMemory<M> {
    const ZERO: Self = StackMemory { copy: <M::Memory as Zeroed>::ZERO, between: [const { Buffer::ZERO }; 2] };
}

impl<M: Declared<Makes: Pod>, const N: usize> Declared for [M; N] {
    const NAME: &'static str = M::NAME;
    const TENSORS: Tensors = Tensors(&[Entry::Copies { count: N, stride: size_of::<M>(), tensors: M::TENSORS }]);
    const CHECKED: () = M::CHECKED;
    type Takes = M::Takes;
    type Makes = M::Makes;
    type Memory = StackMemory<M>;
}

impl<M: Declared<Makes: Pod>> StackMemory<M> {
    /// Calls `predict` for each of `models`, with its number, input and output.
    #[inline(always)]
    fn each(
        &mut self,
        models: &[M],
        input: &M::Makes,
        output: &mut M::Makes,
        mut predict: impl FnMut(&M, usize, &M::Makes, &mut M::Makes, &mut M::Memory),
    ) {
        let [mut from, mut to] = self.between.each_mut();
        for (k, model) in models.iter().enumerate() {
            let input = if k == 0 { input } else { from.read() };
            let output = if k + 1 == models.len() { &mut *output } else { to.write() };
            predict(model, k, input, output, &mut self.copy);
            swap(&mut from, &mut to);
        }
    }
}

impl<M: Predict<Makes = <M as Declared>::Takes>, const N: usize> Predict for [M; N]
where
    M::Takes: Pod,
{
    fn predict_with(&self, input: &M::Takes, output: &mut M::Takes, memory: &mut StackMemory<M>) {
        memory.each(self, input, output, |model, _, input, output, copy| model.predict_with(input, output, copy));
    }
}

impl<M: PredictSteps<Makes = <M as Declared>::Takes>, const N: usize> PredictSteps for [M; N]
where
    M::Takes: Pod,
{
    type State = [M::State; N];

    fn step_with(
        &self,
        input: &M::Takes,
        output: &mut M::Takes,
        state: &mut [M::State; N],
        memory: &mut StackMemory<M>,
        position: u64,
    ) {
        memory.each(self, input, output, |model, k, input, output, copy| {
            model.step_with(input, output, &mut state[k], copy, position);
        });
    }
}
