//! Convolutions with cuDNN, where it is installed: which convolutions it gets, and how they are queued.
//!
//! [`Cuda::by_dnn`] decides beforehand whether cuDNN computes a convolution. Small ones, those in bf16, and whatever
//! cuDNN does not support are left to the kernels of `ops/conv2d`.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | the description of a convolution, and queueing it |
//! | `plan.rs` | the descriptors and the algorithm that are chosen once for each description |
//! | `functions.rs` | the functions of the library |

mod functions;
mod plan;
#[cfg(test)]
mod tests;

pub(crate) use plan::Library;

use super::{Cuda, Libraries, Mut, Precision, Ref, Words};
use crate::Result;
use crate::tensor::Write;
use cudarc::driver::sys::CUstream;

/// cuDNN gets convolutions from so many multiply-adds on. A smaller one is bound by launches, and our own kernels add
/// the bias and the activation in the same launch.
pub(super) const WORTH_IT: usize = 1 << 25;
/// The alignment in bytes that is enough for every algorithm.
const ALIGNMENT: u64 = 16;

/// The sizes of a convolution. An output position corresponds to one window of the image; pairs are (rows, columns).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Convolution {
    pub samples: usize,
    /// The channels of the image.
    pub inputs: usize,
    /// The channels of the output.
    pub outputs: usize,
    pub image: [usize; 2],
    /// The spatial size of the output.
    pub output: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub padding: [usize; 2],
    pub dilation: [usize; 2],
    pub groups: usize,
}

/// Identifies a convolution for which a plan (descriptors and an algorithm) is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Description {
    sizes: Convolution,
    target: Target,
    /// True if operands may be rounded to TF32.
    tf32: bool,
}

/// Says which of the three tensors of a convolution is computed from the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// The output, from the image and the weights: the forward pass.
    Windows,
    /// The image, from the weights and the output: the gradient to the input, and the transposed convolution.
    Image,
    /// The weights, from the image and the output: the gradient to the weights.
    Weights,
}

/// A convolution that cuDNN computes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dnn {
    description: Description,
    /// The workspace that it needs, in numbers.
    pub scratch: usize,
}

impl Dnn {
    /// Returns whether the addresses are aligned enough for cuDNN.
    pub fn takes(addresses: [u64; 3]) -> bool {
        addresses.iter().all(|address| address.is_multiple_of(ALIGNMENT))
    }
}

impl Description {
    fn words(&self) -> [u64; 9] {
        let pair = |[high, low]: [usize; 2]| (high as u64) << 32 | low as u64;
        let Convolution { samples, inputs, outputs, image, output, kernel, stride, padding, dilation, groups } =
            self.sizes;
        let pairs = [[samples, groups], [inputs, outputs], image, output, kernel, stride, padding, dilation].map(pair);
        let mut words = [self.target as u64 | u64::from(self.tf32) << 2; 9];
        words[..8].copy_from_slice(&pairs);
        words
    }
    fn from_words(words: [u64; 9]) -> Self {
        let pair = |word: u64| [(word >> 32) as usize, word as u32 as usize];
        let [[samples, groups], [inputs, outputs], image, output, kernel, stride, padding, dilation, flags] =
            words.map(pair);
        Description {
            sizes: Convolution { samples, inputs, outputs, image, output, kernel, stride, padding, dilation, groups },
            target: [Target::Windows, Target::Image, Target::Weights][flags[1] & 3],
            tf32: flags[1] >> 2 & 1 == 1,
        }
    }
}

impl Cuda {
    /// Returns the convolution if cuDNN should compute it, or `None` if our own kernels should.
    pub(crate) fn by_dnn(&self, sizes: &Convolution, target: Target) -> Option<Dnn> {
        if self.computes_in() == Precision::Bf16 || multiply_adds(sizes) < self.dnn_from {
            return None;
        }
        let description = Description { sizes: *sizes, target, tf32: self.computes_in() == Precision::Tf32 };
        let state = &mut *self.state();
        let library = state.queue.libraries().cudnn.get_or_insert_with(Library::find).as_mut()?;
        self.gpu.context.enter().ok()?;
        let plan = library.plan(&description, state.stream.raw())?;
        Some(Dnn { description, scratch: plan.workspace.div_ceil(4) })
    }
    /// Queues a convolution of two operands, in the order of [`Target`], at addresses that [`Dnn::takes`] accepts.
    /// `scratch` has at least [`Dnn::scratch`] numbers.
    pub(crate) fn dnn(
        &self,
        dnn: &Dnn,
        [a, b]: [Ref<'_, f32>; 2],
        to: &Mut<'_, f32>,
        write: Write,
        scratch: &Mut<'_, f32>,
    ) {
        assert!(scratch.len() >= dnn.scratch, "{} numbers of scratch memory for {dnn:?}", scratch.len());
        let mut words = [0; 14];
        words[..4].copy_from_slice(&[a.address(), b.address(), to.address(), scratch.address()]);
        words[4] = u64::from(write == Write::Add);
        words[5..].copy_from_slice(&dnn.description.words());
        let operands = [(a.address(), a.len()), (b.address(), b.len()), (to.address(), to.len())];
        let touched = [operands[0], operands[1], operands[2], (scratch.address(), scratch.len())];
        self.call(convolve, &words, &touched.map(|(address, len)| (address, 4 * len as u64)));
    }
}

/// The number of multiply-adds of one pass.
fn multiply_adds(s: &Convolution) -> usize {
    let sizes = [s.outputs, s.output[0], s.output[1], s.inputs / s.groups, s.kernel[0], s.kernel[1]];
    sizes.iter().fold(s.samples, |all, size| all.saturating_mul(*size))
}

/// Computes the convolution that [`Cuda::dnn`] packed into words.
fn convolve(libraries: &mut Libraries, words: &Words, stream: CUstream) -> Result<()> {
    let mut description = [0; 9];
    description.copy_from_slice(&words[5..14]);
    let description = Description::from_words(description);
    let library = libraries.cudnn.as_mut().and_then(Option::as_mut).expect("`by_dnn` found the library");
    library.run(&description, [words[0], words[1], words[2]], words[4] == 1, words[3], stream)
}
