//! The shapes of images and sequences that operations over windows take. A sequence is an image with one row.

use crate::Pod;

/// A sample of channels of equal size: `[[[f32; W]; H]; C]`; `[[f32; L]; C]` with height 1; or `[f32; C]` with height
/// and width 1.
pub trait Image: Pod<Element = f32> {
    /// The number of channels.
    const CHANNELS: usize;
    /// The height and width of a channel.
    const SIZE: [usize; 2];
}

impl<const C: usize, const H: usize, const W: usize> Image for [[[f32; W]; H]; C] {
    const CHANNELS: usize = C;
    const SIZE: [usize; 2] = [H, W];
}

impl<const C: usize, const L: usize> Image for [[f32; L]; C] {
    const CHANNELS: usize = C;
    const SIZE: [usize; 2] = [1, L];
}

impl<const C: usize> Image for [f32; C] {
    const CHANNELS: usize = C;
    const SIZE: [usize; 2] = [1, 1];
}
