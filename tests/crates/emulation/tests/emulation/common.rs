//! A context of the emulation for one test at a time, through cudarc as dl-runtime uses it.

use cudarc::driver::sys::*;
use cudarc::nvrtc::sys as nvrtc;
use std::ffi::{CString, c_void};
use std::sync::{Mutex, MutexGuard};

pub const OK: CUresult = CUresult::CUDA_SUCCESS;

pub struct Gpu {
    pub stream: CUstream,
    module: CUmodule,
    _alone: MutexGuard<'static, ()>,
}

/// The emulation, free of former mistakes; none where a GPU or no compiler is.
pub fn gpu() -> Option<Gpu> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(|e| e.into_inner());
    match dl_emulation::install() {
        dl_emulation::Status::Emulated => {}
        other => {
            println!("SKIP: {other:?}");
            return None;
        }
    }
    dl_emulation::reset();
    // SAFETY: calls of the driver as its documentation has them.
    unsafe {
        let (mut context, mut stream, mut module) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
        assert_eq!(cuInit(0), OK);
        assert_eq!(cuDevicePrimaryCtxRetain(&mut context, 0), OK);
        assert_eq!(cuCtxSetCurrent(context), OK);
        assert_eq!(cuStreamCreate(&mut stream, 1), OK);
        let image = compile(include_str!("../kernels.cu")).expect("the text is the one that was compiled");
        assert_eq!(cuModuleLoadData(&mut module, image.as_ptr().cast()), OK);
        Some(Gpu { stream, module, _alone: alone })
    }
}

/// Returns NVRTC's translation of a text, or its log if it refuses.
pub fn compile(text: &str) -> Result<Vec<u8>, String> {
    let text = CString::new(format!("#include \"common.cuh\"\n{text}")).unwrap();
    let mut program = std::ptr::null_mut();
    let mut bytes = 0;
    // SAFETY: calls of NVRTC as its documentation has them; buffers have the sizes it asked for.
    unsafe {
        let none = std::ptr::null();
        nvrtc::nvrtcCreateProgram(&mut program, text.as_ptr(), c"kernels.cu".as_ptr(), 0, none, none);
        let result = nvrtc::nvrtcCompileProgram(program, 0, none);
        if result != nvrtc::nvrtcResult::NVRTC_SUCCESS {
            nvrtc::nvrtcGetProgramLogSize(program, &mut bytes);
            let mut log = vec![0u8; bytes];
            nvrtc::nvrtcGetProgramLog(program, log.as_mut_ptr().cast());
            return Err(String::from_utf8_lossy(&log).into_owned());
        }
        nvrtc::nvrtcGetCUBINSize(program, &mut bytes);
        let mut image = vec![0u8; bytes];
        nvrtc::nvrtcGetCUBIN(program, image.as_mut_ptr().cast());
        nvrtc::nvrtcDestroyProgram(&mut program);
        Ok(image)
    }
}

/// A span as kernels take it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Span {
    pub address: u64,
    pub len: u64,
}

impl Gpu {
    pub fn function(&self, name: &str) -> CUfunction {
        let mut function = std::ptr::null_mut();
        let name = CString::new(name).unwrap();
        // SAFETY: the module is loaded.
        assert_eq!(unsafe { cuModuleGetFunction(&mut function, self.module, name.as_ptr()) }, OK);
        function
    }

    pub fn upload<T: Copy>(&self, values: &[T]) -> Span {
        let mut address = 0;
        // SAFETY: the allocation has the size of the copy.
        unsafe {
            assert_eq!(cuMemAlloc_v2(&mut address, size_of_val(values)), OK);
            assert_eq!(cuMemcpyHtoD_v2(address, values.as_ptr().cast(), size_of_val(values)), OK);
        }
        Span { address, len: values.len() as u64 }
    }

    pub fn launch(&self, name: &str, grid: u32, block: u32, parameters: &[*const c_void]) -> CUresult {
        let mut parameters: Vec<*mut c_void> = parameters.iter().map(|p| p.cast_mut()).collect();
        let (function, at, none) = (self.function(name), parameters.as_mut_ptr(), std::ptr::null_mut());
        // SAFETY: the parameters are the kernel's, as the test says.
        unsafe { cuLaunchKernel(function, grid, 1, 1, block, 1, 1, 0, self.stream, at, none) }
    }

    pub fn wait(&self) -> CUresult {
        // SAFETY: the stream lives.
        unsafe { cuStreamSynchronize(self.stream) }
    }

    pub fn read<T: Copy + Default>(&self, from: Span) -> Vec<T> {
        let mut to = vec![T::default(); from.len as usize];
        assert_eq!(self.wait(), OK);
        // SAFETY: the buffer has the span's length.
        assert_eq!(unsafe { cuMemcpyDtoH_v2(to.as_mut_ptr().cast(), from.address, size_of_val(&to[..])) }, OK);
        to
    }
}

/// The address of a parameter.
pub fn at<T>(value: &T) -> *const c_void {
    std::ptr::from_ref(value).cast()
}
