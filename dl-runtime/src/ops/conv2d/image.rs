//! Images as convolutions read them: copied so that what one element of the kernel meets lies side by side.

use super::Conv2dSizes;
use crate::device::cpu::simd::{Simd, Vector, simd};
use std::ops::Range;

/// How the positions along one axis of an image are sorted: in classes, each of positions `step` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// Positions of the image.
    image: usize,
    /// The position of the image where the window begins; zeros are outside.
    origin: isize,
    /// From one position of a class to the next.
    step: usize,
    classes: usize,
    /// Positions of each class.
    pub len: usize,
    order: Order,
}

/// Which classes there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// One for each remainder by the stride; the elements of the kernel share them.
    Remainders { dilation: usize },
    /// One for each element of the kernel: what it meets in every window.
    Taps { dilation: usize },
    /// A single one, for the gradient to the input.
    Back { before: usize, dilation: usize, stride: usize },
    /// One for each element of the kernel, for the gradient to the input.
    BackTaps { before: usize, dilation: usize, stride: usize, padding: usize },
}

impl Axis {
    /// The input, for windows `windows` along the axis; `flat` gives each element of the kernel a class.
    fn input(s: &Conv2dSizes, axis: usize, flat: bool, windows: Range<usize>) -> Self {
        let (dilation, stride, kernel) = (s.dilation[axis], s.stride[axis], s.kernel[axis]);
        let origin = (windows.start * stride) as isize - s.padding[axis] as isize;
        let farthest = (kernel - 1) * dilation;
        let (classes, len, order) = if flat {
            (kernel, windows.len(), Order::Taps { dilation })
        } else {
            (stride.min(farthest + 1), windows.len() + farthest / stride, Order::Remainders { dilation })
        };
        Axis { image: s.image[axis], origin, step: stride, classes, len, order }
    }

    /// The gradient to the output, as the gradient to the input reads it.
    fn d_output(s: &Conv2dSizes, axis: usize, flat: bool) -> Self {
        let (dilation, stride, kernel, padding) = (s.dilation[axis], s.stride[axis], s.kernel[axis], s.padding[axis]);
        let before = (kernel - 1) * dilation / stride;
        let (classes, len, order) = if flat {
            let order = Order::BackTaps { before, dilation, stride, padding };
            (kernel, s.image[axis].div_ceil(stride), order)
        } else {
            let image = s.image[axis].next_multiple_of(stride);
            let last = s.output[axis].max((image - 1 + padding) / stride + 1);
            (1, before + last, Order::Back { before, dilation, stride })
        };
        Axis { image: s.output[axis], origin: -(before as isize), step: 1, classes, len, order }
    }

    /// The class that an element of the kernel meets, and where in it the first window begins.
    fn tap(&self, k: usize) -> (usize, usize) {
        match self.order {
            Order::Remainders { dilation } => (k * dilation % self.step, k * dilation / self.step),
            Order::Taps { .. } | Order::BackTaps { .. } => (k, 0),
            Order::Back { before, dilation, stride } => (0, before - k * dilation / stride),
        }
    }

    /// The position of the image that is the first of a class.
    fn start(&self, class: usize) -> isize {
        let from_origin = match self.order {
            Order::Remainders { .. } => class,
            Order::Taps { dilation } => class * dilation,
            Order::Back { .. } => 0,
            Order::BackTaps { before, dilation, stride, padding } => {
                let taps = class * dilation;
                before - taps / stride + padding.saturating_sub(taps % stride).div_ceil(stride)
            }
        };
        self.origin + from_origin as isize
    }

    /// Which positions of a class are in the image (the first, and the end), and where there the first one is.
    fn inside(&self, class: usize) -> (usize, usize, usize) {
        let (start, step) = (self.start(class), self.step);
        let until = |end: isize| ((end - start).max(0) as usize).div_ceil(step).min(self.len);
        let (skip, end) = (until(0), until(self.image as isize));
        (skip, end, (start + (skip * step) as isize).clamp(0, self.image as isize) as usize)
    }

    /// Whether this is the axis as it is.
    fn is_plain(&self) -> bool {
        self.classes == 1 && self.step == 1 && self.start(0) == 0 && self.len == self.image
    }
}

/// How an image lies in memory: for each class of columns, for each class of rows, rows of columns.
///
/// With one class of columns for every element of the kernel (`flat`) all windows that it meets are contiguous, over
/// the ends of rows: registers are full whatever the width. Otherwise those of one row are, and the copy is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub rows: Axis,
    pub columns: Axis,
    /// See [`Layout`].
    pub flat: bool,
}

impl Layout {
    /// The padded input of a convolution, for some rows of windows.
    pub fn input(s: &Conv2dSizes, flat: bool, rows: Range<usize>) -> Self {
        let columns = Axis::input(s, 1, flat, 0..s.output[1]);
        Layout { rows: Axis::input(s, 0, false, rows), columns, flat }
    }
    /// The gradient to the output, with as many zeros around as the gradient to the input looks at.
    pub fn d_output(s: &Conv2dSizes, flat: bool) -> Self {
        Layout { rows: Axis::d_output(s, 0, false), columns: Axis::d_output(s, 1, flat), flat }
    }
    /// Whether rows of `columns` windows leave so much of their registers empty that `flat` is faster.
    pub fn wants_flat(s: &Conv2dSizes, columns: usize) -> bool {
        let filled = columns.next_multiple_of(crate::ops::matmul::tile::shape().lanes);
        s.kernel[1] == 1 || 4 * filled > 5 * columns
    }
    /// Floats of one channel of the image as it was.
    pub fn image(&self) -> usize {
        self.rows.image * self.columns.image
    }
    /// Floats of one channel.
    pub fn plane(&self) -> usize {
        self.columns.classes * self.rows.classes * self.rows.len * self.columns.len
    }
    /// Whether this is the image as it is.
    pub fn is_plain(&self) -> bool {
        self.rows.is_plain() && self.columns.is_plain()
    }
    /// Where in a channel an element of the kernel meets the first window.
    pub fn place(&self, k: usize, l: usize) -> usize {
        let ((row_class, row), (column_class, column)) = (self.rows.tap(k), self.columns.tap(l));
        ((column_class * self.rows.classes + row_class) * self.rows.len + row) * self.columns.len + column
    }
    /// Copies images, as many as there is room for.
    pub fn fill(&self, from: &[f32], to: &mut [f32]) {
        fill(self, &from[..to.len() / self.plane() * self.image()], to);
    }
}

/// Classes whose lines are computed once for all images.
const TABLE: usize = 16;

simd! {
    /// Copies images one after the other.
    fn fill<S>(layout: &Layout, from: &[f32], to: &mut [f32]) {
        let Layout { rows, columns, .. } = layout;
        let (width, len) = (columns.image, columns.len);
        let mut table = [[(0, 0, 0); TABLE]; 2];
        for (axis, table) in [rows, columns].into_iter().zip(&mut table) {
            for (class, entry) in table.iter_mut().enumerate().take(axis.classes) {
                *entry = axis.inside(class);
            }
        }
        let mut done = 0;
        for image in 0..from.len() / layout.image() {
            for column_class in 0..columns.classes {
                let known = table[1].get(column_class).copied();
                let (skip, end, first) = known.unwrap_or_else(|| columns.inside(column_class));
                for row_class in 0..rows.classes {
                    let known = table[0].get(row_class).copied();
                    let (above, below, first_row) = known.unwrap_or_else(|| rows.inside(row_class));
                    to[done..done + above * len].fill(0.0);
                    done += above * len;
                    let mut start = image * layout.image() + first_row * width + first;
                    let from_row = rows.step * width;
                    let short = short_lines::<S>(
                        &from[start..],
                        [from_row, columns.step],
                        &mut to[done..],
                        below - above,
                        [skip, end, len],
                    );
                    start += short * from_row;
                    done += short * len;
                    for _ in above + short..below {
                        line::<S>(&from[start..], columns.step, &mut to[done..], [skip, end, len]);
                        start += from_row;
                        done += len;
                    }
                    to[done..done + (rows.len - below) * len].fill(0.0);
                    done += (rows.len - below) * len;
                }
            }
        }
    }
}

/// Copies lines that fit a register, as [`line`] does: as many of `rows` as there is room behind for, and says how many.
#[inline(always)]
fn short_lines<S: Simd>(
    from: &[f32],
    [from_row, step]: [usize; 2],
    to: &mut [f32],
    rows: usize,
    [skip, end, len]: [usize; 3],
) -> usize {
    let (lanes, count) = (S::F32::LANES, end - skip);
    if step > 2 || skip > lanes || len - skip > lanes || count == 0 || to.len() < skip + lanes {
        return 0;
    }
    let rows = rows.min((to.len() - skip - lanes) / len + 1);
    let read = (count - 1) * step + 1;
    assert!(rows == 0 || (rows - 1) * from_row + read <= from.len(), "an image has all its rows");
    let (low, high) = (read.min(lanes), read.saturating_sub(lanes));
    let (mut from, mut to) = (from.as_ptr(), to.as_mut_ptr());
    for _ in 0..rows {
        // SAFETY: the last line begins `skip` and a register before the end of `to`, and the last that is read is in `from`.
        unsafe {
            if skip > 0 {
                S::F32::splat(0.0).store(to);
            }
            let x = S::F32::load_first(from, low);
            let x = if step == 2 { x.evens(S::F32::load_first(from.wrapping_add(lanes), high)) } else { x };
            x.store(to.add(skip));
        }
        (from, to) = (from.wrapping_add(from_row), to.wrapping_add(len));
    }
    rows
}

/// Copies one line of `len` numbers: those from `skip` to `end` are every `step`-th of `from`, the others zeros. What is
/// behind the line may be overwritten: it is yet to come.
#[inline(always)]
fn line<S: Simd>(from: &[f32], step: usize, to: &mut [f32], [skip, end, len]: [usize; 3]) {
    let lanes = S::F32::LANES;
    let count = end - skip;
    if step > 2 || skip.max(len) + lanes > to.len() {
        to[..len].fill(0.0);
        to[skip..end].iter_mut().zip(from.iter().step_by(step)).for_each(|(to, x)| *to = *x);
        return;
    }
    assert!(count == 0 || (count - 1) * step < from.len(), "an image has all its rows");
    // SAFETY: less than a register is written behind the line, for which there is room; of `from`, which has the last
    // number, only those of the line and what is between them are read.
    unsafe {
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        let mut i = 0;
        while i < skip {
            S::F32::splat(0.0).store(to.add(i));
            i += lanes;
        }
        let mut i = 0;
        while i < len - skip {
            let left = count.saturating_sub(i);
            let x = if step == 1 {
                S::F32::load_first(from.wrapping_add(i), left.min(lanes))
            } else {
                let (from, left) = (from.wrapping_add(2 * i), (2 * left).saturating_sub(1));
                let low = S::F32::load_first(from, left.min(lanes));
                low.evens(S::F32::load_first(from.wrapping_add(lanes), left.saturating_sub(lanes).min(lanes)))
            };
            x.store(to.add(skip + i));
            i += lanes;
        }
    }
}

/// Columns of an image that were computed apart, by their remainder by the stride.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    /// One part for each remainder: every channel's rows.
    pub parts: &'a [f32],
    /// Floats of a part.
    pub part: usize,
    /// Floats of a channel in a part.
    pub plane: usize,
    /// Floats of a row in a part.
    pub pitch: usize,
}

simd! {
    /// Brings columns together: channels of `spatial_size` floats, rows of `width`, of which every `stride[0]`-th from `row` on is
    /// replaced or added to; its column `start + i·stride[1]` is number i of part `start`.
    pub(super) fn interleave<S>(from: Parts, to: &mut [f32], spatial_size: usize, width: usize, row: usize, stride: [usize; 2], add: bool) {
        let Parts { parts, part, plane, pitch } = from;
        for (channel, to) in to.chunks_exact_mut(spatial_size).enumerate() {
            for (i, to) in to.chunks_exact_mut(width).skip(row).step_by(stride[0]).enumerate() {
                let parts = &parts[channel * plane + i * pitch..];
                let mut done = 0;
                if stride[1] == 2 {
                    let (even, odd) = (&parts[..pitch], &parts[part..][..pitch]);
                    for ((to, even), odd) in to.as_chunks_mut::<2>().0.iter_mut().zip(even).zip(odd) {
                        *to = if add { [to[0] + even, to[1] + odd] } else { [*even, *odd] };
                    }
                    done = width - width % 2;
                }
                for (column, to) in to.iter_mut().enumerate().skip(done) {
                    let x = parts[column % stride[1] * part + column / stride[1]];
                    *to = if add { *to + x } else { x };
                }
            }
        }
    }
}
