//! Devices: the processor ([`Cpu`]) and NVIDIA GPUs ([`Cuda`](https://docs.rs/cudarc)). Each implements
//! [`Storage`](crate::tensor::Storage) here, and the kernel of every operation in the room of that operation.

pub mod cpu;
#[cfg(feature = "cuda")]
pub mod cuda;

pub use cpu::Cpu;
#[cfg(feature = "cuda")]
pub use cuda::Cuda;
