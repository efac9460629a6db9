//! CUDA graphs: a sequence of work that was recorded, and is started as a whole with those arguments that changed.

use super::Gpu;
use super::driver::check;
use super::kernel::Packing;
use super::queue::{Queue, Work};
use crate::{Error, Result};
use cudarc::driver::{CudaGraph, sys};
use std::ptr;

/// A recorded sequence.
pub(super) struct Graph {
    pub cuda: CudaGraph,
    /// One for each piece of work; null for calls of libraries.
    nodes: Vec<sys::CUgraphNode>,
    /// The arguments it was last started with.
    words: Vec<u64>,
}

impl Queue {
    /// Records the work as a graph.
    pub(super) fn record(&mut self, gpu: &Gpu) -> Result<Graph> {
        let (stream, doing) = (gpu.stream.raw(), || "recording a graph".into());
        check(gpu.stream.cuda.begin_capture(sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_RELAXED), doing)?;
        let mut nodes = Vec::with_capacity(self.work.len());
        let mut recorded = Ok(());
        for index in 0..self.work.len() {
            recorded = self.start_one(index, stream).and_then(|()| {
                let kernel = matches!(self.work[index], Work::Kernel { .. });
                nodes.push(if kernel { last_node(stream)? } else { ptr::null_mut() });
                Ok(())
            });
            if recorded.is_err() {
                break;
            }
        }
        // Also after an error: it ends the recording that began above.
        let ended = check(gpu.stream.cuda.end_capture(sys::CUgraphInstantiate_flags(0)), doing);
        recorded?;
        let nothing = || Error::DeviceFailed { doing: doing(), reason: "the driver recorded nothing".into() };
        Ok(Graph { cuda: ended?.ok_or_else(nothing)?, nodes, words: self.packed.words.clone() })
    }
    /// Gives the kernels of a graph those arguments that changed.
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
            self.addresses(first, count, &mut addresses);
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
            // SAFETY: the node is of this graph and this kernel; the driver copies the parameters.
            let code =
                unsafe { sys::cuGraphExecKernelNodeSetParams_v2(graph.cuda.cu_graph_exec(), *node, &parameters) };
            check(code.result(), || "changing a graph".into())?;
        }
        graph.words.copy_from_slice(&self.packed.words);
        Ok(())
    }
}

/// The node that was recorded last.
fn last_node(stream: sys::CUstream) -> Result<sys::CUgraphNode> {
    let mut status = sys::CUstreamCaptureStatus::CU_STREAM_CAPTURE_STATUS_NONE;
    let (mut nodes, mut count) = (ptr::null(), 0);
    // SAFETY: the stream is being recorded; the driver writes the address and number of the nodes that come next work
    // will wait for: in one stream, the last.
    unsafe {
        let code = sys::cuStreamGetCaptureInfo_v3(
            stream,
            &mut status,
            ptr::null_mut(),
            ptr::null_mut(),
            &mut nodes,
            ptr::null_mut(),
            &mut count,
        );
        check(code.result(), || "recording a graph".into())?;
        Ok(if count == 1 { *nodes } else { ptr::null_mut() })
    }
}
