//! The devices that tests run on: the CPU, and with the feature `cuda` a GPU, or its emulation where there is none.
#![allow(dead_code, unused_macros, unused_imports, reason = "every test file uses a part of it")]

/// Runs an expression with the name standing for each device in turn. It wants `devices` in scope.
macro_rules! on_devices {
    (|$device:ident| $body:expr) => {{
        {
            let $device = dl::Cpu::new();
            $body;
        }
        #[cfg(feature = "cuda")]
        if let Some($device) = devices::cuda() {
            $body;
        }
        #[cfg(not(feature = "cuda"))]
        devices::no_others();
    }};
}
pub(crate) use on_devices;

/// There is only the CPU.
#[cfg(not(feature = "cuda"))]
pub fn no_others() {}

/// One GPU for all tests of a file; none where it cannot be emulated either.
#[cfg(feature = "cuda")]
pub fn cuda() -> Option<dl::Cuda> {
    static CUDA: std::sync::OnceLock<Option<dl::Cuda>> = std::sync::OnceLock::new();
    CUDA.get_or_init(|| match dl_emulation::install() {
        dl_emulation::Status::Missing(why) => {
            eprintln!("SKIP: nothing is tested on CUDA: {why}");
            None
        }
        _ => Some(dl::Cuda::new(0).expect("a GPU or its emulation")),
    })
    .clone()
}
