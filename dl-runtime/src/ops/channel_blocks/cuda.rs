//! CUDA stores no image in blocks of channels.

use super::ChannelBlocksKernel;
use crate::device::cuda::Cuda;

impl ChannelBlocksKernel for Cuda {}
