//! The trait that `model!` implements for models whose layers all go forward in time: they can be continued row by row.

use super::{Batch, Passes, Row};
use crate::tensor::Streams;
use crate::{Allocator, Context, Device, View, ViewMut, Workspace};

/// The arguments of [`Steps::step`].
pub struct Step<'a, D: Device, M: Steps> {
    /// The device, and the seed of the pass.
    pub context: &'a Context<'a, D>,
    /// The new rows: a sequence for each stream, which may be empty.
    pub batch: Batch<'a, D>,
    /// The rows that each stream has seen before.
    pub streams: Streams<'a, D>,
    /// The weights.
    pub net: View<'a, D, M>,
    /// The new rows of all streams.
    pub input: View<'a, D, Row<M::Input>>,
    /// The memory of the pass.
    pub memory: &'a mut M::Inference<D>,
    /// The state of the streams.
    pub state: &'a mut M::State<D>,
    /// The outputs to write.
    pub output: ViewMut<'a, D, Row<M::Output>>,
}

/// The step of a model of one sequence, in which no layer looks ahead. Programs use it through [`Session::step`](crate::Session::step).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be continued step by step",
    note = "a step wants a model of one sequence, in which every layer goes forward in time: no `reverse`, no `bidirectional: true`, no `attention` without `causal: true`, no `conv1d` without `padding: causal`, no mean over time"
)]
pub trait Steps: Passes {
    /// The memory of the layers of the rows of streams.
    #[doc(hidden)]
    type State<D: Device>: Send + Sync + 'static;

    /// `true` if a stream can forget its last rows: the layers keep a record of every row.
    #[doc(hidden)]
    const TRUNCATES: bool;

    /// Allocates the state of as many streams as the allocator has samples.
    #[doc(hidden)]
    fn state_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::State<D>;
    /// Calls `see` with the memory of each layer, in order; each stream has an equal part of it.
    #[doc(hidden)]
    fn slots<'s, D: Device>(state: &'s Self::State<D>, see: &mut dyn FnMut(&'s Workspace<D>));
    /// Calls `see` with the memory of each layer for writing.
    #[doc(hidden)]
    fn slots_mut<'s, D: Device>(state: &'s mut Self::State<D>, see: &mut dyn FnMut(&'s mut Workspace<D>));
    /// Runs inference for new rows, and updates the state.
    #[doc(hidden)]
    fn step<D: Device>(pass: Step<'_, D, Self>);
}

impl<M, const N: usize> Steps for [M; N]
where
    M: Steps + Passes<Output = <M as Passes>::Input, Makes: crate::Pod>,
    M::Input: crate::tensor::Pack<Element = f32>,
{
    type State<D: Device> = Vec<M::State<D>>;
    const TRUNCATES: bool = M::TRUNCATES;

    fn state_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::State<D> {
        (0..N).map(|_| M::state_memory(allocator)).collect()
    }
    fn slots<'s, D: Device>(state: &'s Self::State<D>, see: &mut dyn FnMut(&'s Workspace<D>)) {
        state.iter().for_each(|state| M::slots(state, see));
    }
    fn slots_mut<'s, D: Device>(state: &'s mut Self::State<D>, see: &mut dyn FnMut(&'s mut Workspace<D>)) {
        state.iter_mut().for_each(|state| M::slots_mut(state, see));
    }
    fn step<D: Device>(pass: Step<'_, D, Self>) {
        let Step { context, batch, streams, net, input, memory, state, output } = pass;
        let n = batch.items::<M::Input>(M::OUTPUT_SEQUENCES);
        memory.each_copy(N, n, input, output, |copy, memory, input, mut output| {
            let (net, input, output) = (net.item(copy).shorten(), input.shorten(), output.reborrow());
            let state = &mut state[copy];
            M::step(Step { context, batch, streams, net, input, memory, state, output });
        });
    }
}
