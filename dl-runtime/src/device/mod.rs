//! Devices: the processor ([`Cpu`]) and NVIDIA GPUs ([`Cuda`](https://docs.rs/cudarc)). Each device implements
//! [`Storage`](crate::tensor::Storage) here. Its kernels for an operation are in the folder of that operation under
//! `ops`.

pub mod cpu;
#[cfg(feature = "cuda")]
pub mod cuda;
#[cfg(feature = "onnx")]
pub(crate) mod recorder;

pub use cpu::Cpu;
#[cfg(feature = "cuda")]
pub use cuda::Cuda;
