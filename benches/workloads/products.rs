//! G1: matrix products (m×k×n), ours beside the crates `matrixmultiply` and `gemm`.

use crate::measure::Report;
use dl::Cpu;
use dl::ops::matmul::{Epilogue, Matrix, matmul};
use dl::tensor::Write;

const SIZES: [[usize; 3]; 8] = [
    [64, 64, 64],
    [128, 128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [1024, 1024, 1024],
    [2048, 2048, 2048],
    [64, 784, 512],
    [256, 784, 512],
];

/// The number of floats in a line of the cache.
const LINE: usize = 16;

/// Measures the products that are wanted.
pub fn run(report: &Report) {
    let cpu = Cpu::with_threads(report.threads());
    for [m, k, n] in SIZES {
        let work = format!("G1_{m}x{k}x{n}");
        if !report.wants(&work) {
            continue;
        }
        let operations = 2.0 * (m * k * n) as f64;
        // Tensors begin at a line of the cache, and so do these: registers that lie across two of them cost a third more.
        let [of_a, of_b] = [m * k, k * n].map(|len| len.next_multiple_of(LINE));
        let mut memory: Vec<_> = (0..LINE + of_a + of_b + m * n).map(|i| (i % 251) as f32 / 125.5 - 1.0).collect();
        let start = memory.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        let (a, rest) = memory[start..].split_at_mut(of_a);
        let (b, c) = rest.split_at_mut(of_b);
        let (a, b, c) = (&a[..m * k], &b[..k * n], &mut c[..m * n]);
        let epilogue = Epilogue::plain(Write::Set);
        report.measure(&work, "dl", operations, || {
            matmul(cpu.threads(), Matrix::new(a, m, k), Matrix::new(b, k, n), c, epilogue);
        });
        if !report.peers() {
            continue;
        }
        // As the forward pass of a dense layer has it: B is [n, k].
        report.measure(&work, "dl, B transposed", operations, || {
            let b = Matrix::new(b, n, k).transposed();
            matmul(cpu.threads(), Matrix::new(a, m, k), b, c, epilogue);
        });
        report.measure(&work, "dl, A transposed", operations, || {
            let a = Matrix::new(a, k, m).transposed();
            matmul(cpu.threads(), a, Matrix::new(b, k, n), c, epilogue);
        });
        // SAFETY: the slices have the sizes given.
        report.measure(&work, "matrixmultiply", operations, || unsafe {
            let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
            matrixmultiply::sgemm(m, k, n, 1.0, a, k as isize, 1, b, n as isize, 1, 0.0, c, n as isize, 1);
        });
        let parallelism =
            if report.threads() == 1 { gemm::Parallelism::None } else { gemm::Parallelism::Rayon(report.threads()) };
        // SAFETY: the slices have the sizes given.
        report.measure(&work, "gemm", operations, || unsafe {
            let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
            let (rows, columns) = (n as isize, k as isize);
            gemm::gemm(
                m,
                n,
                k,
                c,
                1,
                rows,
                false,
                a,
                1,
                columns,
                b,
                1,
                rows,
                0.0_f32,
                1.0,
                false,
                false,
                false,
                parallelism,
            );
        });
    }
}
