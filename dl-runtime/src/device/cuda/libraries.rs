//! Checks that the CUDA libraries are installed and fit each other, and says what to install if not.
//!
//! cudarc looks up a library and its functions at the first call and panics if one is missing. So everything is checked
//! here before anything is called. Every function that the device calls, directly or through cudarc's safe layer, has
//! to be listed here; a test finds the direct calls.

use cudarc::{cublaslt::sys as cublas, driver::sys as driver, nvrtc::sys as nvrtc};

/// Driver functions that are needed before its version is known.
const DRIVER_START: &[&str] = &["cuInit", "cuDriverGetVersion", "cuGetErrorName", "cuGetErrorString"];

/// The other driver functions that the device calls.
const DRIVER: &[&str] = &[
    "cuCtxGetCurrent",
    "cuCtxGetDevice",
    "cuCtxSetCurrent",
    "cuDeviceGet",
    "cuDeviceGetAttribute",
    "cuDeviceGetCount",
    "cuDeviceGetName",
    "cuDevicePrimaryCtxRelease_v2",
    "cuDevicePrimaryCtxRetain",
    "cuEventCreate",
    "cuEventDestroy_v2",
    "cuEventRecord",
    "cuEventSynchronize",
    "cuGraphDestroy",
    "cuGraphExecDestroy",
    "cuGraphExecKernelNodeSetParams_v2",
    "cuGraphInstantiateWithFlags",
    "cuGraphLaunch",
    "cuLaunchKernel",
    "cuMemAllocHost_v2",
    "cuMemAlloc_v2",
    "cuMemFreeHost",
    "cuMemFree_v2",
    "cuMemGetInfo_v2",
    "cuMemcpyDtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemsetD32Async",
    "cuModuleGetFunction",
    "cuModuleLoadData",
    "cuModuleUnload",
    "cuStreamBeginCapture_v2",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamEndCapture",
    "cuStreamGetCaptureInfo_v3",
    "cuStreamSynchronize",
    "cuStreamWaitEvent",
];

/// Driver functions that the device calls from CUDA 12.4 on.
const DRIVER_12_4: &[&str] = &["cuFuncGetParamInfo"];

const NVRTC: &[&str] = &[
    "nvrtcCompileProgram",
    "nvrtcCreateProgram",
    "nvrtcDestroyProgram",
    "nvrtcGetCUBIN",
    "nvrtcGetCUBINSize",
    "nvrtcGetErrorString",
    "nvrtcGetNumSupportedArchs",
    "nvrtcGetPTX",
    "nvrtcGetPTXSize",
    "nvrtcGetProgramLog",
    "nvrtcGetProgramLogSize",
    "nvrtcGetSupportedArchs",
    "nvrtcVersion",
];

const CUBLAS: &[&str] = &[
    "cublasLtCreate",
    "cublasLtDestroy",
    "cublasLtGetCudartVersion",
    "cublasLtMatmul",
    "cublasLtMatmulAlgoGetHeuristic",
    "cublasLtMatmulDescCreate",
    "cublasLtMatmulDescDestroy",
    "cublasLtMatmulDescSetAttribute",
    "cublasLtMatmulPreferenceCreate",
    "cublasLtMatmulPreferenceDestroy",
    "cublasLtMatmulPreferenceSetAttribute",
    "cublasLtMatrixLayoutCreate",
    "cublasLtMatrixLayoutDestroy",
    "cublasLtMatrixLayoutSetAttribute",
];

/// The oldest driver that can update graphs the way the device does: CUDA 12.3.
const OLDEST_DRIVER: i32 = 12_030;
/// The oldest NVRTC and cuBLASLt that work with such a driver: CUDA 12.0.
const OLDEST: i32 = 12_000;

const DRIVER_NAME: &str = "the CUDA driver (libcuda)";

/// The type that functions are looked up with, whatever their arguments; it is never called.
type Function = unsafe extern "C" fn();

/// Formats a version of CUDA: 12040 is 12.4.
pub(super) fn dotted(version: i32) -> String {
    format!("{}.{}", version / 1000, version % 1000 / 10)
}

/// Checks that there is a driver that can report its version.
pub(super) fn driver() -> Result<(), String> {
    // SAFETY: this only looks for the library.
    if !unsafe { driver::is_culib_present() } {
        return Err(format!(
            "{DRIVER_NAME} was not found; install the NVIDIA driver, or start the container with the GPUs \
             (`docker run --gpus all`)"
        ));
    }
    has(driver_has, DRIVER_START).map_err(|lacks| format!("{DRIVER_NAME} lacks {lacks}; reinstall the NVIDIA driver"))
}

/// Checks that the driver, which is for CUDA `version`, has all functions that the device calls.
pub(super) fn driver_is_new_enough(version: i32) -> Result<(), String> {
    let newer = "install driver 545 or newer, which is for CUDA 12.3";
    if version < OLDEST_DRIVER {
        return Err(format!("the NVIDIA driver is for CUDA {}, which is too old; {newer}", dotted(version)));
    }
    let later = if version < 12_040 { &[] } else { DRIVER_12_4 };
    has(driver_has, DRIVER).and_then(|()| has(driver_has, later)).map_err(|lacks| {
        format!("{DRIVER_NAME} says that it is for CUDA {}, but lacks {lacks}; {newer}", dotted(version))
    })
}

/// Checks that the compiler is installed and that a driver for CUDA `driver` can run its code.
pub(super) fn nvrtc(driver: i32) -> Result<(), String> {
    let library = Library {
        name: "CUDA's run-time compiler NVRTC (libnvrtc)",
        file: "libnvrtc.so.12",
        package: "nvidia-cuda-nvrtc-cu12",
        folder: "nvidia/cuda_nvrtc/lib",
    };
    // SAFETY: this only looks for the library.
    library.is_present(unsafe { nvrtc::is_culib_present() })?;
    // SAFETY: the library is loaded.
    let lookup = |name: &str| unsafe { nvrtc::culib().get::<Function>(name.as_bytes()).is_ok() };
    library.has(lookup, NVRTC)?;
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the function was found; it writes two numbers, which stay 0 if it fails.
    let _ = unsafe { nvrtc::nvrtcVersion(&mut major, &mut minor) };
    library.fits(1000 * major + 10 * minor, driver)
}

/// Checks that cuBLASLt is installed and works with a driver for CUDA `driver`.
pub(super) fn cublas(driver: i32) -> Result<(), String> {
    let library = Library {
        name: "CUDA's matrix library cuBLASLt (libcublasLt)",
        file: "libcublasLt.so.12",
        package: "nvidia-cublas-cu12",
        folder: "nvidia/cublas/lib",
    };
    // SAFETY: this only looks for the library.
    library.is_present(unsafe { cublas::is_culib_present() })?;
    // SAFETY: the library is loaded.
    let lookup = |name: &str| unsafe { cublas::culib().get::<Function>(name.as_bytes()).is_ok() };
    library.has(lookup, CUBLAS)?;
    // SAFETY: the function was found; it returns a number.
    library.fits(unsafe { cublas::cublasLtGetCudartVersion() } as i32, driver)
}

/// A library that does not come with the driver.
struct Library {
    name: &'static str,
    file: &'static str,
    /// Its Python package on PyPI, which is smaller than the toolkit.
    package: &'static str,
    /// The folder of the library in `site-packages`.
    folder: &'static str,
}

impl Library {
    fn how_to_install(&self) -> String {
        let Library { file, package, folder, .. } = self;
        if cfg!(windows) {
            return "install the CUDA toolkit".into();
        }
        format!(
            "install the CUDA toolkit 12, or the Python package {package} and put the folder of its {file} \
             (site-packages/{folder}) into LD_LIBRARY_PATH"
        )
    }
    fn is_present(&self, present: bool) -> Result<(), String> {
        if present { Ok(()) } else { Err(format!("{} was not found; {}", self.name, self.how_to_install())) }
    }
    fn has(&self, lookup: impl Fn(&str) -> bool, functions: &[&'static str]) -> Result<(), String> {
        has(lookup, functions).map_err(|lacks| {
            format!("{} is too old or damaged: it lacks {lacks}; {}", self.name, self.how_to_install())
        })
    }
    fn fits(&self, version: i32, driver: i32) -> Result<(), String> {
        let (name, is) = (self.name, dotted(version));
        if version < OLDEST {
            return Err(format!("{name} comes from CUDA {is}, which is too old; {}", self.how_to_install()));
        }
        // Within one major version, older drivers support newer libraries.
        if version / 1000 > driver / 1000 {
            return Err(format!(
                "{name} comes from CUDA {is}, too new for the NVIDIA driver, which is for CUDA {}; install a driver for CUDA {} \
                 or newer, or {}",
                dotted(driver),
                dotted(version / 1000 * 1000),
                self.how_to_install().trim_start_matches("install ")
            ));
        }
        Ok(())
    }
}

fn driver_has(name: &str) -> bool {
    // SAFETY: the library is loaded (`driver`).
    unsafe { driver::culib().get::<Function>(name.as_bytes()).is_ok() }
}

/// Returns the first missing function as the error.
fn has(lookup: impl Fn(&str) -> bool, functions: &[&'static str]) -> Result<(), &'static str> {
    functions.iter().find(|name| !lookup(name)).map_or(Ok(()), |name| Err(name))
}

#[cfg(test)]
mod tests {
    use super::{CUBLAS, DRIVER, DRIVER_12_4, DRIVER_START, NVRTC};
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The driver functions that only cudarc's safe layer calls.
    const BY_CUDARC: &[&str] = &[
        "cuCtxGetCurrent",
        "cuCtxSetCurrent",
        "cuDeviceGet",
        "cuDeviceGetAttribute",
        "cuDeviceGetCount",
        "cuDeviceGetName",
        "cuDevicePrimaryCtxRelease_v2",
        "cuDevicePrimaryCtxRetain",
        "cuEventCreate",
        "cuEventDestroy_v2",
        "cuEventRecord",
        "cuEventSynchronize",
        "cuGetErrorName",
        "cuGetErrorString",
        "cuGraphDestroy",
        "cuGraphExecDestroy",
        "cuGraphInstantiateWithFlags",
        "cuGraphLaunch",
        "cuInit",
        "cuMemAlloc_v2",
        "cuMemFree_v2",
        "cuMemGetInfo_v2",
        "cuModuleGetFunction",
        "cuModuleLoadData",
        "cuModuleUnload",
        "cuStreamBeginCapture_v2",
        "cuStreamCreate",
        "cuStreamDestroy_v2",
        "cuStreamEndCapture",
        "cuStreamSynchronize",
        "cuStreamWaitEvent",
    ];

    /// Collects the CUDA functions that the Rust files of a folder name the way cudarc does: `sys::cuLaunchKernel`.
    fn collect_named(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("the crate's own source") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect_named(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a text");
                for after in text.split("::").skip(1) {
                    let word = after.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
                    if is_function(word) {
                        found.insert(word.into());
                    }
                }
            }
        }
    }

    fn is_function(word: &str) -> bool {
        let starts = |prefix| word.strip_prefix(prefix).is_some_and(|rest: &str| rest.starts_with(char::is_uppercase));
        let of_cuda = starts("cu") || starts("nvrtc") || starts("cublasLt");
        of_cuda && !word.ends_with("_t") && !["nvrtcResult", "nvrtcProgram"].contains(&word)
    }

    #[test]
    fn every_function_that_is_called_is_listed() {
        let mut called: BTreeSet<String> = BY_CUDARC.iter().copied().map(String::from).collect();
        collect_named(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut called);
        let listed = [DRIVER_START, DRIVER, DRIVER_12_4, NVRTC, CUBLAS].concat();
        assert_eq!(called, listed.into_iter().map(String::from).collect());
    }
}
