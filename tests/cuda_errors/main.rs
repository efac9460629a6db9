//! The answers to a program that asks for CUDA where something is missing, old or full: typed errors that tell what to do, never
//! a panic; and it goes on to train on the CPU.
//!
//! Every test starts this program again (`jobs.rs`) as if on another machine (`machine.rs`).
#![cfg(feature = "cuda")]

mod cache;
mod jobs;
mod machine;

use machine::{ALL, CUBLAS, DRIVER, Machine, NVRTC};

const NO: &str = "NoDevice: no CUDA device 0 here: ";
const INSTALL_DRIVER: &str =
    "install the NVIDIA driver, or start the container with the GPUs (`docker run --gpus all`)";
const NVRTC_NAME: &str = "CUDA's run-time compiler NVRTC (libnvrtc)";
const INSTALL_NVRTC: &str = "install the CUDA toolkit 12, or the Python package nvidia-cuda-nvrtc-cu12 and put the folder \
                             of its libnvrtc.so.12 (site-packages/nvidia/cuda_nvrtc/lib) into LD_LIBRARY_PATH";
const CUBLAS_NAME: &str = "CUDA's matrix library cuBLASLt (libcublasLt)";
const INSTALL_CUBLAS: &str = "install the CUDA toolkit 12, or the Python package nvidia-cublas-cu12 and put the folder of \
                              its libcublasLt.so.12 (site-packages/nvidia/cublas/lib) into LD_LIBRARY_PATH";
const LEARNED: &str = "learned on the CPU";

/// Does `job` on a machine, if there can be one: it says `lines`, then trains on the CPU.
#[track_caller]
fn expect(machine: Option<Machine>, job: &str, lines: &[&str]) {
    if let Some(found) = machine.and_then(|machine| machine.says(job)) {
        assert_eq!(found, [lines, &[LEARNED]].concat());
    }
}

/// All libraries, and a variable of the environment.
fn machine(name: &'static str, value: &str) -> Option<Machine> {
    Some(Machine::with(&ALL)?.set(name, value))
}

#[test]
fn with_all_libraries() {
    expect(Machine::with(&ALL), "open", &["CUDA device 0 (emulated), F32"]);
}

#[test]
fn without_libraries() {
    let driver = format!("{NO}the CUDA driver (libcuda) was not found; {INSTALL_DRIVER}");
    expect(Machine::with(&[]), "open", &[&driver]);
    let nvrtc = format!("{NO}{NVRTC_NAME} was not found; {INSTALL_NVRTC}");
    expect(Machine::with(&[DRIVER]), "open", &[&nvrtc]);
    expect(Machine::with(&[DRIVER, CUBLAS]), "open", &[&nvrtc]);
    let cublas = format!("{NO}{CUBLAS_NAME} was not found; {INSTALL_CUBLAS}");
    expect(Machine::with(&[DRIVER, NVRTC]), "open", &[&cublas]);
}

#[test]
fn without_a_function() {
    let without = |library, function| Some(Machine::with(&ALL)?.without(library, function));
    let driver = format!("{NO}the CUDA driver (libcuda) lacks cuInit; reinstall the NVIDIA driver");
    expect(without(DRIVER, "cuInit"), "open", &[&driver]);
    let driver = format!(
        "{NO}the CUDA driver (libcuda) says that it is for CUDA 13.0, but lacks cuGraphExecKernelNodeSetParams_v2; \
         install driver 545 or newer, which is for CUDA 12.3"
    );
    expect(without(DRIVER, "cuGraphExecKernelNodeSetParams_v2"), "open", &[&driver]);
    let nvrtc = format!("{NO}{NVRTC_NAME} is too old or damaged: it lacks nvrtcGetSupportedArchs; {INSTALL_NVRTC}");
    expect(without(NVRTC, "nvrtcGetSupportedArchs"), "open", &[&nvrtc]);
    let cublas = format!("{NO}{CUBLAS_NAME} is too old or damaged: it lacks cublasLtMatmul; {INSTALL_CUBLAS}");
    expect(without(CUBLAS, "cublasLtMatmul"), "open", &[&cublas]);
}

#[test]
fn a_function_that_is_not_called_is_not_missed() {
    let Some(machine) = Machine::with(&ALL) else { return };
    let machine = machine.without(DRIVER, "cuFuncGetParamInfo").set("DL_EMULATION_VERSION", 12_030);
    let machine = machine.set("DL_EMULATION_NVRTC", 12_990).set("DL_EMULATION_CUBLASLT", 12_000);
    expect(Some(machine), "predict", &["predicts as on the CPU", "predicts as on the CPU"]);
}

#[test]
fn a_driver_that_is_too_old() {
    let old =
        "the NVIDIA driver is for CUDA 12.2, which is too old; install driver 545 or newer, which is for CUDA 12.3";
    expect(machine("DL_EMULATION_VERSION", "12020"), "open", &[&format!("{NO}{old}")]);
}

#[test]
fn a_driver_that_does_not_start() {
    let stub = "the libcuda that was found is the CUDA toolkit's stub, which is only for linking; take its folder (stubs) out of \
                LD_LIBRARY_PATH, and install the NVIDIA driver";
    expect(machine("DL_EMULATION_START", "34"), "open", &[&format!("{NO}{stub}")]);
    let other = "the CUDA driver does not start: initialization error (CUDA_ERROR_NOT_INITIALIZED)";
    expect(machine("DL_EMULATION_START", "3"), "open", &[&format!("{NO}{other}")]);
    let unknown = "the CUDA driver does not start: CUDA_ERROR_SYSTEM_NOT_READY";
    expect(machine("DL_EMULATION_START", "802"), "open", &[&format!("{NO}{unknown}")]);
}

#[test]
fn libraries_that_do_not_fit_the_driver() {
    let is = |name, is, install| format!("{NO}{name} comes from CUDA {is}, which is too old; {install}");
    expect(machine("DL_EMULATION_NVRTC", "11080"), "open", &[&is(NVRTC_NAME, "11.8", INSTALL_NVRTC)]);
    expect(machine("DL_EMULATION_CUBLASLT", "11080"), "open", &[&is(CUBLAS_NAME, "11.8", INSTALL_CUBLAS)]);
    let newer = |name: &str, is: &str, install: &str| {
        let or = install.strip_prefix("install ").unwrap();
        format!(
            "{NO}{name} comes from CUDA {is}, too new for the NVIDIA driver, which is for CUDA 12.8; \
             install a driver for CUDA 13.0 or newer, or {or}"
        )
    };
    let old_driver = || machine("DL_EMULATION_VERSION", "12080");
    expect(old_driver(), "open", &[&newer(NVRTC_NAME, "13.99", INSTALL_NVRTC)]);
    let old_nvrtc = || old_driver().map(|machine| machine.set("DL_EMULATION_NVRTC", "12990"));
    expect(old_nvrtc(), "open", &[&newer(CUBLAS_NAME, "13.0", INSTALL_CUBLAS)]);
    let both = old_nvrtc().map(|machine| machine.set("DL_EMULATION_CUBLASLT", "12090"));
    expect(both, "open", &["CUDA device 0 (emulated), F32"]);
}

#[test]
fn cards_that_are_not_there() {
    expect(machine("DL_EMULATION_GPUS", "0"), "open", &[&format!("{NO}the driver finds no NVIDIA GPU")]);
    let no = "NoDevice: no CUDA device 3 here: the driver finds";
    expect(Machine::with(&ALL), "open the fourth", &[&format!("{no} one GPU, number 0")]);
    let two = || machine("DL_EMULATION_GPUS", "2");
    expect(two(), "open the fourth", &[&format!("{no} 2 GPUs, numbers 0 to 1")]);
    let hidden = two().map(|machine| machine.set("CUDA_VISIBLE_DEVICES", "4,5"));
    let why = format!("{no} 2 GPUs, numbers 0 to 1 (CUDA_VISIBLE_DEVICES is `4,5`)");
    expect(hidden, "open the fourth", &[&why]);
}

#[test]
fn a_card_that_is_too_old() {
    let old = "emulated has compute capability 7.5; 8.0 (Ampere) or newer is needed";
    expect(machine("DL_EMULATION_CAPABILITY", "75"), "open", &[&format!("{NO}{old}")]);
}

#[test]
fn a_full_card() {
    let full = |asked: &str, free: usize| {
        let total = 4 << 20;
        format!(
            "DeviceMemory: CUDA device 0 (emulated): out of memory: {asked}{free} of {total} bytes are free; \
             a smaller batch needs less"
        )
    };
    const WEIGHTS: usize = 4 * (256 * 200 + 200 + 200 * 16 + 16);
    // Weights, gradients, and two bits for each that say what the optimizer may do.
    let training = full("80000000 bytes were asked for, ", (4 << 20) - 2 * WEIGHTS - 4 * (WEIGHTS / 4).div_ceil(16));
    let session = full("102400000 bytes were asked for, ", (4 << 20) - WEIGHTS);
    // Input (twice: it passes through memory of its own), hidden layer and output of 700 samples.
    let temporary = (4 << 20) - WEIGHTS - 4 * 700 * (2 * 256 + 200 + 16);
    let lines = [
        &training,
        &session,
        &training,
        &session,
        &full("16777216 bytes were asked for, ", temporary),
        "predicts as on the CPU",
        "a loss",
        "gradients",
        "trains as on the CPU",
    ];
    expect(machine("DL_EMULATION_MEMORY", "4194304"), "fill the GPU", &lines);
    // Room for the session, but not for the code of kernels.
    let code = "DeviceMemory: CUDA device 0 (emulated): out of memory: 53984 of 280000 bytes are free; a smaller batch needs less";
    expect(machine("DL_EMULATION_MEMORY", "280000"), "predict", &[code, code]);
}

#[test]
fn kernels_that_do_not_compile() {
    let refused = |file| {
        format!(
            "DeviceFailed: the device failed while compiling {file} with NVRTC: \
             {file}(1): error: refused, as DL_EMULATION_REFUSES has it"
        )
    };
    let matmul = refused("matmul.cu");
    expect(machine("DL_EMULATION_REFUSES", "matmul.cu"), "predict", &[&matmul, &matmul]);
    expect(machine("DL_EMULATION_REFUSES", "matmul.cu"), "load", &[&matmul]);
}
