//! Shapes of images and sequences, which are images of one row: what operations over windows take.

use crate::Pod;

/// A sample of channels of equal size: `[[[f32; W]; H]; C]`; `[[f32; L]; C]`, whose height is 1; or `[f32; C]`, a number each.
pub trait Image: Pod<Element = f32> {
    /// Number of channels.
    const CHANNELS: usize;
    /// Height and width.
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
