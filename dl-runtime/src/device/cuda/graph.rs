//! CUDA graphs: a sequence of launches that is recorded once and then launched as a whole, after the arguments that
//! changed are updated.

use super::driver::{Stream, check};
use super::kernel::Packing;
use super::queue::{Queue, Work};
use crate::{Error, Result};
use cudarc::driver::{CudaGraph, sys};
use std::ptr;

/// A recorded sequence, ready to launch.
pub(super) struct Graph {
    pub cuda: CudaGraph,
    /// One node for each entry of the sequence; null for library calls.
    nodes: Vec<sys::CUgraphNode>,
    /// The arguments of the last launch.
    words: Vec<u64>,
}

impl Queue {
    /// Records the queued work as a graph.
    pub(super) fn record(&mut self, from: &Stream) -> Result<Graph> {
        let (stream, doing) = (from.raw(), || "recording a graph".into());
        check(from.cuda.begin_capture(sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_RELAXED), doing)?;
        let mut nodes = Vec::with_capacity(self.work.len());
        let mut recorded = Ok(());
        for index in 0..self.work.len() {
            recorded = self.launch_one(index, stream).and_then(|()| {
                let kernel = matches!(self.work[index], Work::Kernel { .. });
                nodes.push(if kernel { last_node(stream)? } else { ptr::null_mut() });
                Ok(())
            });
            if recorded.is_err() {
                break;
            }
        }
        // The capture that began above must end after an error, too.
        let ended = check(from.cuda.end_capture(sys::CUgraphInstantiate_flags(0)), doing);
        recorded?;
        let nothing = || Error::DeviceFailed { doing: doing(), reason: "the driver recorded nothing".into() };
        Ok(Graph { cuda: ended?.ok_or_else(nothing)?, nodes, words: self.packed.words.clone() })
    }
    /// Sets those arguments of the graph's kernels that changed since the last launch.
    pub(super) fn update(&self, graph: &mut Graph) -> Result<()> {
        for (work, node) in self.work.iter().zip(&graph.nodes) {
            let Work::Kernel { function, grid, first, count, .. } = *work else { continue };
            let arguments = &self.packed.arguments[first..first + count];
            let changed = |argument: &Packing| {
                let words = argument.word as usize..argument.word as usize + argument.bytes.div_ceil(8) as usize;
                self.packed.words[words.clone()] != graph.words[words]
            };
            if !arguments.iter().any(changed) {
                continue;
            }
            let mut addresses = [ptr::null_mut(); 16];
            self.argument_pointers(first, count, &mut addresses);
            let [x, y, z] = grid.blocks;
            let parameters = sys::CUDA_KERNEL_NODE_PARAMS {
                func: function,
                gridDimX: x,
                gridDimY: y,
                gridDimZ: z,
                blockDimX: grid.threads,
                blockDimY: 1,
                blockDimZ: 1,
                sharedMemBytes: 0,
                kernelParams: addresses.as_mut_ptr(),
                extra: ptr::null_mut(),
                kern: ptr::null_mut(),
                ctx: self.context.cast_mut().cast(),
            };
            // SAFETY: the node belongs to this graph and this kernel; the driver copies the parameters.
            let code =
                unsafe { sys::cuGraphExecKernelNodeSetParams_v2(graph.cuda.cu_graph_exec(), *node, &parameters) };
            check(code.result(), || "updating a graph".into())?;
        }
        graph.words.copy_from_slice(&self.packed.words);
        Ok(())
    }
}

/// Returns the node that was recorded last.
fn last_node(stream: sys::CUstream) -> Result<sys::CUgraphNode> {
    let mut status = sys::CUstreamCaptureStatus::CU_STREAM_CAPTURE_STATUS_NONE;
    let (mut nodes, mut edges, mut count) = (ptr::null(), ptr::null(), 0);
    // The data of edges are not looked at, but without room for them the driver refuses to answer where there are any, as after
    // programmatic launches.
    // SAFETY: the stream is capturing. The driver writes the addresses and the number of the nodes that the next work will
    // depend on, and of the data of the edges to it; in a single stream that is the last node.
    unsafe {
        let code = sys::cuStreamGetCaptureInfo_v3(
            stream,
            &mut status,
            ptr::null_mut(),
            ptr::null_mut(),
            &mut nodes,
            &mut edges,
            &mut count,
        );
        check(code.result(), || "recording a graph".into())?;
        // With any other number the arguments of the launch could not be changed later.
        if count != 1 || nodes.is_null() {
            let reason = format!("the driver says that the next launch depends on {count} nodes, not on the last one");
            return Err(Error::DeviceFailed { doing: "recording a graph".into(), reason });
        }
        Ok(*nodes)
    }
}
