//! The calls of the CUDA driver that the device needs. Their errors say what was being done.

use super::libraries;
use crate::{Error, Result};
use cudarc::driver::result::{self, DriverError};
use cudarc::driver::{CudaContext, CudaEvent, CudaStream, sys};
use std::fmt;
use std::ptr;
use std::sync::Arc;

/// A GPU, its primary context, and its properties. It is released with the last handle.
pub(super) struct Context {
    pub cuda: Arc<CudaContext>,
    name: String,
    /// The compute capability times 10: 90 for 9.0.
    pub capability: i32,
    /// The driver's version of CUDA: 12040 for CUDA 12.4.
    pub version: i32,
}

/// Turns an error of the driver into [`Error`]; `what` says what was being done.
pub(super) fn check<T>(returned: Result<T, DriverError>, what: impl FnOnce() -> String) -> Result<T> {
    returned.map_err(|error| match error.0 {
        // Loaded code, graphs and the driver's own tables need GPU memory, too.
        sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => out_of_memory(None),
        _ => Error::DeviceFailed { doing: what(), reason: describe(error) },
    })
}

/// Returns the driver's text and name for an error.
fn describe(error: DriverError) -> String {
    match (error.error_string(), error.error_name()) {
        (Ok(text), Ok(name)) => format!("{} ({})", text.to_string_lossy(), name.to_string_lossy()),
        _ => format!("{:?}", error.0),
    }
}

/// The error for a GPU whose memory is full, with the driver's figures.
pub(super) fn out_of_memory(wanted: Option<usize>) -> Error {
    let mut device = 0;
    // SAFETY: the driver writes a number, which stays 0 if the call fails.
    let _ = unsafe { sys::cuCtxGetDevice(&mut device) };
    let (free, total) = result::mem_get_info().unwrap_or_default();
    let name = result::device::get_name(device).unwrap_or_default();
    Error::DeviceMemory { device: format!("CUDA device {device} ({name})"), wanted, free, total }
}

/// Says which GPUs exist, for a program that asked for one that does not.
fn no_such_gpu(count: i32) -> String {
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
    /// Opens the GPU, or says why it cannot be used and what to install.
    fn open(ordinal: usize) -> Result<Self, String> {
        fn succeed<T>(returned: Result<T, DriverError>, what: &str) -> Result<T, String> {
            returned.map_err(|error| format!("{what}: {}", describe(error)))
        }
        // cudarc panics when a library or one of its functions is missing, so `libraries` checks first.
        libraries::driver()?;
        match result::init() {
            Err(DriverError(sys::CUresult::CUDA_ERROR_NO_DEVICE)) => return Err(no_such_gpu(0)),
            Err(DriverError(sys::CUresult::CUDA_ERROR_STUB_LIBRARY)) => {
                let instead = "take its folder (stubs) out of LD_LIBRARY_PATH, and install the NVIDIA driver";
                return Err(format!(
                    "the libcuda that was found is the CUDA toolkit's stub, which is only for linking; {instead}"
                ));
            }
            started => succeed(started, "the CUDA driver does not start")?,
        }
        let mut version = 0;
        // SAFETY: the driver writes a number.
        succeed(unsafe { sys::cuDriverGetVersion(&mut version) }.result(), "the CUDA driver's version cannot be read")?;
        libraries::driver_is_new_enough(version)?;
        let count = succeed(result::device::get_count(), "the CUDA driver cannot count the GPUs")?;
        if i32::try_from(ordinal).map_or(true, |ordinal| ordinal >= count) {
            return Err(no_such_gpu(count));
        }
        let cuda = succeed(CudaContext::new(ordinal), "the GPU cannot be used")?;
        // SAFETY: only uses of `CudaSlice`s are tracked, and none is ever created. Tracking would make captures
        // impossible.
        unsafe { cuda.disable_event_tracking() };
        let (major, minor) = succeed(cuda.compute_capability(), "the GPU's compute capability cannot be read")?;
        let name = succeed(cuda.name(), "the GPU's name cannot be read")?;
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
    /// Makes this GPU's context current on the calling thread.
    pub fn enter(&self) -> Result<()> {
        check(self.cuda.bind_to_thread(), || "making the GPU's context current".into())
    }

    /// Allocates GPU memory at once. A `CudaSlice` would be allocated from a pool in the order of a stream, which would
    /// report a full GPU too late.
    pub fn allocate(&self, bytes: usize) -> Result<u64> {
        self.enter()?;
        // SAFETY: the context is current, and memory is written before it is read.
        match unsafe { result::malloc_sync(bytes.max(1)) } {
            Err(DriverError(sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY)) => Err(out_of_memory(Some(bytes))),
            allocated => check(allocated, || format!("allocating {bytes} bytes")),
        }
    }
    /// Frees GPU memory once all work on it is done.
    pub fn free(&self, address: u64) {
        // SAFETY: `address` came from `allocate`, and the driver waits for the GPU. Errors would concern earlier work.
        let _ = unsafe { result::free_sync(address) };
    }
    /// Allocates zeroed pinned host memory, which the GPU can read and write by itself. cudarc's `PinnedHostSlice` is
    /// slow for the host to read.
    pub fn allocate_host(&self, bytes: usize) -> Result<*mut u8> {
        self.enter()?;
        let mut at = ptr::null_mut();
        // SAFETY: the context is current; the driver writes the address of `bytes` bytes.
        unsafe {
            match sys::cuMemAllocHost_v2(&mut at, bytes.max(1)) {
                sys::CUresult::CUDA_SUCCESS => at.cast::<u8>().write_bytes(0, bytes),
                // This is the host's memory, so the error must not say that the GPU is full.
                code => {
                    let doing = format!("allocating {bytes} bytes of the host's memory for copies");
                    return Err(Error::DeviceFailed { doing, reason: describe(DriverError(code)) });
                }
            }
        }
        Ok(at.cast())
    }
    /// Frees pinned memory once all work on it is done.
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

/// A CUDA stream: its work runs in order.
pub(super) struct Stream {
    pub cuda: Arc<CudaStream>,
}

impl Stream {
    /// Creates a stream that does not wait for other streams.
    pub fn new(context: &Context) -> Result<Self> {
        Ok(Stream { cuda: check(context.cuda.new_stream(), || "creating a stream".into())? })
    }
    /// Returns the handle that the driver and the libraries take.
    pub fn raw(&self) -> sys::CUstream {
        self.cuda.cu_stream()
    }
    /// Waits until all work on the stream is done.
    pub fn synchronize(&self) -> Result<()> {
        check(self.cuda.synchronize(), || "waiting for the GPU".into())
    }
    /// Makes later work on the stream wait for `event`.
    pub fn wait(&self, event: &Event) -> Result<()> {
        check(self.cuda.wait(&event.cuda), || "making a stream wait for a copy".into())
    }
    /// Queues a copy from pinned host memory to the GPU.
    ///
    /// # Safety
    /// `from` is pinned memory of at least `bytes`, which is not written before the copy is done; `to` is GPU memory of at
    /// least `bytes`.
    pub unsafe fn copy_in(&self, from: *const u8, to: u64, bytes: usize) -> Result<()> {
        // SAFETY: the caller's contract.
        check(unsafe { sys::cuMemcpyHtoDAsync_v2(to, from.cast(), bytes, self.raw()) }.result(), || {
            format!("copying {bytes} bytes to the GPU")
        })
    }
    /// Queues a copy from the GPU to host memory.
    ///
    /// # Safety
    /// `to` has at least `bytes`, which nobody else uses until the copy is done; `from` is GPU memory of at least `bytes`.
    pub unsafe fn copy_out(&self, from: u64, to: *mut u8, bytes: usize) -> Result<()> {
        // SAFETY: the caller's contract.
        check(unsafe { sys::cuMemcpyDtoHAsync_v2(to.cast(), from, bytes, self.raw()) }.result(), || {
            format!("copying {bytes} bytes from the GPU")
        })
    }
    /// Queues a copy within GPU memory.
    ///
    /// # Safety
    /// Both are GPU memory of at least `bytes`.
    pub unsafe fn copy_within(&self, from: u64, to: u64, bytes: usize) -> Result<()> {
        // SAFETY: the caller's contract.
        check(unsafe { sys::cuMemcpyDtoDAsync_v2(to, from, bytes, self.raw()) }.result(), || {
            format!("copying {bytes} bytes on the GPU")
        })
    }
    /// Queues setting words of four bytes to zero.
    ///
    /// # Safety
    /// `at` is GPU memory of at least `words` words.
    pub unsafe fn clear(&self, at: u64, words: usize) -> Result<()> {
        // SAFETY: the caller's contract.
        check(unsafe { sys::cuMemsetD32Async(at, 0, words, self.raw()) }.result(), || format!("clearing {words} words"))
    }
}

/// A CUDA event: a point in a stream that can be waited for.
pub(super) struct Event {
    cuda: CudaEvent,
}

impl Event {
    pub fn new(context: &Context) -> Result<Self> {
        Ok(Event { cuda: check(context.cuda.new_event(None), || "creating an event".into())? })
    }
    /// Marks the current end of the work on `stream`.
    pub fn record(&self, stream: &Stream) -> Result<()> {
        check(self.cuda.record(&stream.cuda), || "recording an event".into())
    }
    /// Waits for the work before the last recorded point; returns at once if none was recorded.
    pub fn synchronize(&self) -> Result<()> {
        check(self.cuda.synchronize(), || "waiting for the GPU".into())
    }
}
