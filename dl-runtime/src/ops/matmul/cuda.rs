//! Matrix products on CUDA. Our own kernels compute small ones, in `f32` whatever the precision; cuBLASLt computes the
//! others.

use super::{MatmulKernel, Product};
use crate::device::cuda::{ALIGNED, Cuda, Epilogue, Gemm, Grid, Mut, Precision, Ref, arguments, header, kernels};
use crate::ops::Activation;
use crate::ops::activation::cuda::Code;
use crate::tensor::Storage;
use crate::tensor::Write;

header!(HEADER = "matmul.cuh" with [crate::ops::activation::cuda::HEADER, crate::device::cuda::headers::EXTENSION]);
kernels!(
    "matmul.cu" with [HEADER]:
    matmul_tiles(s, count, f, a, b, bias, c, ones; Slope(c)) for [matmul_tiles_16, matmul_tiles_32],
    matmul_few_rows(rows, inner, columns, add, f, a, b, bias, c),
    matmul_bias(columns, f, bias, y),
);

/// Our own kernels are used up to so many multiply-adds. Such a product is bound by latency, so cuBLASLt, which is made
/// for large ones, has no advantage.
const SMALL: usize = 1 << 25;
/// That holds for sums up to this length, since a block of our kernels computes whole sums.
const SHORT: usize = 1 << 11;
/// Below so many multiply-adds our own kernels are used whatever the length of the sums.
const TINY: usize = 1 << 18;
/// So many blocks fill a GPU, so that the larger tiles can be used.
const ENOUGH_BLOCKS: usize = 128;
/// Up to so many rows of A, each row of B is read by one warp.
const FEW_ROWS: usize = 4;

arguments! {
    /// A small product, as a kernel argument: `MatmulJob` of `matmul.cuh`.
    pub(crate) struct Job {
        rows: u32,
        inner: u32,
        columns: u32,
        a_row: u32,
        a_inner: u32,
        b_inner: u32,
        b_column: u32,
        sum_rows: u32,
        add: u32,
    }
}

impl Job {
    /// Describes a product. `sum_rows` says whether the kernel also computes the sums of the rows of A.
    pub(crate) fn new(p: Product, sum_rows: bool, write: Write) -> Self {
        let strides = |rows: usize, columns: usize, transposed| if transposed { (1, rows) } else { (columns, 1) };
        let (a_row, a_inner) = strides(p.rows, p.inner, p.left_transposed);
        let (b_inner, b_column) = strides(p.inner, p.columns, p.right_transposed);
        let [rows, inner, columns, a_row, a_inner, b_inner, b_column] =
            [p.rows, p.inner, p.columns, a_row, a_inner, b_inner, b_column].map(|n| n as u32);
        let (sum_rows, add) = (u32::from(sum_rows), u32::from(write == Write::Add));
        Job { rows, inner, columns, a_row, a_inner, b_inner, b_column, sum_rows, add }
    }
    /// Returns the number of tiles of `size` by `size`.
    pub(crate) fn tiles(&self, size: usize) -> usize {
        (self.rows as usize).div_ceil(size) * (self.columns as usize + self.sum_rows as usize).div_ceil(size)
    }
    /// Returns whether `count` products have enough tiles of 32 by 32; otherwise tiles of 16 by 16 should be used.
    pub(crate) fn large_tiles(&self, count: usize) -> bool {
        self.tiles(32) * count >= ENOUGH_BLOCKS
    }
}

/// The bias, the activation and the write mode of a product.
#[derive(Clone, Copy)]
pub(crate) struct Beside<'a> {
    /// The bias that is added to every row.
    pub bias: Option<Ref<'a, f32>>,
    pub activation: Activation,
    pub write: Write,
}

impl Beside<'_> {
    /// A product without bias and activation.
    pub fn plain(write: Write) -> Self {
        Beside { bias: None, activation: Activation::Identity, write }
    }
}

/// Returns whether `count` products should be computed by our own kernels.
pub(crate) fn is_small(p: Product, count: usize) -> bool {
    let work = p.rows.saturating_mul(p.inner).saturating_mul(p.columns).saturating_mul(count);
    work <= TINY || (work <= SMALL && p.inner <= SHORT) || p.rows.max(p.inner).max(p.columns) <= 32
}

/// Returns whether our own kernels can index the elements of the factors.
fn fits_own(p: Product) -> bool {
    [p.rows, p.columns].iter().all(|n| u32::try_from(n.saturating_mul(p.inner)).is_ok())
}

impl Cuda {
    /// Queues `C = f(A·B + bias)` for a batch of contiguous matrices, whose number follows from the lengths.
    pub(crate) fn matmul(&self, p: Product, a: Ref<'_, f32>, b: Ref<'_, f32>, c: Mut<'_, f32>, beside: Beside) {
        if c.is_empty() {
            return;
        }
        let count = c.len() / (p.rows * p.columns);
        let dots = p.right_transposed && !p.left_transposed;
        if dots && count == 1 && p.rows <= FEW_ROWS {
            let (rows, inner, columns) = (p.rows as u32, p.inner as u32, p.columns as u32);
            let warps_of_a_block = 4;
            let grid = Grid::new(p.columns.div_ceil(warps_of_a_block).min(1 << 20), 128);
            let bias = beside.bias.unwrap_or(Cuda::slice(a, 0..0));
            let f = Code::of(beside.activation);
            self.launch(grid, matmul_few_rows { rows, inner, columns, add: beside.write, f, a, b, bias, c });
        } else if is_small(p, count) {
            self.matmul_tiles(Job::new(p, false, beside.write), count, a, b, c, None, beside);
        } else {
            self.matmul_large(p, count, a, b, c, beside);
        }
    }
    /// Queues products with our own kernels, and the sums of the rows of A to `sums` if the job says so.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a kernel")]
    pub(crate) fn matmul_tiles(
        &self,
        job: Job,
        count: usize,
        a: Ref<'_, f32>,
        b: Ref<'_, f32>,
        c: Mut<'_, f32>,
        sums: Option<Mut<'_, f32>>,
        beside: Beside,
    ) {
        let nothing = Cuda::slice(a, 0..0);
        let (bias, f) = (beside.bias.unwrap_or(nothing), Code::of(beside.activation));
        let products = count.min(u16::MAX.into());
        let end = c.len();
        let (c, no_sums) = Cuda::split_mut(c, end);
        let sums = sums.unwrap_or(no_sums);
        let (kernel, size) = if job.large_tiles(count) { (&matmul_tiles_32, 32) } else { (&matmul_tiles_16, 16) };
        let grid = Grid::of([job.tiles(size), products, 1], 256);
        self.launch(grid, matmul_tiles { kernel, s: job, count, f, a, b, bias, c, ones: sums });
    }
    /// Queues products with cuBLASLt, or with our own kernels where it has no algorithm.
    pub(crate) fn matmul_large(
        &self,
        p: Product,
        count: usize,
        a: Ref<'_, f32>,
        b: Ref<'_, f32>,
        c: Mut<'_, f32>,
        beside: Beside,
    ) {
        let (f, write) = (beside.activation, beside.write);
        let simple = matches!(f, Activation::Identity | Activation::Relu) && beside.bias.is_none_or(Gemm::takes);
        let epilogue = if simple && f == Activation::Relu { Epilogue::Relu } else { Epilogue::Plain };
        let bias = if simple { beside.bias } else { None };
        let own = fits_own(p);
        if !self.matmul_by_blas((p, count), [a, b], bias, &c, (epilogue, write), !own) {
            return self.matmul_tiles(Job::new(p, false, write), count, a, b, c, None, beside);
        }
        if !simple {
            let bias = beside.bias.unwrap_or(Cuda::slice(a, 0..0));
            self.launch(Grid::fours(c.len()), matmul_bias { columns: p.columns as u32, f: Code::of(f), bias, y: c });
        }
    }
}

impl Cuda {
    /// Queues a large product that also computes the sums of the rows of A. Returns `false`, and queues nothing, if cuBLASLt does not.
    pub(crate) fn matmul_and_row_sums(
        &self,
        p: Product,
        a: Ref<'_, f32>,
        b: Ref<'_, f32>,
        c: &Mut<'_, f32>,
        sums: &Mut<'_, f32>,
    ) -> bool {
        let sums = Cuda::share(sums);
        let how = (Epilogue::RowSums, Write::Set);
        Gemm::takes(sums) && self.matmul_by_blas((p, 1), [a, b], Some(sums), c, how, false)
    }
    /// Queues products with cuBLASLt. Returns `false`, and queues nothing, if it has no algorithm for them, unless it `must`.
    fn matmul_by_blas(
        &self,
        (p, count): (Product, usize),
        [a, b]: [Ref<'_, f32>; 2],
        bias: Option<Ref<'_, f32>>,
        c: &Mut<'_, f32>,
        (epilogue, write): (Epilogue, Write),
        must: bool,
    ) -> bool {
        let Product { rows, inner, columns, left_transposed, right_transposed } = p;
        let a_columns = if left_transposed { rows } else { inner };
        let b_columns = if right_transposed { inner } else { columns };
        let precision = self.computes_in();
        let rounded = precision == Precision::Bf16;
        let pitches = [a_columns, b_columns].map(|columns| if rounded { columns.next_multiple_of(8) } else { columns });
        let gemm = Gemm {
            rows,
            inner,
            columns,
            left_transposed,
            right_transposed,
            pitches,
            count,
            precision,
            epilogue,
            write,
        };
        // Rounded factors have memory of their own.
        let [at_a, at_b] = [a, b].map(|factor| if rounded { ALIGNED } else { factor.address() });
        if !self.by_blas(&gemm, [at_a, at_b, c.address(), bias.map_or(0, Ref::address)]) && !must {
            return false;
        }
        let factors = if rounded { [self.as_bf16(a, a_columns), self.as_bf16(b, b_columns)] } else { [a, b] };
        let workspace = self.scratch(gemm.workspace());
        self.gemm(&gemm, factors, bias, c, &workspace);
        true
    }
}

impl MatmulKernel for Cuda {
    fn matmul_each(&self, p: Product, a: Ref<'_, f32>, b: Ref<'_, f32>, c: Mut<'_, f32>, write: Write) {
        self.matmul(p, a, b, c, Beside::plain(write));
    }
}
