//! Tests of what the device does where threads meet, memory ends early, or a library refuses. They need the emulation, which does
//! what a test orders, and are skipped on a real GPU.

mod clearing;
mod extending;
mod freeing;
mod graphs;
mod last_block;
mod products;
mod rounding;

use super::{Cuda, Precision};
use crate::tensor::Storage;

/// A GPU with a queue of its own, so that the work of other tests does not mix with it; `None` without the emulation.
fn alone(precision: Precision) -> Option<Cuda> {
    let emulated = dl_emulation::install() == dl_emulation::Status::Emulated;
    emulated.then(|| Cuda::new(0).expect("the emulation").precision(precision))
}

/// The number of kernels and calls in the queue.
fn queued(cuda: &Cuda) -> usize {
    cuda.state().queue.work.len()
}

/// A buffer with these numbers.
fn upload(cuda: &Cuda, host: &[f32]) -> super::Buffer<f32> {
    let mut buffer = cuda.zeros(host.len()).expect("memory");
    cuda.upload(host, Cuda::whole_mut(&mut buffer)).expect("an upload");
    buffer
}

/// The numbers of a buffer.
fn download(cuda: &Cuda, buffer: &super::Buffer<f32>) -> crate::Result<Vec<f32>> {
    let mut host = vec![f32::NAN; buffer.len()];
    cuda.download(Cuda::whole(buffer), &mut host).map(|()| host)
}
