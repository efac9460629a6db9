//! The calls of the CUDA driver that the device needs, each with an error that says what was asked for.

use super::libraries;
use crate::{Error, Result};
use cudarc::driver::sys;
use std::ffi::CStr;
use std::fmt;
use std::ptr;

/// A card, its primary context, and what is known of it. Freed with the last handle.
pub(super) struct Context {
    device: sys::CUdevice,
    pub raw: sys::CUcontext,
    ordinal: usize,
    name: String,
    /// 90 for compute capability 9.0.
    pub capability: i32,
    /// 12040 for CUDA 12.4.
    pub version: i32,
}

// SAFETY: the driver's handles may be used from any thread that has made the context current (`enter`).
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

/// What a call of the driver returned.
pub(super) fn check(code: sys::CUresult, what: impl FnOnce() -> String) -> Result<()> {
    match code {
        sys::CUresult::CUDA_SUCCESS => Ok(()),
        // Code, graphs and the driver's own tables need memory of the card, too.
        sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => Err(full(None)),
        code => Err(Error::DeviceFailed { doing: what(), reason: describe(code) }),
    }
}

/// What the driver says of an error.
fn describe(code: sys::CUresult) -> String {
    let (mut name, mut text) = (ptr::null(), ptr::null());
    // SAFETY: the driver writes addresses of its own constant strings, or null.
    let (name, text) = unsafe {
        sys::cuGetErrorName(code, &mut name);
        sys::cuGetErrorString(code, &mut text);
        let word =
            |s: *const std::ffi::c_char| (!s.is_null()).then(|| CStr::from_ptr(s).to_string_lossy().into_owned());
        (word(name), word(text))
    };
    match (name, text) {
        (Some(name), Some(text)) => format!("{text} ({name})"),
        _ => format!("{code:?}"),
    }
}

/// What the driver says of a card's memory, which is full.
pub(super) fn full(wanted: Option<usize>) -> Error {
    let (mut device, mut free, mut total) = (0, 0, 0);
    // SAFETY: the driver writes numbers. Where it fails they stay 0.
    let name = unsafe {
        sys::cuCtxGetDevice(&mut device);
        sys::cuMemGetInfo_v2(&mut free, &mut total);
        name(device).unwrap_or_default()
    };
    Error::DeviceMemory { device: format!("CUDA device {device} ({name})"), wanted, free, total }
}

/// What the driver calls a card.
fn name(device: sys::CUdevice) -> Result<String, sys::CUresult> {
    let mut name = [0; 256];
    // SAFETY: there is room for so many bytes, the last of which stays zero.
    match unsafe { sys::cuDeviceGetName(name.as_mut_ptr(), 255, device) } {
        // SAFETY: as above.
        sys::CUresult::CUDA_SUCCESS => Ok(unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned()),
        code => Err(code),
    }
}

/// That a card's number is none of `count`.
fn cards(count: i32) -> String {
    let are = match count {
        0 => "the driver finds no NVIDIA card".into(),
        1 => "the driver finds one card, number 0".into(),
        count => format!("the driver finds {count} cards, numbers 0 to {}", count - 1),
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
    /// The card, or why there is none and what to do.
    fn open(ordinal: usize) -> Result<Self, String> {
        let succeed = |code, what: &str| match code {
            sys::CUresult::CUDA_SUCCESS => Ok(()),
            code => Err(format!("{what}: {}", describe(code))),
        };
        libraries::driver()?;
        // SAFETY: the driver has these functions (`libraries`); all pointers are to variables that live through the calls.
        unsafe {
            let (mut version, mut count, mut device, mut raw) = (0, 0, 0, ptr::null_mut());
            match sys::cuInit(0) {
                sys::CUresult::CUDA_ERROR_NO_DEVICE => return Err(cards(0)),
                sys::CUresult::CUDA_ERROR_STUB_LIBRARY => {
                    let instead = "take its folder (stubs) out of LD_LIBRARY_PATH, and install the NVIDIA driver";
                    return Err(format!("the libcuda found is the CUDA toolkit's, made for linking only; {instead}"));
                }
                code => succeed(code, "the CUDA driver does not start")?,
            }
            succeed(sys::cuDriverGetVersion(&mut version), "the CUDA driver has no version")?;
            libraries::driver_is_new_enough(version)?;
            succeed(sys::cuDeviceGetCount(&mut count), "the CUDA driver finds no cards")?;
            if i32::try_from(ordinal).map_or(true, |ordinal| ordinal >= count) {
                return Err(cards(count));
            }
            succeed(sys::cuDeviceGet(&mut device, ordinal as i32), "the card cannot be opened")?;
            let attribute = |attribute| {
                let mut value = 0;
                succeed(sys::cuDeviceGetAttribute(&mut value, attribute, device), "the card does not say what it can")
                    .map(|()| value)
            };
            use sys::CUdevice_attribute::{
                CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR as MAJOR,
                CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR as MINOR,
            };
            let capability = 10 * attribute(MAJOR)? + attribute(MINOR)?;
            let name = name(device).or_else(|code| succeed(code, "the card has no name").map(|()| String::new()))?;
            if capability < 80 {
                let is = format!("{}.{}", capability / 10, capability % 10);
                return Err(format!("{name} has compute capability {is}; 8.0 (Ampere) or newer is needed"));
            }
            libraries::nvrtc(version)?;
            libraries::cublas(version)?;
            succeed(sys::cuDevicePrimaryCtxRetain(&mut raw, device), "the card cannot be used")?;
            Ok(Context { device, raw, ordinal, name, capability, version })
        }
    }
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Makes this thread's further calls mean this card.
    pub fn enter(&self) -> Result<()> {
        // SAFETY: the context lives as long as `self`.
        check(unsafe { sys::cuCtxSetCurrent(self.raw) }, || "making the card current".into())
    }

    /// Memory of the card.
    pub fn allocate(&self, bytes: usize) -> Result<u64> {
        self.enter()?;
        let mut address = 0;
        // SAFETY: the context is current; the driver writes one address.
        match unsafe { sys::cuMemAlloc_v2(&mut address, bytes.max(1)) } {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => Err(full(Some(bytes))),
            code => check(code, || format!("allocating {bytes} bytes")).map(|()| address),
        }
    }
    /// Gives memory back, when all work on it is done.
    pub fn free(&self, address: u64) {
        // SAFETY: `address` came from `allocate`; the driver waits for the card. Errors concern earlier work.
        let _ = unsafe { sys::cuMemFree_v2(address) };
    }
    /// Host memory that the card can read and write by itself, zeroed.
    pub fn allocate_host(&self, bytes: usize) -> Result<*mut u8> {
        self.enter()?;
        let mut at = ptr::null_mut();
        // SAFETY: the context is current; the driver writes one address of that many bytes.
        unsafe {
            match sys::cuMemAllocHost_v2(&mut at, bytes.max(1)) {
                sys::CUresult::CUDA_SUCCESS => at.cast::<u8>().write_bytes(0, bytes),
                // Not the card's memory is full, but the host's.
                code => {
                    let doing = format!("allocating {bytes} bytes of the host's memory for copies");
                    return Err(Error::DeviceFailed { doing, reason: describe(code) });
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
        write!(f, "CUDA device {} ({})", self.ordinal, self.name)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: retained in `new`, released once.
        let _ = unsafe { sys::cuDevicePrimaryCtxRelease_v2(self.device) };
    }
}

/// An order of work.
pub(super) struct Stream {
    pub raw: sys::CUstream,
}

// SAFETY: as for `Context`.
unsafe impl Send for Stream {}
// SAFETY: as for `Context`.
unsafe impl Sync for Stream {}

impl Stream {
    /// A stream that waits for no other.
    pub fn new(context: &Context) -> Result<Self> {
        context.enter()?;
        let mut raw = ptr::null_mut();
        let flags = sys::CUstream_flags::CU_STREAM_NON_BLOCKING as u32;
        // SAFETY: the context is current; the driver writes one handle.
        check(unsafe { sys::cuStreamCreate(&mut raw, flags) }, || "making a stream".into())?;
        Ok(Stream { raw })
    }
    /// Waits for all work of the stream.
    pub fn synchronize(&self, context: &Context) -> Result<()> {
        context.enter()?;
        // SAFETY: the stream lives as long as `self`.
        check(unsafe { sys::cuStreamSynchronize(self.raw) }, || "waiting for the card".into())
    }
    /// Makes further work wait for `event`.
    pub fn wait(&self, event: &Event) -> Result<()> {
        // SAFETY: both live.
        check(unsafe { sys::cuStreamWaitEvent(self.raw, event.raw, 0) }, || "waiting for a copy".into())
    }
    /// Copies from pinned host memory, some time later.
    ///
    /// # Safety
    /// `from` is pinned memory of `bytes`, which stays as it is until the work is done; `to` is memory of the card.
    pub unsafe fn copy_in(&self, from: *const u8, to: u64, bytes: usize) -> Result<()> {
        // SAFETY: by the contract.
        check(unsafe { sys::cuMemcpyHtoDAsync_v2(to, from.cast(), bytes, self.raw) }, || {
            format!("copying {bytes} bytes to the card")
        })
    }
    /// Copies to host memory, some time later.
    ///
    /// # Safety
    /// `to` is memory of `bytes`, which nobody else uses until the work is done; `from` is memory of the card.
    pub unsafe fn copy_out(&self, from: u64, to: *mut u8, bytes: usize) -> Result<()> {
        // SAFETY: by the contract.
        check(unsafe { sys::cuMemcpyDtoHAsync_v2(to.cast(), from, bytes, self.raw) }, || {
            format!("copying {bytes} bytes from the card")
        })
    }
    /// Copies within the card.
    ///
    /// # Safety
    /// Both are memory of the card, of at least `bytes`.
    pub unsafe fn copy_within(&self, from: u64, to: u64, bytes: usize) -> Result<()> {
        // SAFETY: by the contract.
        check(unsafe { sys::cuMemcpyDtoDAsync_v2(to, from, bytes, self.raw) }, || {
            format!("copying {bytes} bytes on the card")
        })
    }
    /// Sets words of four bytes to zero.
    ///
    /// # Safety
    /// `at` is memory of the card, of at least `words` words.
    pub unsafe fn clear(&self, at: u64, words: usize) -> Result<()> {
        // SAFETY: by the contract.
        check(unsafe { sys::cuMemsetD32Async(at, 0, words, self.raw) }, || format!("clearing {words} words"))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: made in `new`, destroyed once; the driver finishes its work first.
        let _ = unsafe { sys::cuStreamDestroy_v2(self.raw) };
    }
}

/// A place in an order of work that can be waited for.
pub(super) struct Event {
    raw: sys::CUevent,
}

// SAFETY: as for `Context`.
unsafe impl Send for Event {}
// SAFETY: as for `Context`.
unsafe impl Sync for Event {}

impl Event {
    pub fn new(context: &Context) -> Result<Self> {
        context.enter()?;
        let mut raw = ptr::null_mut();
        let flags = sys::CUevent_flags::CU_EVENT_DISABLE_TIMING as u32;
        // SAFETY: the context is current; the driver writes one handle.
        check(unsafe { sys::cuEventCreate(&mut raw, flags) }, || "making an event".into())?;
        Ok(Event { raw })
    }
    /// Means the work of `stream` up to now.
    pub fn record(&self, stream: &Stream) -> Result<()> {
        // SAFETY: both live.
        check(unsafe { sys::cuEventRecord(self.raw, stream.raw) }, || "marking a place in the work".into())
    }
    /// Waits for what was last recorded; not at all if nothing was.
    pub fn synchronize(&self) -> Result<()> {
        // SAFETY: it lives.
        check(unsafe { sys::cuEventSynchronize(self.raw) }, || "waiting for the card".into())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: made in `new`, destroyed once.
        let _ = unsafe { sys::cuEventDestroy_v2(self.raw) };
    }
}
