//! What cuDNN is told of a convolution, and the algorithm that is chosen for it.

use super::functions::{Functions, Proposal, Raw, Status};
use super::{Convolution, Description, Target};
use crate::{Error, Result};
use cudarc::cudnn::sys;
use cudarc::cudnn::sys::cudnnConvolutionBwdDataAlgo_t::CUDNN_CONVOLUTION_BWD_DATA_ALGO_1;
use cudarc::cudnn::sys::cudnnConvolutionBwdFilterAlgo_t::CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1;
use cudarc::cudnn::sys::cudnnConvolutionFwdAlgo_t::{
    CUDNN_CONVOLUTION_FWD_ALGO_GEMM, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM,
    CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM,
};
use cudarc::cudnn::sys::cudnnMathType_t::{
    CUDNN_FMA_MATH, CUDNN_TENSOR_OP_MATH, CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION,
};
use cudarc::driver::sys::CUstream;
use std::collections::HashMap;
use std::ffi::{CStr, c_int};
use std::ptr;

/// Bytes of temporary memory that algorithms may use at most.
const MOST_WORKSPACE: usize = 256 << 20;
/// Algorithms that the library is asked for: at least as many as it has.
const PROPOSALS: usize = 8;
const FLOAT: u32 = sys::cudnnDataType_t::CUDNN_DATA_FLOAT as u32;
const NCHW: u32 = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NCHW as u32;

/// What the library answers.
type Answer<T> = std::result::Result<T, Status>;

fn answer(status: Status) -> Answer<()> {
    if status == 0 { Ok(()) } else { Err(status) }
}

/// What is refused here, by the code of the library.
const NOT_SUPPORTED: Status = sys::cudnnStatus_t::CUDNN_STATUS_NOT_SUPPORTED as u32;

/// cuDNN, and what was chosen so far.
pub(crate) struct Library {
    functions: Functions,
    /// None before the first convolution.
    handle: Option<Answer<Raw>>,
    /// None where the library refused.
    plans: HashMap<Description, Option<Plan>>,
}

// SAFETY: cuDNN's handles and descriptors may be used from any thread, by one at a time; here they are under the lock of the
// GPU.
unsafe impl Send for Library {}

impl Library {
    /// The library, if it is installed.
    pub fn find() -> Option<Self> {
        Some(Library { functions: Functions::find()?, handle: None, plans: HashMap::new() })
    }
    /// The plan of a convolution; none if the library refuses it, or does not start. The context is current.
    pub(super) fn plan(&mut self, description: &Description, stream: CUstream) -> Option<&Plan> {
        let Library { functions, handle, plans } = self;
        let handle = (*handle.get_or_insert_with(|| start(functions, stream))).ok()?;
        let plan = plans.entry(*description).or_insert_with(|| Plan::new(functions, handle, description).ok());
        plan.as_ref()
    }
    /// Starts a convolution of memory at these addresses, with a workspace of as many bytes as its plan says.
    pub(super) fn run(
        &mut self,
        description: &Description,
        [a, b, to]: [u64; 3],
        add: bool,
        workspace: u64,
        stream: CUstream,
    ) -> Result<()> {
        let functions = self.functions;
        let (Some(Ok(handle)), Some(Some(plan))) = (self.handle, self.plans.get(description)) else {
            return Err(failed(&functions, description, NOT_SUPPORTED));
        };
        let convolve = match description.target {
            Target::Windows => functions.cudnnConvolutionForward,
            Target::Image => functions.cudnnConvolutionBackwardData,
            Target::Weights => functions.cudnnConvolutionBackwardFilter,
        };
        let (alpha, beta) = (1.0f32, if add { 1.0f32 } else { 0.0 });
        let memory = |address: u64| address as Raw;
        // SAFETY: the handle lives, and the descriptors in the plan; the addresses are of memory of the GPU that holds what they
        // describe (`Cuda::dnn`), and alive until the stream has passed; alpha and beta are read during the call.
        let done = unsafe {
            answer((functions.cudnnSetStream)(handle, stream.cast())).and_then(|()| {
                answer(convolve(
                    handle,
                    &alpha,
                    plan.a.raw,
                    memory(a),
                    plan.b.raw,
                    memory(b),
                    plan.convolution.raw,
                    plan.algorithm,
                    memory(workspace),
                    plan.workspace,
                    &beta,
                    plan.to.raw,
                    memory(to),
                ))
            })
        };
        done.map_err(|status| failed(&functions, description, status))
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        self.plans.clear();
        if let Some(Ok(handle)) = self.handle {
            // SAFETY: made in `start`, destroyed once.
            let _ = unsafe { (self.functions.cudnnDestroy)(handle) };
        }
    }
}

fn start(functions: &Functions, stream: CUstream) -> Answer<Raw> {
    let mut handle = ptr::null_mut();
    // SAFETY: the context is current; the library writes one handle.
    answer(unsafe { (functions.cudnnCreate)(&mut handle) })?;
    // SAFETY: both live.
    answer(unsafe { (functions.cudnnSetStream)(handle, stream.cast()) })?;
    Ok(handle)
}

fn failed(functions: &Functions, description: &Description, status: Status) -> Error {
    // SAFETY: the library returns one of its own texts.
    let text = unsafe { CStr::from_ptr((functions.cudnnGetErrorString)(status)) }.to_string_lossy();
    let Convolution { inputs, outputs, image, kernel, .. } = description.sizes;
    let [[height, width], [rows, columns]] = [image, kernel];
    Error::DeviceFailed {
        doing: format!("convolving images of {inputs}x{height}x{width} with {outputs} kernels of {rows}x{columns}"),
        reason: format!("cuDNN says {text} ({status}); `Cuda::cudnn(false)` does without it"),
    }
}

/// One of the library's descriptors.
struct Descriptor {
    raw: Raw,
    destroy: unsafe extern "C" fn(Raw) -> Status,
}

impl Descriptor {
    fn new(
        create: unsafe extern "C" fn(*mut Raw) -> Status,
        destroy: unsafe extern "C" fn(Raw) -> Status,
    ) -> Answer<Self> {
        let mut raw = ptr::null_mut();
        // SAFETY: the library writes one handle.
        answer(unsafe { create(&mut raw) })?;
        Ok(Descriptor { raw, destroy })
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: made in `new` by the function that belongs to it, destroyed once.
        let _ = unsafe { (self.destroy)(self.raw) };
    }
}

/// Descriptors of one convolution, and its algorithm.
pub(super) struct Plan {
    /// The operands, in the order of [`Target`].
    a: Descriptor,
    b: Descriptor,
    /// The result.
    to: Descriptor,
    convolution: Descriptor,
    algorithm: u32,
    /// Bytes of temporary memory.
    pub workspace: usize,
}

impl Plan {
    fn new(f: &Functions, handle: Raw, description: &Description) -> Answer<Self> {
        let s = &description.sizes;
        let image = tensor(f, s.samples, s.inputs, s.image)?;
        let windows = tensor(f, s.samples, s.outputs, s.output)?;
        let weights = filter(f, s)?;
        let convolution = convolution(f, s)?;
        if output(f, &convolution, &image, &weights)? != [s.samples, s.outputs, s.output[0], s.output[1]] {
            return Err(NOT_SUPPORTED);
        }
        let [a, b, to] = match description.target {
            Target::Windows => [image, weights, windows],
            Target::Image => [weights, windows, image],
            Target::Weights => [image, windows, weights],
        };
        let mut plan = Plan { a, b, to, convolution, algorithm: 0, workspace: 0 };
        plan.choose(f, handle, description)?;
        Ok(plan)
    }
    /// Takes the algorithm that the library thinks the fastest of those whose results are the same in every run, are sums of the
    /// products of a window, and need no more memory than allowed.
    fn choose(&mut self, f: &Functions, handle: Raw, description: &Description) -> Answer<()> {
        let (propose, workspace) = match description.target {
            Target::Windows => (f.cudnnGetConvolutionForwardAlgorithm_v7, f.cudnnGetConvolutionForwardWorkspaceSize),
            Target::Image => {
                (f.cudnnGetConvolutionBackwardDataAlgorithm_v7, f.cudnnGetConvolutionBackwardDataWorkspaceSize)
            }
            Target::Weights => {
                (f.cudnnGetConvolutionBackwardFilterAlgorithm_v7, f.cudnnGetConvolutionBackwardFilterWorkspaceSize)
            }
        };
        let [a, b, to, convolution] = [&self.a, &self.b, &self.to, &self.convolution].map(|descriptor| descriptor.raw);
        let math = if description.tf32 { CUDNN_TENSOR_OP_MATH } else { CUDNN_FMA_MATH };
        let mut proposals = [Proposal::default(); PROPOSALS];
        let mut count = 0;
        // SAFETY: the descriptors live; there is room for as many proposals as are asked for.
        unsafe {
            answer((f.cudnnSetConvolutionMathType)(convolution, math as u32))?;
            let room = PROPOSALS as c_int;
            answer(propose(handle, a, b, convolution, to, room, &mut count, proposals.as_mut_ptr()))?;
        }
        let count = usize::try_from(count).map_or(0, |count| count.min(PROPOSALS));
        for proposal in proposals[..count].iter().filter(|proposal| is_allowed(proposal, description)) {
            let mut bytes = 0;
            // SAFETY: as above; the library writes one number.
            let fits = unsafe {
                // The algorithm is the one proposed only together with its kind of arithmetic.
                answer((f.cudnnSetConvolutionMathType)(convolution, proposal.math))?;
                answer(workspace(handle, a, b, convolution, to, proposal.algorithm, &mut bytes))
            };
            if fits.is_ok() && bytes <= MOST_WORKSPACE {
                (self.algorithm, self.workspace) = (proposal.algorithm, bytes);
                return Ok(());
            }
        }
        Err(NOT_SUPPORTED)
    }
}

/// Whether an algorithm may be used. Those by Fourier's and Winograd's transforms may not: they carry NaN, and the rounding of
/// large numbers, to positions whose windows have none.
fn is_allowed(proposal: &Proposal, description: &Description) -> bool {
    let direct: &[u32] = match description.target {
        Target::Windows => &[
            CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM as u32,
            CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM as u32,
            CUDNN_CONVOLUTION_FWD_ALGO_GEMM as u32,
        ],
        Target::Image => &[CUDNN_CONVOLUTION_BWD_DATA_ALGO_1 as u32],
        Target::Weights => &[CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1 as u32],
    };
    let exact = proposal.math == CUDNN_FMA_MATH as u32;
    let halves = proposal.math == CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION as u32;
    proposal.status == 0
        && proposal.determinism == sys::cudnnDeterminism_t::CUDNN_DETERMINISTIC as u32
        && direct.contains(&proposal.algorithm)
        && if description.tf32 { !halves } else { exact }
}

/// A size as the library counts.
fn int(size: usize) -> Answer<c_int> {
    c_int::try_from(size).map_err(|_| NOT_SUPPORTED)
}

/// Images of `channels`, one behind the other.
fn tensor(f: &Functions, samples: usize, channels: usize, [height, width]: [usize; 2]) -> Answer<Descriptor> {
    // The library counts elements in 32 bits.
    int([channels, height, width].iter().fold(samples, |all, size| all.saturating_mul(*size)))?;
    let tensor = Descriptor::new(f.cudnnCreateTensorDescriptor, f.cudnnDestroyTensorDescriptor)?;
    let [n, c, h, w] = [int(samples)?, int(channels)?, int(height)?, int(width)?];
    // SAFETY: the descriptor lives.
    answer(unsafe { (f.cudnnSetTensor4dDescriptor)(tensor.raw, NCHW, FLOAT, n, c, h, w) })?;
    Ok(tensor)
}

/// The weights.
fn filter(f: &Functions, s: &Convolution) -> Answer<Descriptor> {
    let filter = Descriptor::new(f.cudnnCreateFilterDescriptor, f.cudnnDestroyFilterDescriptor)?;
    let [k, c, h, w] = [int(s.outputs)?, int(s.inputs / s.groups)?, int(s.kernel[0])?, int(s.kernel[1])?];
    // SAFETY: the descriptor lives.
    answer(unsafe { (f.cudnnSetFilter4dDescriptor)(filter.raw, FLOAT, NCHW, k, c, h, w) })?;
    Ok(filter)
}

/// How the weights move over the image.
fn convolution(f: &Functions, s: &Convolution) -> Answer<Descriptor> {
    let convolution = Descriptor::new(f.cudnnCreateConvolutionDescriptor, f.cudnnDestroyConvolutionDescriptor)?;
    let [[ph, pw], [sh, sw], [dh, dw]] = [s.padding, s.stride, s.dilation];
    let [ph, pw, sh, sw, dh, dw] = [int(ph)?, int(pw)?, int(sh)?, int(sw)?, int(dh)?, int(dw)?];
    let correlation = sys::cudnnConvolutionMode_t::CUDNN_CROSS_CORRELATION as u32;
    // SAFETY: the descriptor lives.
    unsafe {
        answer((f.cudnnSetConvolution2dDescriptor)(convolution.raw, ph, pw, sh, sw, dh, dw, correlation, FLOAT))?;
        answer((f.cudnnSetConvolutionGroupCount)(convolution.raw, int(s.groups)?))?;
    }
    Ok(convolution)
}

/// What the library takes the size of the windows for.
fn output(f: &Functions, convolution: &Descriptor, image: &Descriptor, weights: &Descriptor) -> Answer<[usize; 4]> {
    let [mut n, mut c, mut h, mut w] = [0; 4];
    let size = f.cudnnGetConvolution2dForwardOutputDim;
    // SAFETY: the descriptors live; the library writes four numbers.
    answer(unsafe { size(convolution.raw, image.raw, weights.raw, &mut n, &mut c, &mut h, &mut w) })?;
    Ok([n, c, h, w].map(|size| usize::try_from(size).unwrap_or(0)))
}
