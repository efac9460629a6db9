//! Compares every path of the matrix product with sums in f64.

use super::*;
use crate::Cpu;

/// Pseudo-random numbers.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(next).collect()
}

/// Runs `matmul`, and returns the same sum in f64 and the sum of absolute values with each result.
fn check(threads: &Threads, a: Matrix, b: Matrix, epilogue: Epilogue) -> Vec<f32> {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    let old = numbers(m * n, 7);
    let [mut c, mut portable] = [old.clone(), old.clone()];
    matmul(threads, a, b, &mut c, epilogue);
    portable::matmul(a, b, &mut portable, epilogue);
    for i in 0..m {
        for j in 0..n {
            let mut sum = if epilogue.write == Write::Add { f64::from(old[i * n + j]) } else { 0.0 };
            sum += f64::from(match epilogue.bias {
                Bias::None => 0.0,
                Bias::Rows(bias) => bias[i],
                Bias::Columns(bias) => bias[j],
            });
            let mut size = sum.abs() + 1.0;
            for p in 0..k {
                let product = f64::from(a.data[i * a.row_stride + p * a.column_stride])
                    * f64::from(b.data[p * b.row_stride + j * b.column_stride]);
                sum += product;
                size += product.abs();
            }
            let expected = if epilogue.relu { sum.max(0.0) } else { sum };
            for c in [c[i * n + j], portable[i * n + j]] {
                let error = (f64::from(c) - expected).abs();
                assert!(error < 3e-7 * size, "{m}x{k}x{n} at {i}, {j}: {c} is not {expected}");
            }
        }
    }
    c
}

const SIZES: [[usize; 3]; 20] = [
    [1, 1, 1],
    [1, 5, 3],
    [2, 17, 9],
    [3, 33, 70],
    [4, 16, 16],
    [5, 7, 2],
    [7, 1, 33],
    [13, 40, 31],
    [14, 64, 32],
    [15, 65, 33],
    [29, 3, 64],
    [64, 100, 10],
    [10, 100, 64],
    [33, 600, 48],
    [100, 20, 300],
    [300, 20, 100],
    [64, 784, 128],
    [128, 513, 40],
    [43, 1030, 17],
    [1, 700, 333],
];

#[test]
fn relu_does_not_hide_nan() {
    let cpu = Cpu::with_threads(1);
    for [m, k, n] in SIZES {
        let (mut a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        a[0] = f32::NAN;
        let (a, b) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
        let epilogue = Epilogue { relu: true, ..Epilogue::plain(Write::Set) };
        let (mut c, mut portable) = (vec![0.0; m * n], vec![0.0; m * n]);
        matmul(cpu.threads(), a, b, &mut c, epilogue);
        portable::matmul(a, b, &mut portable, epilogue);
        for c in [c, portable] {
            assert!(c[..n].iter().all(|c| c.is_nan()) && c[n..].iter().all(|c| *c >= 0.0), "{m}x{k}x{n}");
        }
    }
}

#[test]
fn every_shape_and_order_agrees_with_f64() {
    let threads = Cpu::with_threads(3);
    for [m, k, n] in SIZES {
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        let (rows, columns) = (numbers(m, 3), numbers(n, 4));
        let a_orders = [Matrix::new(&a, m, k), Matrix::new(&a, k, m).transposed()];
        let b_orders = [Matrix::new(&b, k, n), Matrix::new(&b, n, k).transposed()];
        for a in a_orders {
            for b in b_orders {
                for (bias, relu, write) in [
                    (Bias::None, false, Write::Set),
                    (Bias::Rows(&rows), true, Write::Add),
                    (Bias::Columns(&columns), true, Write::Set),
                    (Bias::Columns(&columns), false, Write::Add),
                ] {
                    check(threads.threads(), a, b, Epilogue { bias, relu, write });
                }
            }
        }
    }
}

#[test]
fn left_factors_beyond_the_cache_agree_with_f64() {
    let threads = Cpu::with_threads(3);
    for [m, k, n] in [[300, 512, 150], [380, 1100, 137]] {
        let (a, b, bias) = (numbers(m * k, 1), numbers(k * n, 2), numbers(n, 4));
        for a in [Matrix::new(&a, m, k), Matrix::new(&a, k, m).transposed()] {
            let epilogue = Epilogue { bias: Bias::Columns(&bias), relu: true, write: Write::Set };
            check(threads.threads(), a, Matrix::new(&b, n, k).transposed(), epilogue);
            check(threads.threads(), a, Matrix::new(&b, k, n), Epilogue::plain(Write::Add));
        }
    }
}

#[test]
fn gaps_between_rows_and_columns_are_skipped() {
    let (a, b) = (numbers(4000, 1), numbers(9000, 2));
    for (a_strides, b_strides) in [([40, 2], [100, 3]), ([37, 1], [1, 41]), ([1, 50], [90, 1]), ([512, 1], [1, 30])] {
        let a = Matrix::strided(&a, [7, 20], a_strides);
        let b = Matrix::strided(&b, [20, 45], b_strides);
        check(Cpu::with_threads(1).threads(), a, b, Epilogue::plain(Write::Set));
        check(Cpu::with_threads(1).threads(), b.transposed(), a.transposed(), Epilogue::plain(Write::Add));
    }
}

#[test]
fn no_products_leave_the_bias() {
    let mut c = [5.0; 6];
    let bias = [1.0, -2.0, 3.0];
    let epilogue = Epilogue { bias: Bias::Columns(&bias), relu: true, write: Write::Set };
    for threads in [1, 2] {
        let cpu = Cpu::with_threads(threads);
        matmul(cpu.threads(), Matrix::new(&[], 2, 0), Matrix::new(&[], 0, 3), &mut c, epilogue);
        assert_eq!(c, [1.0, 0.0, 3.0, 1.0, 0.0, 3.0]);
    }
}

#[test]
fn the_same_bits_with_any_number_of_threads() {
    for [m, k, n] in [[64, 784, 512], [512, 64, 784], [200, 300, 400], [700, 120, 10], [1, 784, 512], [380, 1100, 137]]
    {
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        for b in [Matrix::new(&b, k, n), Matrix::new(&b, n, k).transposed()] {
            let [one, two, five] = [1, 2, 5].map(|threads| {
                let mut c = vec![0.0; m * n];
                let cpu = Cpu::with_threads(threads);
                matmul(cpu.threads(), Matrix::new(&a, m, k), b, &mut c, Epilogue::plain(Write::Set));
                c.into_iter().map(f32::to_bits).collect::<Vec<_>>()
            });
            assert!(one == two && one == five);
        }
    }
}

#[test]
#[should_panic(expected = "matrix beyond its data")]
fn a_matrix_is_within_its_data() {
    Matrix::new(&[0.0; 5], 2, 3);
}
