//! A CUDA driver on the processor, for tests: [`install`] loads shared libraries that dl's dynamic loading takes for the real
//! ones. Kernels run as C++, thread by thread, in an order that changes from launch to launch; every access to memory and
//! every barrier is checked, streams run as late as they may, and a mistake fails the launch as it would on a GPU.
//!
//! Variables of the environment make it another machine:
//!
//! | variable | what it sets | else |
//! |---|---|---|
//! | `DL_EMULATION_START` | what `cuInit` returns | 0 |
//! | `DL_EMULATION_GPUS` | how many GPUs there are | 1 |
//! | `DL_EMULATION_VERSION` | the CUDA of the driver | 13000, which is 13.0 |
//! | `DL_EMULATION_CAPABILITY` | the compute capability of the GPUs | 80, which is 8.0 |
//! | `DL_EMULATION_MEMORY` | bytes on the GPU | 16 GiB |
//! | `DL_EMULATION_NVRTC`, `DL_EMULATION_CUBLASLT` | the CUDA that these libraries are of | 13990 and 13000 |
//! | `DL_EMULATION_REFUSES` | the file that NVRTC refuses, or `all` | none |

mod libraries;

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The kind of driver that answers to CUDA in this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// A GPU and its driver.
    Gpu,
    /// The emulation.
    Emulated,
    /// Neither, and why.
    Missing(String),
}

/// The folder of the libraries, for programs that are started with it in `LD_LIBRARY_PATH`; the first call builds them. Where
/// that cannot be, it says why.
pub fn folder() -> Result<&'static Path, &'static str> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOLDER.get_or_init(libraries::build).as_deref().map_err(String::as_str)
}

/// Looks for a GPU, and loads the emulation where there is none. Call it before anything else asks for CUDA.
pub fn install() -> Status {
    static INSTALLED: OnceLock<Status> = OnceLock::new();
    let emulate = || {
        let folder = match folder() {
            Ok(folder) => folder.display(),
            Err(why) => return Status::Missing(why.into()),
        };
        // By their path first: what asks for these names later gets the libraries that bear them already.
        for name in ["libcuda.so", "libnvrtc.so", "libcublasLt.so", "libcudnn.so"] {
            if let Err(why) = Library::open(&format!("{folder}/{name}")) {
                return Status::Missing(why);
            }
        }
        Status::Emulated
    };
    INSTALLED.get_or_init(|| if has_gpu() { Status::Gpu } else { emulate() }).clone()
}

/// Returns `true` if the loader finds a library of this name, such as `libnvrtc`, with one of CUDA's usual endings.
pub fn finds(library: &str) -> bool {
    let endings = ["", ".1", ".11", ".12", ".13"];
    endings.iter().any(|ending| Library::open(&format!("{library}.so{ending}")).is_ok())
}

/// Returns the last mistake that the emulation found, in words, since the start or [`reset`].
pub fn last_mistake() -> Option<String> {
    type Read = unsafe extern "C" fn(*mut c_char, u64) -> u64;
    let read = emulated(c"dl_emulation_last_mistake")?;
    // SAFETY: the emulation's function has this signature.
    let read = unsafe { std::mem::transmute::<*mut c_void, Read>(read) };
    let mut text = [0u8; 2048];
    // SAFETY: it writes at most the given number of bytes and ends them with a zero.
    let len = unsafe { read(text.as_mut_ptr().cast(), text.len() as u64) };
    let text = CStr::from_bytes_until_nul(&text).ok()?;
    (len > 0).then(|| text.to_string_lossy().into_owned())
}

/// Forgets mistakes and whatever streams still hold: the context can be used again.
pub fn reset() {
    if let Some(reset) = emulated(c"dl_emulation_reset") {
        // SAFETY: the emulation's function takes nothing.
        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn()>(reset)() }
    }
}

/// Calls of the own thread that go wrong while an [`Ordered`] lives: what real libraries may do, but the emulation does not.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// cuBLASLt has no algorithm for some products: the value is the seed of the choice, from 1 on.
    RefusedProducts,
    /// The edges of captured work have data, as those of programmatic launches do.
    EdgeData,
    /// A capture reports so many nodes that the next work depends on; `u64::MAX` stands for none.
    CapturedNodes,
    /// Parameters of the nodes of graphs cannot be set.
    RefusedUpdates,
}

/// An order that holds until it is dropped, on the thread that gave it.
#[derive(Debug)]
pub struct Ordered(Order, std::marker::PhantomData<*const ()>);

impl Drop for Ordered {
    fn drop(&mut self) {
        give(self.0, 0);
    }
}

/// Gives an order to the emulation, if it is what answers to CUDA.
pub fn order(order: Order, value: u64) -> Option<Ordered> {
    give(order, value).then_some(Ordered(order, std::marker::PhantomData))
}

fn give(order: Order, value: u64) -> bool {
    let Some(give) = emulated(c"dl_emulation_order") else { return false };
    // SAFETY: the emulation's function has this signature, and takes every order.
    unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn(u32, u64)>(give)(order as u32, value) }
    true
}

/// Makes every thread that asks for memory to be cleared call this function first. Returns `false` on a real GPU.
pub fn at_clearing(call: extern "C" fn()) -> bool {
    let Some(set) = emulated(c"dl_emulation_at_clearing") else { return false };
    // SAFETY: the emulation's function has this signature.
    unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn(extern "C" fn())>(set)(call) }
    true
}

/// Returns how many graphs, and graphs that can be launched, this thread made and did not destroy.
pub fn graphs() -> Option<i64> {
    let count = emulated(c"dl_emulation_graphs")?;
    // SAFETY: the emulation's function has this signature.
    Some(unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> i64>(count)() })
}

unsafe extern "C" {
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}
/// `RTLD_NOW | RTLD_GLOBAL` of Linux.
const NOW_AND_GLOBAL: c_int = 0x102;

/// A shared library, never closed. Others' tests load libraries of CUDA by their paths with it.
pub struct Library(*mut c_void);

impl Library {
    /// Loads it from a path, or from where the system looks for a name.
    pub fn open(name: &str) -> Result<Library, String> {
        let name = CString::new(name).map_err(|e| e.to_string())?;
        // SAFETY: the libraries opened here do nothing when they are loaded.
        let library = unsafe { dlopen(name.as_ptr(), NOW_AND_GLOBAL) };
        if library.is_null() {
            // SAFETY: after a failure it is a text, copied at once.
            return Err(unsafe { CStr::from_ptr(dlerror()) }.to_string_lossy().into_owned());
        }
        Ok(Library(library))
    }

    /// The address of a function.
    pub fn function(&self, name: &CStr) -> Option<*mut c_void> {
        // SAFETY: the library is open.
        let address = unsafe { dlsym(self.0, name.as_ptr()) };
        (!address.is_null()).then_some(address)
    }
}

fn emulated(name: &CStr) -> Option<*mut c_void> {
    (install() == Status::Emulated).then(|| Library::open("libcuda.so").ok()?.function(name))?
}

/// Returns `true` if the machine's own driver is there and finds a device.
fn has_gpu() -> bool {
    let count = || {
        let driver = Library::open("libcuda.so.1").ok()?;
        let (init, count) = (driver.function(c"cuInit")?, driver.function(c"cuDeviceGetCount")?);
        // SAFETY: the driver's functions have these signatures.
        let (init, count) = unsafe {
            (
                std::mem::transmute::<*mut c_void, unsafe extern "C" fn(u32) -> c_int>(init),
                std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_int) -> c_int>(count),
            )
        };
        let mut devices = 0;
        // SAFETY: as the driver's documentation has it.
        unsafe { (init(0) == 0 && count(&mut devices) == 0).then_some(devices) }
    };
    count().is_some_and(|devices| devices > 0)
}
