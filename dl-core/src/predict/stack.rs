//! Prediction by copies of one model that follow each other, each with weights of its own: `repeat 12 { … }`.

use super::{Buffer, Declared, Predict, Zeroed};
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

impl<M: Predict<Makes = <M as Declared>::Takes>, const N: usize> Predict for [M; N]
where
    M::Takes: Pod,
{
    fn predict_with(
        &self,
        input: &M::Takes,
        output: &mut M::Takes,
        StackMemory { copy, between }: &mut StackMemory<M>,
    ) {
        let [mut from, mut to] = between.each_mut();
        for (k, model) in self.iter().enumerate() {
            let input = if k == 0 { input } else { from.read() };
            let output = if k + 1 == N { &mut *output } else { to.write() };
            model.predict_with(input, output, copy);
            swap(&mut from, &mut to);
        }
    }
}
