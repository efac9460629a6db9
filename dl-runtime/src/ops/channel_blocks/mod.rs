//! Images in blocks of eight channels, `[C/8, H, W, 8]` instead of `[C, H, W]` (oneDNN's `nChw8c`), in which inference stores
//! the images between convolutions: a register then holds one pixel of eight channels. The operation here converts images
//! between both layouts.
//!
//! The layout is a matter of the device. The CPU stores blocks; CUDA and the recorder of ONNX graphs store an image that is
//! marked with [`ChannelBlocks`] as any other one, and so do their kernels for it.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(feature = "onnx")]
mod onnx;
#[cfg(test)]
mod tests;

pub(in crate::ops) use cpu::{Also, pack_blocks, unpack_blocks, unpack_blocks_and};

use crate::ops::{Device, Image};
use crate::tensor::Storage;
use crate::{Context, Pod, View, ViewMut};

/// The number of channels of a block.
pub const BLOCK: usize = 8;

/// Marks an image `T` in blocks of channels. The number of its channels is a multiple of [`BLOCK`].
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct ChannelBlocks<T>(T);

// SAFETY: the type has the memory of `T`.
unsafe impl<T: Image> Pod for ChannelBlocks<T> {
    type Element = f32;
}

/// An image in either layout. Operations that take any [`Image`] know nothing of blocks.
pub trait AnyImage: Pod<Element = f32> {
    /// The number of channels.
    const CHANNELS: usize;
    /// The height and width of a channel.
    const SIZE: [usize; 2];
    /// `true` if it is in blocks of channels.
    const BLOCKED: bool;
}

impl<T: Image> AnyImage for T {
    const CHANNELS: usize = <T as Image>::CHANNELS;
    const SIZE: [usize; 2] = <T as Image>::SIZE;
    const BLOCKED: bool = false;
}

impl<T: Image> AnyImage for ChannelBlocks<T> {
    const CHANNELS: usize = {
        assert!(T::CHANNELS.is_multiple_of(BLOCK), "blocks of eight channels");
        T::CHANNELS
    };
    const SIZE: [usize; 2] = T::SIZE;
    const BLOCKED: bool = true;
}

/// The conversion of an image to the layout of the output. It has no settings.
#[derive(Clone, Copy, Debug)]
pub struct ChannelBlocksOp;

/// The kernels that convert images of `channels` times `pixels`. Without blocks on a device, they are copies.
pub trait ChannelBlocksKernel: Storage {
    /// Writes the images `x` to `y` in blocks of channels.
    fn pack_channels(&self, _image: [usize; 2], x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>) {
        self.copy(x, y);
    }
    /// Writes the images `x`, which are in blocks of channels, to `y` channel by channel.
    fn unpack_channels(&self, _image: [usize; 2], x: Self::Ref<'_, f32>, y: Self::Mut<'_, f32>) {
        self.copy(x, y);
    }
}

impl ChannelBlocksOp {
    /// Writes `input` to `output`, which has the same sizes, in its layout.
    pub fn forward<D: Device, X: AnyImage, Y: AnyImage>(
        self,
        context: &Context<D>,
        input: View<D, X>,
        output: ViewMut<D, Y>,
    ) {
        assert!(X::CHANNELS == Y::CHANNELS && X::SIZE == Y::SIZE, "sizes of a conversion to blocks of channels");
        let (image, x, y) = ([X::CHANNELS, X::SIZE[0] * X::SIZE[1]], input.data(), output.into_data());
        match (X::BLOCKED, Y::BLOCKED) {
            (false, true) => context.device.pack_channels(image, x, y),
            (true, false) => context.device.unpack_channels(image, x, y),
            _ => context.device.copy(x, y),
        }
    }
}
