//! Upsampling on CUDA.

use super::{Mode, UpsampleKernel, UpsampleSizes};
use crate::device::cuda::{Cuda, Mut, Ref, arguments, kernels};
use crate::ops::axes::cuda::{Rows, word};
use crate::tensor::Write;

kernels!(
    "upsample.cu" with [crate::ops::axes::cuda::HEADER]:
    upsample_forward(rows, high, wide, x, y) for [upsample_nearest, upsample_bilinear],
    upsample_backward(rows, high, wide, dy, dx, add) for [upsample_nearest_backward, upsample_bilinear_backward],
);

arguments! {
    /// `Side` of `upsample.cu`.
    struct Side { image: u32, factor: u32, align_corners: u32 }
}

/// Returns the vertical and the horizontal axis.
fn sides(mode: Mode, s: &UpsampleSizes) -> [Side; 2] {
    let align_corners = u32::from(mode == Mode::Bilinear { align_corners: true });
    let side = |axis: usize| Side { image: word(s.image[axis]), factor: word(s.factor[axis]), align_corners };
    [side(0), side(1)]
}

impl UpsampleKernel for Cuda {
    fn upsample_forward(&self, mode: Mode, s: &UpsampleSizes, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let ([high, wide], width) = (sides(mode, s), s.image[1] * s.factor[1]);
        let rows = Rows::new(s.planes * s.image[0] * s.factor[0], width, width);
        let kernel = match mode {
            Mode::Nearest => &upsample_nearest,
            Mode::Bilinear { .. } => &upsample_bilinear,
        };
        self.launch(rows.grid(), upsample_forward { kernel, rows, high, wide, x, y });
    }
    fn upsample_backward(&self, mode: Mode, s: &UpsampleSizes, dy: Ref<'_, f32>, dx: Mut<'_, f32>, write: Write) {
        let ([high, wide], width) = (sides(mode, s), s.image[1]);
        let rows = Rows::new(s.planes * s.image[0], width, width);
        let kernel = match mode {
            Mode::Nearest => &upsample_nearest_backward,
            Mode::Bilinear { .. } => &upsample_bilinear_backward,
        };
        self.launch(rows.grid(), upsample_backward { kernel, rows, high, wide, dy, dx, add: write });
    }
}
