//! Pooling on CUDA.

use super::{PoolKernel, PoolSizes, Windows};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, ThreadGroup, arguments, kernels};
use crate::tensor::Storage;
use crate::tensor::Write;

kernels!(
    "pool.cu" with [
        crate::device::cuda::headers::ELEMENTWISE,
        crate::device::cuda::headers::EXTENSION,
        crate::device::cuda::headers::THREAD_GROUP
    ]:
    pool_max_forward(w, lanes, windows, x, y, positions),
    pool_max_backward(w, x, positions, dy, dx, add; Slope(dx)),
    pool_pairs_forward(width, x, y),
    pool_pairs_backward(width, x, dy, dx, add; Slope(dx)),
    pool_avg_forward(w, with_padding, lanes, windows, x, y),
    pool_avg_backward(w, with_padding, dy, dx, add; Slope(dx)),
);
arguments! {
    /// `Windows` of `pool.cu`: the rows, then the columns.
    struct Code {
        height: u32, out_height: u32, kernel_height: u32, stride_height: u32, padding_height: u32,
        width: u32, out_width: u32, kernel_width: u32, stride_width: u32, padding_width: u32,
    }
}

impl Code {
    fn of(s: &PoolSizes) -> Self {
        let (kernel, stride, padding) = match s.windows {
            Windows::Sliding { kernel, stride, padding } => (kernel, stride, padding),
            Windows::Adaptive => ([0; 2], [0; 2], [0; 2]),
        };
        let [rows, columns] =
            [0, 1].map(|axis| [s.image[axis], s.output[axis], kernel[axis], stride[axis], padding[axis]]);
        let [height, out_height, kernel_height, stride_height, padding_height] = rows.map(|n| n as u32);
        let [width, out_width, kernel_width, stride_width, padding_width] = columns.map(|n| n as u32);
        Code {
            height,
            out_height,
            kernel_height,
            stride_height,
            padding_height,
            width,
            out_width,
            kernel_width,
            stride_width,
            padding_width,
        }
    }
}

impl PoolSizes {
    /// Returns the number of windows of all planes.
    fn outputs(&self) -> usize {
        self.planes * self.spatial_sizes().1
    }
    /// Returns the approximate number of elements of a window.
    fn window(&self) -> usize {
        match self.windows {
            Windows::Sliding { kernel, .. } => kernel[0] * kernel[1],
            Windows::Adaptive => self.spatial_sizes().0.div_ceil(self.spatial_sizes().1),
        }
    }
    /// Returns one thread for each window, or a warp if windows are large and few.
    fn group(&self) -> ThreadGroup {
        let outputs = self.outputs();
        let one_thread = outputs >= 1 << 16 || self.window() <= 32;
        ThreadGroup::new(outputs, if one_thread { 1 } else { 32 })
    }
    /// Returns `true` if adjacent windows of 2×2 cover the image, and four elements at a time can be read at
    /// `addresses`.
    fn pairs(&self, addresses: [u64; 2]) -> bool {
        let whole = self.image == self.output.map(|n| 2 * n) && self.image[1].is_multiple_of(4);
        let windows = Windows::Sliding { kernel: [2, 2], stride: [2, 2], padding: [0, 0] };
        whole && self.windows == windows && addresses.iter().all(|address| address.is_multiple_of(16))
    }
    /// Returns `true` if finding a window's maximum again for each element is cheaper than storing its position.
    fn recomputes_maxima(&self) -> bool {
        match self.windows {
            Windows::Sliding { kernel, stride, .. } => {
                kernel[0] <= stride[0] && kernel[1] <= stride[1] && self.window() <= 9
            }
            Windows::Adaptive => false,
        }
    }
}

impl PoolKernel for Cuda {
    fn max_pool_forward(&self, s: &PoolSizes, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        if s.pairs([x.address(), x.address()]) {
            return self.launch(Grid::each(y.len() / 2), pool_pairs_forward { width: s.image[1] as u32, x, y });
        }
        let group = s.group();
        let (lanes, windows, positions) = (group, s.outputs(), None::<Mut<'_, u32>>);
        let arguments = pool_max_forward { w: Code::of(s), lanes, windows, x, y, positions };
        self.launch(group.grid(), arguments);
    }
    fn max_pool_backward(&self, s: &PoolSizes, x: Ref<'_, f32>, dy: Ref<'_, f32>, dx: Mut<'_, f32>, write: Write) {
        if s.pairs([x.address(), dx.address()]) {
            let grid = Grid::each(dy.len() / 2);
            return self.launch(grid, pool_pairs_backward { width: s.image[1] as u32, x, dy, dx, add: write });
        }
        let code = Code::of(s);
        let stored = if s.recomputes_maxima() { 0 } else { s.outputs() };
        let positions = Cuda::reinterpret_mut::<f32, u32>(self.scratch(stored));
        if !s.recomputes_maxima() {
            let group = s.group();
            let (lanes, windows, y) = (group, s.outputs(), None::<Mut<'_, f32>>);
            let arguments = pool_max_forward { w: code, lanes, windows, x, y, positions: &positions };
            self.launch(group.grid(), arguments);
        }
        let grid = Grid::each(dx.len());
        self.launch(grid, pool_max_backward { w: code, x, positions: Cuda::share(&positions), dy, dx, add: write });
    }
    fn avg_pool_forward(&self, s: &PoolSizes, count_include_pad: bool, x: Ref<'_, f32>, y: Mut<'_, f32>) {
        let group = s.group();
        let arguments = pool_avg_forward {
            w: Code::of(s),
            with_padding: u32::from(count_include_pad),
            lanes: group,
            windows: s.outputs(),
            x,
            y,
        };
        self.launch(group.grid(), arguments);
    }
    fn avg_pool_backward(
        &self,
        s: &PoolSizes,
        count_include_pad: bool,
        dy: Ref<'_, f32>,
        dx: Mut<'_, f32>,
        write: Write,
    ) {
        let arguments =
            pool_avg_backward { w: Code::of(s), with_padding: u32::from(count_include_pad), dy, dx: &dx, add: write };
        self.launch(Grid::each(dx.len()), arguments);
    }
}
