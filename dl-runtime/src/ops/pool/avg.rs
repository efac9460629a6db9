//! Average pooling on the CPU: a mean is a sum over the rows of a window and then over its columns, and so is its gradient.

use super::sliding::Columns;
use super::{PoolSizes, Windows};
use crate::Cpu;
use crate::device::cpu::simd::simd;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Write;

impl PoolSizes {
    /// Returns the size of window `at` along an axis.
    #[inline(always)]
    fn count(&self, count_include_pad: bool, axis: usize, at: usize) -> usize {
        if count_include_pad { self.counted(axis, at) } else { self.range(axis, at).len() }
    }
    /// Returns the columns of sliding windows.
    pub(super) fn columns(&self) -> Option<Columns> {
        match self.windows {
            Windows::Sliding { kernel, stride, padding } => {
                Some(Columns { kernel: kernel[1], stride: stride[1], padding: padding[1] })
            }
            Windows::Adaptive => None,
        }
    }
    /// Returns the length of a line of the image with its padding.
    fn line(&self) -> usize {
        self.columns().map_or(self.image[1], |columns| columns.line(self))
    }
}

simd! {
    /// Writes one over the number of columns of each window.
    fn shares<S>(s: &PoolSizes, count_include_pad: bool, to: &mut [f32]) {
        to.iter_mut().enumerate().for_each(|(c, to)| *to = 1.0 / s.count(count_include_pad, 1, c) as f32);
    }

    /// Computes the means of one plane. `line` has room for a line of the image.
    fn means<S>(s: &PoolSizes, count_include_pad: bool, shares: &[f32], x: &[f32], y: &mut [f32], line: &mut [f32]) {
        let (width, columns) = (s.image[1], s.columns());
        line.fill(0.0);
        let padding = columns.map_or(0, |columns| columns.padding);
        for (r, y) in y.chunks_exact_mut(s.output[1]).enumerate() {
            let image = &mut line[padding..padding + width];
            let mut rows = x[s.range(0, r).start * width..s.range(0, r).end * width].chunks_exact(width);
            if let Some(first) = rows.next() {
                image.copy_from_slice(first);
            }
            rows.for_each(|row| image.iter_mut().zip(row).for_each(|(sum, x)| *sum += x));
            y.fill(0.0);
            match columns {
                Some(Columns { kernel, stride, .. }) => for tap in 0..kernel {
                    let columns = &line[tap..];
                    match stride {
                        1 => y.iter_mut().zip(columns).for_each(|(sum, x)| *sum += x),
                        2 => y.iter_mut().zip(columns.as_chunks::<2>().0).for_each(|(sum, x)| *sum += x[0]),
                        _ => y.iter_mut().zip(columns.iter().step_by(stride)).for_each(|(sum, x)| *sum += x),
                    }
                }
                None => y.iter_mut().enumerate().for_each(|(c, y)| *y = line[s.range(1, c)].iter().sum()),
            }
            let height = 1.0 / s.count(count_include_pad, 0, r) as f32;
            y.iter_mut().zip(shares).for_each(|(y, share)| *y *= height * share);
        }
    }

    /// Adds the gradient of one plane to `dx`. `scratch` has room for a line of the image and a row of windows.
    fn gradient<S>(s: &PoolSizes, count_include_pad: bool, shares: &[f32], dy: &[f32], dx: &mut [f32], scratch: &mut [f32]) {
        let (width, columns) = (s.image[1], s.columns());
        let (parts, line) = scratch.split_at_mut(s.output[1]);
        let padding = columns.map_or(0, |columns| columns.padding);
        for (r, dy) in dy.chunks_exact(s.output[1]).enumerate() {
            let height = 1.0 / s.count(count_include_pad, 0, r) as f32;
            parts.iter_mut().zip(shares).zip(dy).for_each(|((part, share), dy)| *part = height * share * dy);
            line.fill(0.0);
            match columns {
                Some(Columns { kernel: 2, stride: 2, .. }) => {
                    line.as_chunks_mut::<2>().0.iter_mut().zip(&*parts).for_each(|(to, part)| *to = [*part; 2]);
                }
                Some(Columns { kernel, stride, .. }) => for tap in 0..kernel {
                    let columns = &mut line[tap..];
                    match stride {
                        1 => columns.iter_mut().zip(&*parts).for_each(|(to, part)| *to += part),
                        2 => columns.as_chunks_mut::<2>().0.iter_mut().zip(&*parts).for_each(|(to, part)| to[0] += part),
                        _ => columns.iter_mut().step_by(stride).zip(&*parts).for_each(|(to, part)| *to += part),
                    }
                }
                None => {
                    let to = |(c, part): (usize, &f32)| line[s.range(1, c)].iter_mut().for_each(|to| *to += part);
                    parts.iter().enumerate().for_each(to);
                }
            }
            let image = &line[padding..padding + width];
            for row in dx[s.range(0, r).start * width..s.range(0, r).end * width].chunks_exact_mut(width) {
                row.iter_mut().zip(image).for_each(|(dx, d)| *dx += d);
            }
        }
    }
}

/// `y = mean(window of x)`.
pub(super) fn forward(cpu: &Cpu, s: &PoolSizes, count_include_pad: bool, x: &[f32], y: &mut [f32]) {
    let ((spatial_size, output_size), planes) = (s.spatial_sizes(), s.task());
    let data = (chunks(x, planes * spatial_size), chunks_mut(y, planes * output_size));
    cpu.threads().split_with_scratch(data, s.output[1] + s.line(), &|_, scratch, (x, y)| {
        let (of_columns, line) = scratch.split_at_mut(s.output[1]);
        shares(s, count_include_pad, of_columns);
        for (x, y) in x.chunks_exact(spatial_size).zip(y.chunks_exact_mut(output_size)) {
            means(s, count_include_pad, of_columns, x, y, line);
        }
    });
}

/// `dx = Σ dy/n` over the windows that contain the element, where `n` is the size of the window, or `+=`.
pub(super) fn backward(cpu: &Cpu, s: &PoolSizes, count_include_pad: bool, dy: &[f32], dx: &mut [f32], write: Write) {
    let ((spatial_size, output_size), planes) = (s.spatial_sizes(), s.task());
    let data = (chunks(dy, planes * output_size), chunks_mut(dx, planes * spatial_size));
    cpu.threads().split_with_scratch(data, 2 * s.output[1] + s.line(), &|_, scratch, (dy, dx)| {
        if write == Write::Set {
            dx.fill(0.0);
        }
        let (of_columns, scratch) = scratch.split_at_mut(s.output[1]);
        shares(s, count_include_pad, of_columns);
        for (dy, dx) in dy.chunks_exact(output_size).zip(dx.chunks_exact_mut(spatial_size)) {
            gradient(s, count_include_pad, of_columns, dy, dx, scratch);
        }
    });
}
