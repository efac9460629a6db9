//! Implements the passes of arrays of models, which run one after another, each with weights of its own: `repeat 12 { … }`.

use super::{Backward, Batch, BlockPasses, Forward, Infer, LayerInfo, Network, Passes, Row};
use crate::init::Rng;
use crate::ops::Device;
use crate::tensor::{ArenaSize, Grad, Pack};
use crate::{Allocator, Pod, View, ViewMut, Workspace};

impl<M: Passes, const N: usize> Network for [M; N]
where
    M: Passes<Output = <M as Passes>::Input, Makes: Pod>,
    M::Input: Pack<Element = f32>,
{
    type Model = Self;
    fn network(&self) -> &Self {
        self
    }
    fn network_mut(&mut self) -> &mut Self {
        self
    }
}

impl<M, const N: usize> BlockPasses for [M; N]
where
    M: BlockPasses + Passes<Output = <M as Passes>::Input, Makes: Pod>,
    M::Input: Pack<Element = f32>,
{
    fn infer_in_blocks<D: Device>(pass: Infer<'_, D, Self>) {
        infer_copies(pass, M::infer_in_blocks);
    }
}

/// Runs a pass of inference of every copy.
fn infer_copies<D: Device, M, const N: usize>(pass: Infer<'_, D, [M; N]>, infer: fn(Infer<'_, D, M>))
where
    M: Passes<Output = <M as Passes>::Input, Makes: Pod>,
    M::Input: Pack<Element = f32>,
{
    let Infer { context, batch, net, input, memory, output } = pass;
    let n = batch.items::<M::Input>(M::OUTPUT_SEQUENCES);
    memory.each_copy(N, n, input, output, |copy, memory, input, mut output| {
        let (net, input, output) = (net.item(copy).shorten(), input.shorten(), output.reborrow());
        infer(Infer { context, batch, net, input, memory, output });
    });
}

/// The memory of a stack in training: the memory of every copy, and the values and gradients between copies.
pub struct StackTraining<T, D: Device> {
    copies: Vec<T>,
    between: Vec<Workspace<D>>,
    d_between: [Workspace<D>; 2],
}

/// The memory of a stack at inference, in which all copies use the memory of one.
pub struct StackInference<T, D: Device> {
    copy: T,
    between: [Workspace<D>; 2],
}

impl<T, D: Device> StackInference<T, D> {
    /// Calls `copy` with the memory, the input and the output of each of `copies`; the output of one is the input of the next.
    pub(super) fn each_copy<X: Pod<Element = f32>, Y: Pod<Element = f32>>(
        &mut self,
        copies: usize,
        items: usize,
        input: View<'_, D, X>,
        mut output: ViewMut<'_, D, Y>,
        mut copy: impl FnMut(usize, &mut T, View<'_, D, X>, ViewMut<'_, D, Y>),
    ) {
        let [even, odd] = &mut self.between;
        for k in 0..copies {
            let (from, to) = if k % 2 == 0 { (&mut *odd, &mut *even) } else { (&mut *even, &mut *odd) };
            let input = if k == 0 { input.shorten() } else { from.read(items) };
            let output = if k + 1 == copies { output.reborrow() } else { to.write(items) };
            copy(k, &mut self.copy, input, output);
        }
    }
}

impl<M, const N: usize> Passes for [M; N]
where
    M: Passes<Output = <M as Passes>::Input, Makes: Pod>,
    M::Input: Pack<Element = f32>,
{
    type Input = M::Input;
    type Output = M::Input;
    type Inference<D: Device> = StackInference<M::Inference<D>, D>;
    type Training<D: Device> = StackTraining<M::Training<D>, D>;
    type Evaluation<D: Device> = ();

    const LAYERS: &'static [LayerInfo] = M::LAYERS;
    const COPIES: usize = N;
    const MIN_BATCH: usize = M::MIN_BATCH;
    const CARRIED: usize = N * M::CARRIED;
    const OUTPUT_SEQUENCES: &'static [usize] = M::OUTPUT_SEQUENCES;
    const MULTIPLY_ADDS: u64 = N as u64 * M::MULTIPLY_ADDS;
    const INFERENCE_FLOATS: usize = M::INFERENCE_FLOATS + 2 * Row::<M::Input>::LEN;
    const TRAINING_FLOATS: usize = N * M::TRAINING_FLOATS + (N + 1) * Row::<M::Input>::LEN;
    const ARENA: ArenaSize = M::ARENA;

    fn init_weights(&mut self, rng: &mut Rng) {
        self.iter_mut().for_each(|copy| copy.init_weights(rng));
    }
    fn merge_updates(&mut self) -> usize {
        self.iter_mut().map(M::merge_updates).sum()
    }
    fn inference_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Inference<D> {
        StackInference {
            copy: M::inference_memory(allocator),
            between: [(); 2].map(|()| allocator.packed::<M::Input>()),
        }
    }
    fn training_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Training<D> {
        StackTraining {
            copies: (0..N).map(|_| M::training_memory(allocator)).collect(),
            between: (1..N).map(|_| allocator.packed::<M::Input>()).collect(),
            d_between: [(); 2].map(|()| allocator.packed::<M::Input>()),
        }
    }
    fn evaluation_memory<D: Device>(_: &mut Allocator<'_, D>) {}
    fn infer<D: Device>(pass: Infer<'_, D, Self>) {
        infer_copies(pass, M::infer);
    }
    fn forward<D: Device>(pass: Forward<'_, D, Self>) {
        let Forward { context, batch, mut net, input, memory, mut arena, mut carried, mut output } = pass;
        let n = batch.items::<M::Input>(M::OUTPUT_SEQUENCES);
        for (copy, of_copy) in memory.copies.iter_mut().enumerate() {
            let (before, after) = memory.between.split_at_mut(copy);
            M::forward(Forward {
                context: &context.copy(copy),
                batch,
                net: net.item(copy),
                input: before.last().map_or(input.shorten(), |slot| slot.read(n)),
                memory: of_copy,
                arena: arena.rest(),
                carried: carried.as_mut().map(|carried| carried.at(copy * M::CARRIED)),
                output: after.first_mut().map_or(output.reborrow(), |slot| slot.write(n)),
            });
        }
    }
    fn backward<D: Device>(pass: Backward<'_, D, Self>) {
        let Backward {
            context,
            batch,
            net,
            input,
            memory,
            mut arena,
            carried,
            output,
            mut d_output,
            mut d_net,
            mut d_input,
            ..
        } = pass;
        let n = batch.items::<M::Input>(M::OUTPUT_SEQUENCES);
        let [even, odd] = &mut memory.d_between;
        // The copies before the first one with a weight to train need no gradients.
        let trained = context.first_trained(net.data());
        let untrained = trained.saturating_sub(1) / size_of::<M>().max(1);
        for (copy, of_copy) in memory.copies.iter_mut().enumerate().skip(untrained).rev() {
            // The gradient to the output of copy `k` is in slot `k % 2`.
            let (d_from, d_to) = if copy % 2 == 0 { (&mut *odd, &mut *even) } else { (&mut *even, &mut *odd) };
            M::backward(Backward {
                context: &context.copy(copy),
                batch,
                net: net.item(copy).shorten(),
                input: if copy == 0 { input.shorten() } else { memory.between[copy - 1].read(n) },
                memory: of_copy,
                arena: arena.rest(),
                carried: carried.as_ref().map(|carried| carried.at(copy * M::CARRIED)),
                output: if copy + 1 == N { output.shorten() } else { memory.between[copy].read(n) },
                d_output: if copy + 1 == N { d_output.reborrow() } else { d_to.write(n) },
                d_net: Grad { to: d_net.to.item(copy), write: d_net.write },
                d_input: match copy {
                    0 => d_input.as_mut().map(ViewMut::reborrow),
                    _ => (trained <= copy * size_of::<M>()).then(|| d_from.write(n)),
                },
                own_loss: false,
            });
        }
    }
    fn inspect<D: Device>(
        memory: &Self::Training<D>,
        batch: Batch<'_, D>,
        see: &mut dyn FnMut(&'static str, D::Ref<'_, f32>),
    ) {
        memory.copies.iter().for_each(|memory| M::inspect(memory, batch, see));
    }
}
