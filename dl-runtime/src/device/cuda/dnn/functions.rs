//! The cuDNN functions that the device uses, each looked up by name.
//!
//! cudarc's bindings panic when a function is missing, and their status is an enum of one version's codes. cuDNN 8 and
//! 9 both have these functions, but different error codes.

use cudarc::cudnn::sys;
use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;

/// A handle, a descriptor, or an address in GPU memory.
pub(super) type Raw = *mut c_void;

/// A status of the library: 0, or an error code.
pub(super) type Status = u32;

/// The oldest version that has all the settings used here: 8.0.
const OLDEST: usize = 8000;

/// An algorithm that the library proposes. It has the layout of `cudnnConvolutionFwdAlgoPerf_t` and of the structs for
/// gradients.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct Proposal {
    pub algorithm: u32,
    pub status: Status,
    pub time: f32,
    pub workspace: usize,
    pub determinism: u32,
    pub math: u32,
    reserved: [c_int; 3],
}

type Forward = sys::cudnnConvolutionFwdAlgoPerf_t;
const _: () = assert!(
    size_of::<Proposal>() == size_of::<Forward>()
        && size_of::<Proposal>() == size_of::<sys::cudnnConvolutionBwdDataAlgoPerf_t>()
        && size_of::<Proposal>() == size_of::<sys::cudnnConvolutionBwdFilterAlgoPerf_t>()
        && offset_of!(Proposal, workspace) == offset_of!(Forward, memory)
        && offset_of!(Proposal, determinism) == offset_of!(Forward, determinism)
        && offset_of!(Proposal, math) == offset_of!(Forward, mathType)
);

macro_rules! functions {
    ($($name:ident: fn($($argument:ty),*) -> $result:ty;)*) => {
        #[allow(non_snake_case, reason = "named as in the library")]
        #[derive(Clone, Copy)]
        pub(super) struct Functions {
            $(pub $name: unsafe extern "C" fn($($argument),*) -> $result,)*
        }

        impl Functions {
            /// Looks up all functions; `None` if the library is not installed or is a version without them.
            pub fn find() -> Option<Self> {
                // SAFETY: this looks for the library; loading it runs none of our code.
                if !unsafe { sys::is_culib_present() } {
                    return None;
                }
                // SAFETY: the library is loaded; its functions have had these signatures since cuDNN 8.
                let functions = unsafe {
                    let library = sys::culib();
                    Functions { $($name: *library.get(stringify!($name)).ok()?,)* }
                };
                // SAFETY: the function takes no arguments.
                (unsafe { (functions.cudnnGetVersion)() } >= OLDEST).then_some(functions)
            }
        }
    };
}

// Enums are passed as numbers. The three kinds of convolution take the same arguments: handle, the two operands, the
// convolution, the algorithm with its workspace, and the result.
functions! {
    cudnnGetVersion: fn() -> usize;
    cudnnGetErrorString: fn(Status) -> *const c_char;
    cudnnCreate: fn(*mut Raw) -> Status;
    cudnnDestroy: fn(Raw) -> Status;
    cudnnSetStream: fn(Raw, Raw) -> Status;
    cudnnCreateTensorDescriptor: fn(*mut Raw) -> Status;
    cudnnSetTensor4dDescriptor: fn(Raw, u32, u32, c_int, c_int, c_int, c_int) -> Status;
    cudnnDestroyTensorDescriptor: fn(Raw) -> Status;
    cudnnCreateFilterDescriptor: fn(*mut Raw) -> Status;
    cudnnSetFilter4dDescriptor: fn(Raw, u32, u32, c_int, c_int, c_int, c_int) -> Status;
    cudnnDestroyFilterDescriptor: fn(Raw) -> Status;
    cudnnCreateConvolutionDescriptor: fn(*mut Raw) -> Status;
    cudnnSetConvolution2dDescriptor: fn(Raw, c_int, c_int, c_int, c_int, c_int, c_int, u32, u32) -> Status;
    cudnnSetConvolutionGroupCount: fn(Raw, c_int) -> Status;
    cudnnSetConvolutionMathType: fn(Raw, u32) -> Status;
    cudnnDestroyConvolutionDescriptor: fn(Raw) -> Status;
    cudnnGetConvolution2dForwardOutputDim: fn(Raw, Raw, Raw, *mut c_int, *mut c_int, *mut c_int, *mut c_int) -> Status;
    cudnnGetConvolutionForwardAlgorithmMaxCount: fn(Raw, *mut c_int) -> Status;
    cudnnGetConvolutionBackwardDataAlgorithmMaxCount: fn(Raw, *mut c_int) -> Status;
    cudnnGetConvolutionBackwardFilterAlgorithmMaxCount: fn(Raw, *mut c_int) -> Status;
    cudnnGetConvolutionForwardAlgorithm_v7: fn(Raw, Raw, Raw, Raw, Raw, c_int, *mut c_int, *mut Proposal) -> Status;
    cudnnGetConvolutionBackwardDataAlgorithm_v7: fn(Raw, Raw, Raw, Raw, Raw, c_int, *mut c_int, *mut Proposal) -> Status;
    cudnnGetConvolutionBackwardFilterAlgorithm_v7: fn(Raw, Raw, Raw, Raw, Raw, c_int, *mut c_int, *mut Proposal) -> Status;
    cudnnGetConvolutionForwardWorkspaceSize: fn(Raw, Raw, Raw, Raw, Raw, u32, *mut usize) -> Status;
    cudnnGetConvolutionBackwardDataWorkspaceSize: fn(Raw, Raw, Raw, Raw, Raw, u32, *mut usize) -> Status;
    cudnnGetConvolutionBackwardFilterWorkspaceSize: fn(Raw, Raw, Raw, Raw, Raw, u32, *mut usize) -> Status;
    cudnnConvolutionForward:
        fn(Raw, *const f32, Raw, Raw, Raw, Raw, Raw, u32, Raw, usize, *const f32, Raw, Raw) -> Status;
    cudnnConvolutionBackwardData:
        fn(Raw, *const f32, Raw, Raw, Raw, Raw, Raw, u32, Raw, usize, *const f32, Raw, Raw) -> Status;
    cudnnConvolutionBackwardFilter:
        fn(Raw, *const f32, Raw, Raw, Raw, Raw, Raw, u32, Raw, usize, *const f32, Raw, Raw) -> Status;
}
