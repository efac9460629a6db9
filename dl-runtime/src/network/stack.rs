//! Arrays of models as models: one after another, each with its own weights. `repeat 12 { … }` is one.

use crate::init::Rng;
use crate::ops::Device;
use crate::tensor::Entry;
use crate::tensor::Grad;
use crate::{Allocator, Context, LayerInfo, Model, Network, Pod, Tensors, View, ViewMut, Workspace};

impl<M: Model, const N: usize> Network for [M; N]
where
    M: Model<Output = <M as Model>::Input>,
    M::Input: Pod<Element = f32>,
{
    type Model = Self;
    fn network(&self) -> &Self {
        self
    }
    fn network_mut(&mut self) -> &mut Self {
        self
    }
}

/// What a stack remembers: the memory of every copy, and what flows from each to the next.
pub struct StackTraining<T, D: Device> {
    copies: Vec<T>,
    between: Vec<Workspace<D>>,
    d_between: [Workspace<D>; 2],
}

/// The memory of a stack at inference: that of one copy serves all.
pub struct StackInference<T, D: Device> {
    copy: T,
    between: [Workspace<D>; 2],
}

impl<M, const N: usize> Model for [M; N]
where
    M: Model<Output = <M as Model>::Input>,
    M::Input: Pod<Element = f32>,
{
    type Input = M::Input;
    type Output = M::Input;
    type Inference<D: Device> = StackInference<M::Inference<D>, D>;
    type Training<D: Device> = StackTraining<M::Training<D>, D>;

    const NAME: &'static str = M::NAME;
    const TENSORS: Tensors =
        Tensors(&[Entry::Copies { count: N, stride: size_of::<M>(), tensors: <M as Model>::TENSORS }]);
    const LAYERS: &'static [LayerInfo] = M::LAYERS;
    const COPIES: usize = N;
    const MULTIPLY_ADDS: u64 = N as u64 * M::MULTIPLY_ADDS;
    const INFERENCE_FLOATS: usize = M::INFERENCE_FLOATS + 2 * M::Input::LEN;
    const TRAINING_FLOATS: usize = N * M::TRAINING_FLOATS + (N + 1) * M::Input::LEN;

    fn init_weights(&mut self, rng: &mut Rng) {
        self.iter_mut().for_each(|copy| copy.init_weights(rng));
    }
    fn inference_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Inference<D> {
        StackInference {
            copy: M::inference_memory(allocator),
            between: [(); 2].map(|()| allocator.workspace(M::Input::LEN)),
        }
    }
    fn training_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Training<D> {
        StackTraining {
            copies: (0..N).map(|_| M::training_memory(allocator)).collect(),
            between: (1..N).map(|_| allocator.workspace(M::Input::LEN)).collect(),
            d_between: [(); 2].map(|()| allocator.workspace(M::Input::LEN)),
        }
    }
    fn infer<D: Device>(
        context: &Context<'_, D>,
        net: View<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        memory: &mut Self::Inference<D>,
        mut output: ViewMut<'_, D, Self::Output>,
    ) {
        let (n, [even, odd]) = (input.len(), &mut memory.between);
        for copy in 0..N {
            let (from, to) = if copy % 2 == 0 { (&mut *odd, &mut *even) } else { (&mut *even, &mut *odd) };
            let from = if copy == 0 { input.shorten() } else { from.read(n) };
            let to = if copy + 1 == N { output.reborrow() } else { to.write(n) };
            M::infer(context, net.item(copy), from, &mut memory.copy, to);
        }
    }
    fn forward<D: Device>(
        context: &Context<'_, D>,
        mut net: ViewMut<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        memory: &mut Self::Training<D>,
        mut output: ViewMut<'_, D, Self::Output>,
    ) {
        let n = input.len();
        for (copy, of_copy) in memory.copies.iter_mut().enumerate() {
            let (before, after) = memory.between.split_at_mut(copy);
            let from = before.last().map_or(input.shorten(), |slot| slot.read(n));
            let to = after.first_mut().map_or(output.reborrow(), |slot| slot.write(n));
            M::forward(&context.copy(copy), net.item(copy), from, of_copy, to);
        }
    }
    fn backward<D: Device>(
        context: &Context<'_, D>,
        net: View<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        memory: &mut Self::Training<D>,
        output: View<'_, D, Self::Output>,
        mut d_output: ViewMut<'_, D, Self::Output>,
        mut d_net: Grad<'_, D, Self>,
        mut d_input: Option<ViewMut<'_, D, Self::Input>>,
    ) {
        let n = input.len();
        let [even, odd] = &mut memory.d_between;
        for (copy, of_copy) in memory.copies.iter_mut().enumerate().rev() {
            let from = if copy == 0 { input.shorten() } else { memory.between[copy - 1].read(n) };
            let to = if copy + 1 == N { output.shorten() } else { memory.between[copy].read(n) };
            // The gradient to what flows out of copy `k` lies in slot `k % 2`.
            let (d_from, d_to) = if copy % 2 == 0 { (&mut *odd, &mut *even) } else { (&mut *even, &mut *odd) };
            let d_to = if copy + 1 == N { d_output.reborrow() } else { d_to.write(n) };
            let d_from = if copy == 0 { d_input.as_mut().map(ViewMut::reborrow) } else { Some(d_from.write(n)) };
            let d_net = Grad { to: d_net.to.item(copy), write: d_net.write };
            M::backward(&context.copy(copy), net.item(copy), from, of_copy, to, d_to, d_net, d_from);
        }
    }
    fn inspect<D: Device>(
        memory: &Self::Training<D>,
        samples: usize,
        see: &mut dyn FnMut(&'static str, D::Ref<'_, f32>),
    ) {
        memory.copies.iter().for_each(|memory| M::inspect(memory, samples, see));
    }
}
