//! Passes of inference whose input and output are in blocks of channels: those of models inside others, such as the copies of `repeat`, between
//! which nothing is converted then.

use super::{Infer, Passes, Row};
use crate::ops::channel_blocks::{ChannelBlocks, ChannelBlocksOp};
use crate::ops::{Device, Image};
use crate::{Allocator, Pod, Workspace};

/// A model with such a pass.
pub trait BlockPasses: Passes {
    /// Runs [`Passes::infer`] on an input in blocks of channels, and writes the output so. Its views have the types of planes.
    #[doc(hidden)]
    fn infer_in_blocks<D: Device>(pass: Infer<'_, D, Self>);
}

/// The memory of a model with such a pass.
pub struct BlockMemory<T, D: Device> {
    /// The memory of the pass.
    pub pass: T,
    /// The input and the output in blocks, for callers with planes; `None` only while a pass uses them.
    ends: Option<[Workspace<D>; 2]>,
}

impl<T, D: Device> BlockMemory<T, D> {
    /// Allocates the memory of both ends.
    pub fn new<M: Passes>(pass: T, allocator: &mut Allocator<'_, D>) -> Self {
        BlockMemory { pass, ends: Some([allocator.packed::<M::Input>(), allocator.packed::<M::Output>()]) }
    }
}

/// Returns the number of `f32` of both ends for one sample.
pub const fn block_floats<M: Passes>() -> usize {
    Row::<M::Input>::LEN + Row::<M::Output>::LEN
}

/// Runs [`Passes::infer`] on planes, by the pass in blocks.
pub fn infer_planes<D: Device, M, T>(pass: Infer<'_, D, M>)
where
    M: BlockPasses + Passes<Inference<D> = BlockMemory<T, D>>,
    Row<M::Input>: Image,
    Row<M::Output>: Image,
{
    let Infer { context, batch, net, input, memory, output } = pass;
    let (n, ends) = (batch.samples, memory.ends.take());
    let [mut from, mut to] = ends.expect("put back below");
    ChannelBlocksOp.forward(context, input, from.write::<ChannelBlocks<Row<M::Input>>>(n));
    let (input, blocks) = (from.read(n), to.write(n));
    M::infer_in_blocks(Infer { context, batch, net: net.shorten(), input, memory, output: blocks });
    ChannelBlocksOp.forward(context, to.read::<ChannelBlocks<Row<M::Output>>>(n), output);
    memory.ends = Some([from, to]);
}
