//! Copies of images in blocks of channels, with the zeros around them, in which the pixels that neighbouring windows meet lie next to each
//! other.

use super::{BLOCK, Conv2dSizes};
use crate::device::cpu::simd::simd;
use std::ops::Range;

/// One axis of a copy. Its positions are sorted by their remainder by a step, so that windows never stride.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
    /// The number of positions of the image.
    image: usize,
    /// The place in the image where the first window begins.
    origin: isize,
    /// The distance between windows.
    stride: usize,
    /// The distance between elements of the kernel.
    dilation: usize,
    /// The number of remainders: the stride, or the length of a window if that is shorter.
    classes: usize,
    /// The number of positions with the same remainder.
    len: usize,
}

impl Axis {
    /// Returns the order for some windows along an axis.
    fn new(s: &Conv2dSizes, axis: usize, windows: Range<usize>) -> Self {
        let (stride, dilation) = (s.stride[axis], s.dilation[axis]);
        let extent = (s.kernel[axis] - 1) * dilation + 1;
        let classes = stride.min(extent);
        let len = windows.len() + (extent - 1) / classes;
        let origin = (windows.start * stride) as isize - s.padding[axis] as isize;
        Axis { image: s.image[axis], origin, stride, dilation, classes, len }
    }
    /// Returns the remainder and the position that an element of the kernel meets in the first window.
    fn tap(&self, k: usize) -> [usize; 2] {
        let at = k * self.dilation;
        [at % self.classes, at / self.classes]
    }
    /// Returns the first position of a class that is in the image, the end of those, and the place of the first in the image.
    fn inside(&self, class: usize) -> [usize; 3] {
        let start = self.origin + class as isize;
        let until = |end: isize| ((end - start).max(0) as usize).div_ceil(self.stride).min(self.len);
        let (skip, end) = (until(0), until(self.image as isize));
        [skip, end, (start + (skip * self.stride) as isize).max(0) as usize]
    }
    fn is_plain(&self) -> bool {
        self.stride == 1 && self.origin == 0 && self.len == self.image
    }
}

/// The layout of a copy: `[row classes, rows, column classes, columns]` pixels for each block of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    rows: Axis,
    columns: Axis,
}

impl Copy {
    /// Returns the layout for some rows of windows.
    pub fn new(s: &Conv2dSizes, rows: Range<usize>) -> Self {
        Copy { rows: Axis::new(s, 0, rows), columns: Axis::new(s, 1, 0..s.output[1]) }
    }
    /// Returns `true` if the copy would be the image.
    pub fn is_plain(&self) -> bool {
        self.rows.is_plain() && self.columns.is_plain()
    }
    /// Returns the distance between rows of windows.
    pub fn row(&self) -> usize {
        self.columns.classes * self.columns.len * BLOCK
    }
    /// Returns the size of a block of channels.
    pub fn plane(&self) -> usize {
        self.rows.classes * self.rows.len * self.row()
    }
    /// Returns the distance from the first window to what an element of the kernel meets of it.
    pub fn tap(&self, k: usize, l: usize) -> usize {
        let ([row_class, row], [column_class, column]) = (self.rows.tap(k), self.columns.tap(l));
        (row_class * self.rows.len + row) * self.row() + (column_class * self.columns.len + column) * BLOCK
    }
    /// Copies a block of channels, or up to [`BLOCK`] channels of an image without blocks.
    pub fn fill(&self, from: &[f32], from_blocks: bool, to: &mut [f32]) {
        fill_rows(self, from, from_blocks, 0, to);
    }
    /// Copies the rows that belong into `to`, which begins with the row of this number of the copy.
    pub fn fill_rows(&self, from: &[f32], from_blocks: bool, first: usize, to: &mut [f32]) {
        fill_rows(self, from, from_blocks, first, to);
    }
}

simd! {
    fn fill_rows<S>(copy: &Copy, from: &[f32], from_blocks: bool, first: usize, to: &mut [f32]) {
        let (rows, columns) = (&copy.rows, &copy.columns);
        let (width, line) = (columns.image, columns.len * BLOCK);
        let mut of_class = (usize::MAX, [0; 3]);
        for (number, to) in to.chunks_exact_mut(copy.row()).enumerate() {
            let (row_class, i) = ((first + number) / rows.len, (first + number) % rows.len);
            if of_class.0 != row_class {
                of_class = (row_class, rows.inside(row_class));
            }
            let [above, below, first_row] = of_class.1;
            if !(above..below).contains(&i) {
                to.fill(0.0);
                continue;
            }
            let image_row = first_row + (i - above) * rows.stride;
            for (class, to) in to.chunks_exact_mut(line).enumerate() {
                let [skip, end, first] = columns.inside(class);
                let (pixels, _) = to.as_chunks_mut::<BLOCK>();
                pixels[..skip].fill([0.0; BLOCK]);
                pixels[end..].fill([0.0; BLOCK]);
                let pixels = &mut pixels[skip..end];
                if !from_blocks {
                    for (channel, plane) in from.chunks_exact(rows.image * width).enumerate() {
                        let line = plane[image_row * width..][..width].iter().skip(first).step_by(columns.stride);
                        pixels.iter_mut().zip(line).for_each(|(to, x)| to[channel] = *x);
                    }
                    continue;
                }
                let (line, _) = from[image_row * width * BLOCK..][..width * BLOCK].as_chunks::<BLOCK>();
                if columns.stride == 1 {
                    pixels.copy_from_slice(&line[first..][..end - skip]);
                } else {
                    let line = line.iter().skip(first).step_by(columns.stride);
                    pixels.iter_mut().zip(line).for_each(|(to, x)| *to = *x);
                }
            }
        }
    }
}
