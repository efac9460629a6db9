//! Copies images into a layout in which the pixels that one element of the kernel meets in neighbouring windows are
//! contiguous.

use super::Conv2dSizes;
use crate::device::cpu::simd::{Simd, Vector, simd};
use std::ops::Range;

/// The order in which the positions along one axis of an image are stored: in classes, each with every `step`-th
/// position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// The number of positions of the image.
    image: usize,
    /// The position of the image where the first window begins. Positions outside of the image are zeros.
    origin: isize,
    /// The distance between neighbouring positions of a class.
    step: usize,
    /// The number of classes.
    classes: usize,
    /// The number of positions of each class.
    pub len: usize,
    order: Order,
}

/// The rule by which positions form classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// There is a class for each remainder modulo the stride. Elements of the kernel share them.
    Remainders { dilation: usize },
    /// There is a class for each element of the kernel, with the positions that it meets in all windows.
    Taps { dilation: usize },
    /// There is a single class, for the gradient to the input.
    Gradient { before: usize, dilation: usize, stride: usize },
    /// There is a class for each element of the kernel, for the gradient to the input.
    GradientTaps { before: usize, dilation: usize, stride: usize, padding: usize },
}

impl Axis {
    /// Returns the order of a convolution's input, for a range of windows along the axis. With `flat`, each element of
    /// the kernel has a class of its own.
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

    /// Returns the order in which the gradient to the input reads the gradient to the output.
    fn d_output(s: &Conv2dSizes, axis: usize, flat: bool) -> Self {
        let (dilation, stride, kernel, padding) = (s.dilation[axis], s.stride[axis], s.kernel[axis], s.padding[axis]);
        let before = (kernel - 1) * dilation / stride;
        let (classes, len, order) = if flat {
            let order = Order::GradientTaps { before, dilation, stride, padding };
            (kernel, s.image[axis].div_ceil(stride), order)
        } else {
            let image = s.image[axis].next_multiple_of(stride);
            let last = s.output[axis].max((image - 1 + padding) / stride + 1);
            (1, before + last, Order::Gradient { before, dilation, stride })
        };
        Axis { image: s.output[axis], origin: -(before as isize), step: 1, classes, len, order }
    }

    /// Returns the class that an element of the kernel meets, and the position in it that belongs to the first window.
    fn tap(&self, k: usize) -> (usize, usize) {
        match self.order {
            Order::Remainders { dilation } => (k * dilation % self.step, k * dilation / self.step),
            Order::Taps { .. } | Order::GradientTaps { .. } => (k, 0),
            Order::Gradient { before, dilation, stride } => (0, before - k * dilation / stride),
        }
    }

    /// Returns the position in the image of the first element of a class.
    fn start(&self, class: usize) -> isize {
        let from_origin = match self.order {
            Order::Remainders { .. } => class,
            Order::Taps { dilation } => class * dilation,
            Order::Gradient { .. } => 0,
            Order::GradientTaps { before, dilation, stride, padding } => {
                let taps = class * dilation;
                before - taps / stride + padding.saturating_sub(taps % stride).div_ceil(stride)
            }
        };
        self.origin + from_origin as isize
    }

    /// Returns the first and the end of those positions of a class that are inside the image, and the image's position
    /// of the first.
    fn inside(&self, class: usize) -> (usize, usize, usize) {
        let (start, step) = (self.start(class), self.step);
        let until = |end: isize| ((end - start).max(0) as usize).div_ceil(step).min(self.len);
        let (skip, end) = (until(0), until(self.image as isize));
        (skip, end, (start + (skip * step) as isize).clamp(0, self.image as isize) as usize)
    }

    /// Returns `true` if the order is that of the image, without padding.
    fn is_plain(&self) -> bool {
        self.classes == 1 && self.step == 1 && self.start(0) == 0 && self.len == self.image
    }
}

/// The layout of an image's copy, `[column classes, row classes, rows, columns]`.
///
/// If every element of the kernel has a class of columns (`flat`), the pixels that it meets in all windows are
/// contiguous, even across rows, so that registers are full whatever the width. Otherwise only those of one row of
/// windows are contiguous, but the copy is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub rows: Axis,
    pub columns: Axis,
    /// `true` if every element of the kernel has a class of columns.
    pub flat: bool,
}

impl Layout {
    /// Returns the layout of a convolution's padded input, for some rows of windows.
    pub fn input(s: &Conv2dSizes, flat: bool, rows: Range<usize>) -> Self {
        let columns = Axis::input(s, 1, flat, 0..s.output[1]);
        Layout { rows: Axis::input(s, 0, false, rows), columns, flat }
    }
    /// Returns the layout of the gradient to the output, padded with the zeros that the gradient to the input reads.
    pub fn d_output(s: &Conv2dSizes, flat: bool) -> Self {
        Layout { rows: Axis::d_output(s, 0, false), columns: Axis::d_output(s, 1, flat), flat }
    }
    /// Returns `true` if rows of `columns` windows would leave so much of the registers empty that `flat` is faster.
    pub fn wants_flat(s: &Conv2dSizes, columns: usize) -> bool {
        let filled = columns.next_multiple_of(crate::ops::matmul::tile::shape().lanes);
        s.kernel[1] == 1 || 4 * filled > 5 * columns
    }
    /// Returns the size of one channel of the image.
    pub fn image(&self) -> usize {
        self.rows.image * self.columns.image
    }
    /// Returns the size of one channel of the copy.
    pub fn plane(&self) -> usize {
        self.columns.classes * self.rows.classes * self.rows.len * self.columns.len
    }
    /// Returns `true` if the layout is that of the image, so that no copy is needed.
    pub fn is_plain(&self) -> bool {
        self.rows.is_plain() && self.columns.is_plain()
    }
    /// Returns the offset in a channel of the copy at which an element of the kernel reads for the first window.
    pub fn offset(&self, k: usize, l: usize) -> usize {
        let ((row_class, row), (column_class, column)) = (self.rows.tap(k), self.columns.tap(l));
        ((column_class * self.rows.classes + row_class) * self.rows.len + row) * self.columns.len + column
    }
    /// Copies channels of images until `to` is full.
    pub fn fill(&self, from: &[f32], to: &mut [f32]) {
        fill(self, &from[..to.len() / self.plane() * self.image()], to);
    }
}

/// The number of classes whose positions are computed once for all channels.
const TABLE: usize = 16;

simd! {
    /// Copies channels one after the other.
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

/// Copies up to `rows` lines that fit into a register, as [`line`] does, and returns how many. It writes whole
/// registers, so the last lines are left out where those would not fit into `to`.
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
        // SAFETY: the last line begins at least `skip` and a register before the end of `to`, and by the assertion the
        // last line is read inside of `from`.
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

/// Writes one line of `len` numbers: every `step`-th of `from` at `skip..end`, and zeros elsewhere. Up to a register
/// behind the line may be overwritten, because the next line is written later.
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
    // SAFETY: less than a register is written behind the line, for which there is room. Only the line's numbers and
    // those between them are read, and by the assertion the last one is inside of `from`.
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

/// Columns of an image that were computed separately for each remainder modulo the stride.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    /// One part for each remainder, `[channels, rows, columns]`.
    pub parts: &'a [f32],
    /// The size of a part.
    pub part: usize,
    /// The size of a channel in a part.
    pub plane: usize,
    /// The length of a row in a part.
    pub pitch: usize,
}

simd! {
    /// Writes the columns of all parts to every `stride[0]`-th row of an image, from `row` on, or adds them: column
    /// `r + i·stride[1]` is element `i` of part `r`. Channels have `spatial_size` pixels and rows have `width`.
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
