//! The calls of the CUDA driver that the device needs, each with an error that says what was asked for.

use super::libraries;
use crate::{Error, Result};
use cudarc::driver::result::{self, DriverError};
use cudarc::driver::{CudaContext, CudaEvent, CudaStream, sys};
use std::fmt;
use std::ptr;
use std::sync::Arc;

/// A GPU, its primary context, and what is known of it. Freed with the last handle.
pub(super) struct Context {
    pub cuda: Arc<CudaContext>,
    name: String,
    /// 90 for compute capability 9.0.
    pub capability: i32,
    /// 12040 for CUDA 12.4.
    pub version: i32,
}

/// What a call of the driver returned.
pub(super) fn check<T>(returned: Result<T, DriverError>, what: impl FnOnce() -> String) -> Result<T> {
    returned.map_err(|error| match error.0 {
        // Code, graphs and the driver's own tables need memory of the GPU, too.
        sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => full(None),
        _ => Error::DeviceFailed { doing: what(), reason: describe(error) },
    })
}

/// What the driver says of an error.
fn describe(error: DriverError) -> String {
    match (error.error_string(), error.error_name()) {
        (Ok(text), Ok(name)) => format!("{} ({})", text.to_string_lossy(), name.to_string_lossy()),
        _ => format!("{:?}", error.0),
    }
}

/// What the driver says of a GPU's memory, which is full.
pub(super) fn full(wanted: Option<usize>) -> Error {
    let mut device = 0;
    // SAFETY: the driver writes a number. Where it fails it stays 0.
    let _ = unsafe { sys::cuCtxGetDevice(&mut device) };
    let (free, total) = result::mem_get_info().unwrap_or_default();
    let name = result::device::get_name(device).unwrap_or_default();
    Error::DeviceMemory { device: format!("CUDA device {device} ({name})"), wanted, free, total }
}

/// That a GPU's number is none of `count`.
fn gpus(count: i32) -> String {
    let are = match count {
        0 => "the driver finds no NVIDIA GPU".into(),
        1 => "the driver finds one GPU, number 0".into(),
        count => format!("the driver finds {count} GPUs, numbers 0 to {}", count - 1),
    };
    match std::env::var("CUDA_VISIBLE_DEVICES") {
        Ok(shown) => format!("{are} (CUDA_VISIBLE_DEVICES is `{shown}`)"),
        Err(_) => are,
    }
}

impl Context {
    pub fn new(ordinal: usize) -> Result<Self> {
        Self::open(ordinal)
            .map_err(|reason| Error::NoDevice { device: format!("CUDA device {ordinal}"), reason })
            .and_then(|context| context.enter().map(|()| context))
    }
    /// The GPU, or why there is none and what to do.
    fn open(ordinal: usize) -> Result<Self, String> {
        fn succeed<T>(returned: Result<T, DriverError>, what: &str) -> Result<T, String> {
            returned.map_err(|error| format!("{what}: {}", describe(error)))
        }
        // cudarc panics where a library or a function of it is missing, so `libraries` asks first.
        libraries::driver()?;
        match result::init() {
            Err(DriverError(sys::CUresult::CUDA_ERROR_NO_DEVICE)) => return Err(gpus(0)),
            Err(DriverError(sys::CUresult::CUDA_ERROR_STUB_LIBRARY)) => {
                let instead = "take its folder (stubs) out of LD_LIBRARY_PATH, and install the NVIDIA driver";
                return Err(format!("the libcuda found is the CUDA toolkit's, made for linking only; {instead}"));
            }
            started => succeed(started, "the CUDA driver does not start")?,
        }
        let mut version = 0;
        // SAFETY: the driver writes a number.
        succeed(unsafe { sys::cuDriverGetVersion(&mut version) }.result(), "the CUDA driver has no version")?;
        libraries::driver_is_new_enough(version)?;
        let count = succeed(result::device::get_count(), "the CUDA driver finds no GPUs")?;
        if i32::try_from(ordinal).map_or(true, |ordinal| ordinal >= count) {
            return Err(gpus(count));
        }
        let cuda = succeed(CudaContext::new(ordinal), "the GPU cannot be used")?;
        // SAFETY: what is tracked are uses of `CudaSlice`s, and none is ever made. Tracking would forbid captures.
        unsafe { cuda.disable_event_tracking() };
        let (major, minor) = succeed(cuda.compute_capability(), "the GPU does not say what it can")?;
        let name = succeed(cuda.name(), "the GPU has no name")?;
        if major < 8 {
            return Err(format!("{name} has compute capability {major}.{minor}; 8.0 (Ampere) or newer is needed"));
        }
        libraries::nvrtc(version)?;
        libraries::cublas(version)?;
        Ok(Context { cuda, name, capability: 10 * major + minor, version })
    }
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Makes this thread's further calls mean this GPU.
    pub fn enter(&self) -> Result<()> {
        check(self.cuda.bind_to_thread(), || "making the GPU current".into())
    }

    /// Memory of the GPU. A `CudaSlice` would take it from a pool, in the order of a stream: whether the GPU is full is to be
    /// known at once.
    pub fn allocate(&self, bytes: usize) -> Result<u64> {
        self.enter()?;
        // SAFETY: the context is current; what is not written is not read.
        match unsafe { result::malloc_sync(bytes.max(1)) } {
            Err(DriverError(sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY)) => Err(full(Some(bytes))),
            allocated => check(allocated, || format!("allocating {bytes} bytes")),
        }
    }
    /// Gives memory back, when all work on it is done.
    pub fn free(&self, address: u64) {
        // SAFETY: `address` came from `allocate`; the driver waits for the GPU. Errors concern earlier work.
        let _ = unsafe { result::free_sync(address) };
    }
    /// Host memory that the GPU can read and write by itself, zeroed. cudarc's `PinnedHostSlice` is slow for the host to read.
    pub fn allocate_host(&self, bytes: usize) -> Result<*mut u8> {
        self.enter()?;
        let mut at = ptr::null_mut();
        // SAFETY: the context is current; the driver writes one address of that many bytes.
        unsafe {
            match sys::cuMemAllocHost_v2(&mut at, bytes.max(1)) {
                sys::CUresult::CUDA_SUCCESS => at.cast::<u8>().write_bytes(0, bytes),
                // Not the GPU's memory is full, but the host's.
                code => {
                    let doing = format!("allocating {bytes} bytes of the host's memory for copies");
                    return Err(Error::DeviceFailed { doing, reason: describe(DriverError(code)) });
                }
            }
        }
        Ok(at.cast())
    }
    /// Gives pinned memory back, when all work on it is done.
    pub fn free_host(&self, at: *mut u8) {
        // SAFETY: `at` came from `allocate_host`.
        let _ = unsafe { sys::cuMemFreeHost(at.cast()) };
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CUDA device {} ({})", self.cuda.ordinal(), self.name)
    }
}

/// An order of work.
pub(super) struct Stream {
    pub cuda: Arc<CudaStream>,
}

impl Stream {
    /// A stream that waits for no other.
    pub fn new(context: &Context) -> Result<Self> {
        Ok(Stream { cuda: check(context.cuda.new_stream(), || "making a stream".into())? })
    }
    /// The convolutions that libraries take.
    pub fn raw(&self) -> sys::CUstream {
        self.cuda.cu_stream()
    }
    /// Waits for all work of the stream.
    pub fn synchronize(&self) -> Result<()> {
        check(self.cuda.synchronize(), || "waiting for the GPU".into())
    }
    /// Makes further work wait for `event`.
    pub fn wait(&self, event: &Event) -> Result<()> {
        check(self.cuda.wait(&event.cuda), || "waiting for a copy".into())
    }
    /// Copies from pinned host memory, some time later.
    ///
    /// # Safety
    /// `from` is pinned memory of `bytes`, which stays as it is until the work is done; `to` is memory of the GPU.
    pub unsafe fn copy_in(&self, from: *const u8, to: u64, bytes: usize) -> Result<()> {
        // SAFETY: by the contract.
        check(unsafe { sys::cuMemcpyHtoDAsync_v2(to, from.cast(), bytes, self.raw()) }.result(), || {
            format!("copying {bytes} bytes to the GPU")
        })
    }
    /// Copies to host memory, some time later.
    ///
    /// # Safety
    /// `to` is memory of `bytes`, which nobody else uses until the work is done; `from` is memory of the GPU.
    pub unsafe fn copy_out(&self, from: u64, to: *mut u8, bytes: usize) -> Result<()> {
        // SAFETY: by the contract.
        check(unsafe { sys::cuMemcpyDtoHAsync_v2(to.cast(), from, bytes, self.raw()) }.result(), || {
            format!("copying {bytes} bytes from the GPU")
        })
    }
    /// Copies within the GPU.
    ///
    /// # Safety
    /// Both are memory of the GPU, of at least `bytes`.
    pub unsafe fn copy_within(&self, from: u64, to: u64, bytes: usize) -> Result<()> {
        // SAFETY: by the contract.
        check(unsafe { sys::cuMemcpyDtoDAsync_v2(to, from, bytes, self.raw()) }.result(), || {
            format!("copying {bytes} bytes on the GPU")
        })
    }
    /// Sets words of four bytes to zero.
    ///
    /// # Safety
    /// `at` is memory of the GPU, of at least `words` words.
    pub unsafe fn clear(&self, at: u64, words: usize) -> Result<()> {
        // SAFETY: by the contract.
        check(unsafe { sys::cuMemsetD32Async(at, 0, words, self.raw()) }.result(), || format!("clearing {words} words"))
    }
}

/// A place in an order of work that can be waited for.
pub(super) struct Event {
    cuda: CudaEvent,
}

impl Event {
    pub fn new(context: &Context) -> Result<Self> {
        Ok(Event { cuda: check(context.cuda.new_event(None), || "making an event".into())? })
    }
    /// Means the work of `stream` up to now.
    pub fn record(&self, stream: &Stream) -> Result<()> {
        check(self.cuda.record(&stream.cuda), || "marking a place in the work".into())
    }
    /// Waits for what was last recorded; not at all if nothing was.
    pub fn synchronize(&self) -> Result<()> {
        check(self.cuda.synchronize(), || "waiting for the GPU".into())
    }
}
