//! The cuDNN descriptors of a convolution, and the choice of its algorithm.

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

/// The largest workspace of an algorithm, in bytes.
const MAX_WORKSPACE: usize = 256 << 20;
const FLOAT: u32 = sys::cudnnDataType_t::CUDNN_DATA_FLOAT as u32;
const NCHW: u32 = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NCHW as u32;

/// The result of a call of cuDNN.
type CudnnResult<T> = std::result::Result<T, Status>;

fn check(status: Status) -> CudnnResult<()> {
    if status == 0 { Ok(()) } else { Err(status) }
}

/// The library's own code, for convolutions that are rejected here.
const NOT_SUPPORTED: Status = sys::cudnnStatus_t::CUDNN_STATUS_NOT_SUPPORTED as u32;

/// The functions and the handle of cuDNN, and the plans that were made so far.
pub(crate) struct Library {
    functions: Functions,
    /// `None` before the first convolution.
    handle: Option<CudnnResult<Raw>>,
    /// `None` for a convolution that the library does not support.
    plans: HashMap<Description, Option<Plan>>,
    /// The convolutions that the library was asked for and does not compute, in words.
    pub remarks: Vec<String>,
}

// SAFETY: cuDNN's handles and descriptors may be used from any thread, by one at a time; here they are used under the
// GPU's lock.
unsafe impl Send for Library {}

impl Library {
    /// Loads the library, if it is installed.
    pub fn find() -> Option<Self> {
        Some(Library { functions: Functions::find()?, handle: None, plans: HashMap::new(), remarks: Vec::new() })
    }
    /// Returns the plan of a convolution; `None` if the library does not support it or does not start. The context must
    /// be current.
    pub(super) fn plan(&mut self, description: &Description, stream: CUstream) -> Option<&Plan> {
        let Library { functions, handle, plans, remarks } = self;
        let handle = (*handle.get_or_insert_with(|| start(functions, stream))).ok()?;
        let plan = plans.entry(*description).or_insert_with(|| {
            let plan = Plan::new(functions, handle, description);
            plan.map_err(|refusal| remarks.push(refusal.say(functions, description))).ok()
        });
        plan.as_ref()
    }
    /// Launches a convolution of the tensors at these addresses. `workspace` has as many bytes as the plan says.
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
        // SAFETY: the handle is alive, and so are the plan's descriptors; the addresses are of GPU memory that holds
        // what they describe (`Cuda::dnn`) and is alive until the stream has passed; alpha and beta are read during the
        // call.
        let done = unsafe {
            check((functions.cudnnSetStream)(handle, stream.cast())).and_then(|()| {
                check(convolve(
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
            // SAFETY: the handle was created in `start` and is destroyed once.
            let _ = unsafe { (self.functions.cudnnDestroy)(handle) };
        }
    }
}

fn start(functions: &Functions, stream: CUstream) -> CudnnResult<Raw> {
    let mut handle = ptr::null_mut();
    // SAFETY: the context is current; the library writes one handle.
    check(unsafe { (functions.cudnnCreate)(&mut handle) })?;
    // SAFETY: the handle and the stream are alive.
    check(unsafe { (functions.cudnnSetStream)(handle, stream.cast()) })?;
    Ok(handle)
}

/// Says what a convolution computes.
fn doing(description: &Description) -> String {
    let Convolution { inputs, outputs, image, kernel, .. } = description.sizes;
    let [[height, width], [rows, columns]] = [image, kernel];
    format!("convolving images of {inputs}x{height}x{width} with {outputs} kernels of {rows}x{columns}")
}

fn failed(functions: &Functions, description: &Description, status: Status) -> Error {
    // SAFETY: the library returns one of its constant strings.
    let text = unsafe { CStr::from_ptr((functions.cudnnGetErrorString)(status)) }.to_string_lossy();
    Error::DeviceFailed {
        doing: doing(description),
        reason: format!("cuDNN returned {text} ({status}); `Cuda::cudnn(false)` avoids it"),
    }
}

/// A descriptor of the library.
struct Descriptor {
    raw: Raw,
    destroy: unsafe extern "C" fn(Raw) -> Status,
}

impl Descriptor {
    fn new(
        create: unsafe extern "C" fn(*mut Raw) -> Status,
        destroy: unsafe extern "C" fn(Raw) -> Status,
    ) -> CudnnResult<Self> {
        let mut raw = ptr::null_mut();
        // SAFETY: the library writes one handle.
        check(unsafe { create(&mut raw) })?;
        Ok(Descriptor { raw, destroy })
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the descriptor was created in `new` by the matching function, and is destroyed once.
        let _ = unsafe { (self.destroy)(self.raw) };
    }
}

/// The descriptors of one convolution, and its algorithm.
pub(super) struct Plan {
    /// The operands, in the order of [`Target`].
    a: Descriptor,
    b: Descriptor,
    /// The result.
    to: Descriptor,
    convolution: Descriptor,
    algorithm: u32,
    /// The size of the workspace in bytes.
    pub workspace: usize,
}

impl Plan {
    fn new(f: &Functions, handle: Raw, description: &Description) -> Result<Self, Refusal> {
        let s = &description.sizes;
        let image = tensor(f, s.samples, s.inputs, s.image)?;
        let windows = tensor(f, s.samples, s.outputs, s.output)?;
        let weights = filter(f, s)?;
        let convolution = convolution(f, s)?;
        if output(f, &convolution, &image, &weights)? != [s.samples, s.outputs, s.output[0], s.output[1]] {
            return Err(Refusal::Status(NOT_SUPPORTED));
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
    /// Chooses the algorithm that the library estimates to be the fastest of those that give the same bits in every
    /// run, sum the products of a window directly, and need no more workspace than allowed.
    fn choose(&mut self, f: &Functions, handle: Raw, description: &Description) -> Result<(), Refusal> {
        let (count_all, propose, workspace) = match description.target {
            Target::Windows => (
                f.cudnnGetConvolutionForwardAlgorithmMaxCount,
                f.cudnnGetConvolutionForwardAlgorithm_v7,
                f.cudnnGetConvolutionForwardWorkspaceSize,
            ),
            Target::Image => (
                f.cudnnGetConvolutionBackwardDataAlgorithmMaxCount,
                f.cudnnGetConvolutionBackwardDataAlgorithm_v7,
                f.cudnnGetConvolutionBackwardDataWorkspaceSize,
            ),
            Target::Weights => (
                f.cudnnGetConvolutionBackwardFilterAlgorithmMaxCount,
                f.cudnnGetConvolutionBackwardFilterAlgorithm_v7,
                f.cudnnGetConvolutionBackwardFilterWorkspaceSize,
            ),
        };
        let [a, b, to, convolution] = [&self.a, &self.b, &self.to, &self.convolution].map(|descriptor| descriptor.raw);
        let math = if description.tf32 { CUDNN_TENSOR_OP_MATH } else { CUDNN_FMA_MATH };
        let (mut room, mut count) = (0, 0);
        // The library may propose each algorithm once for every math type, and the one that may be used last.
        // SAFETY: the handle is alive; the library writes one number.
        check(unsafe { count_all(handle, &mut room) })?;
        let mut proposals = vec![Proposal::default(); usize::try_from(room).unwrap_or(0).max(1)];
        // SAFETY: the descriptors are alive, and there is room for as many proposals as are requested.
        unsafe {
            check((f.cudnnSetConvolutionMathType)(convolution, math as u32))?;
            check(propose(handle, a, b, convolution, to, room.max(1), &mut count, proposals.as_mut_ptr()))?;
        }
        proposals.truncate(usize::try_from(count).unwrap_or(0));
        for proposal in proposals.iter().filter(|proposal| is_acceptable(proposal, description)) {
            let mut bytes = 0;
            // SAFETY: as above; the library writes one number.
            let fits = unsafe {
                // A proposal is an algorithm together with a math type, so both have to be set.
                check((f.cudnnSetConvolutionMathType)(convolution, proposal.math))?;
                check(workspace(handle, a, b, convolution, to, proposal.algorithm, &mut bytes))
            };
            if fits.is_ok() && bytes <= MAX_WORKSPACE {
                (self.algorithm, self.workspace) = (proposal.algorithm, bytes);
                return Ok(());
            }
        }
        Err(Refusal::NoneFits(proposals))
    }
}

/// Why there is no plan for a convolution.
enum Refusal {
    /// The library returned this.
    Status(Status),
    /// The library proposed these algorithms, and none may be used.
    NoneFits(Vec<Proposal>),
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Refusal::Status(status)
    }
}

impl Refusal {
    /// Says it in words.
    fn say(&self, functions: &Functions, description: &Description) -> String {
        match self {
            Refusal::Status(status) => failed(functions, description, *status).to_string(),
            Refusal::NoneFits(proposals) => {
                let each = |p: &Proposal| {
                    let Proposal { algorithm, math, status, determinism, .. } = p;
                    format!("{algorithm} (math type {math}, status {status}, deterministic {determinism})")
                };
                let listed: Vec<_> = proposals.iter().map(each).collect();
                let (count, listed) = (proposals.len(), listed.join(", "));
                format!(
                    "{}: cuDNN proposed {count} algorithms, of which none may be used: {listed}",
                    doing(description)
                )
            }
        }
    }
}

/// Returns whether an algorithm may be used. FFT and Winograd algorithms may not: they spread NaN, and the rounding
/// errors of large numbers, to positions whose windows contain none.
fn is_acceptable(proposal: &Proposal, description: &Description) -> bool {
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

/// Converts a size to the library's type.
fn int(size: usize) -> CudnnResult<c_int> {
    c_int::try_from(size).map_err(|_| NOT_SUPPORTED)
}

/// The descriptor of a batch of images, `[samples, channels, height, width]`.
fn tensor(f: &Functions, samples: usize, channels: usize, [height, width]: [usize; 2]) -> CudnnResult<Descriptor> {
    // The library indexes elements with 32 bits.
    int([channels, height, width].iter().fold(samples, |all, size| all.saturating_mul(*size)))?;
    let tensor = Descriptor::new(f.cudnnCreateTensorDescriptor, f.cudnnDestroyTensorDescriptor)?;
    let [n, c, h, w] = [int(samples)?, int(channels)?, int(height)?, int(width)?];
    // SAFETY: the descriptor is alive.
    check(unsafe { (f.cudnnSetTensor4dDescriptor)(tensor.raw, NCHW, FLOAT, n, c, h, w) })?;
    Ok(tensor)
}

/// The descriptor of the weights, `[outputs, inputs / groups, height, width]`.
fn filter(f: &Functions, s: &Convolution) -> CudnnResult<Descriptor> {
    let filter = Descriptor::new(f.cudnnCreateFilterDescriptor, f.cudnnDestroyFilterDescriptor)?;
    let [k, c, h, w] = [int(s.outputs)?, int(s.inputs / s.groups)?, int(s.kernel[0])?, int(s.kernel[1])?];
    // SAFETY: the descriptor is alive.
    check(unsafe { (f.cudnnSetFilter4dDescriptor)(filter.raw, FLOAT, NCHW, k, c, h, w) })?;
    Ok(filter)
}

/// The descriptor of stride, padding, dilation and groups.
fn convolution(f: &Functions, s: &Convolution) -> CudnnResult<Descriptor> {
    let convolution = Descriptor::new(f.cudnnCreateConvolutionDescriptor, f.cudnnDestroyConvolutionDescriptor)?;
    let [[ph, pw], [sh, sw], [dh, dw]] = [s.padding, s.stride, s.dilation];
    let [ph, pw, sh, sw, dh, dw] = [int(ph)?, int(pw)?, int(sh)?, int(sw)?, int(dh)?, int(dw)?];
    let correlation = sys::cudnnConvolutionMode_t::CUDNN_CROSS_CORRELATION as u32;
    // SAFETY: the descriptor is alive.
    unsafe {
        check((f.cudnnSetConvolution2dDescriptor)(convolution.raw, ph, pw, sh, sw, dh, dw, correlation, FLOAT))?;
        check((f.cudnnSetConvolutionGroupCount)(convolution.raw, int(s.groups)?))?;
    }
    Ok(convolution)
}

/// Returns the shape of the output that the library computes from the descriptors.
fn output(
    f: &Functions,
    convolution: &Descriptor,
    image: &Descriptor,
    weights: &Descriptor,
) -> CudnnResult<[usize; 4]> {
    let [mut n, mut c, mut h, mut w] = [0; 4];
    let size = f.cudnnGetConvolution2dForwardOutputDim;
    // SAFETY: the descriptors are alive; the library writes four numbers.
    check(unsafe { size(convolution.raw, image.raw, weights.raw, &mut n, &mut c, &mut h, &mut w) })?;
    Ok([n, c, h, w].map(|size| usize::try_from(size).unwrap_or(0)))
}
