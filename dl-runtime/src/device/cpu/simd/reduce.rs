//! Sums over slices in a fixed order that vectorises: 32 partial sums, then a tree.

use super::Simd;

/// Partial sums kept side by side.
const LANES: usize = 32;

/// `Σ f(x)`, in an order that depends on the length alone.
#[inline(always)]
pub(crate) fn sum<S: Simd>(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (whole, rest) = x.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += f(*x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += f(*x);
    }
    tree(lanes)
}

/// `Σ f([inputs[0][i], inputs[1][i], …])`, in an order that depends on the length alone; all slices have one length.
#[inline(always)]
pub(crate) fn sum_of<const N: usize>(inputs: [&[f32]; N], f: impl Fn([f32; N]) -> f32) -> f32 {
    let mut lanes = Lanes::default();
    lanes.add(inputs, f);
    lanes.sum()
}

/// Partial sums of several slices: what [`sum_of`] keeps.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lanes([f32; LANES]);

impl Lanes {
    /// Adds `f([inputs[0][i], inputs[1][i], …])` for every `i`; all slices have one length.
    #[inline(always)]
    pub(crate) fn add<const N: usize>(&mut self, inputs: [&[f32]; N], f: impl Fn([f32; N]) -> f32) {
        let n = inputs.map(<[f32]>::len).into_iter().min().unwrap_or(0);
        let inputs = inputs.map(|x| x[..n].as_chunks::<LANES>());
        let mut lanes = self.0;
        for i in 0..n / LANES {
            let chunk = inputs.map(|(whole, _)| &whole[i]);
            for (j, lane) in lanes.iter_mut().enumerate() {
                *lane += f(chunk.map(|x| x[j]));
            }
        }
        for (j, lane) in lanes.iter_mut().enumerate().take(n % LANES) {
            *lane += f(inputs.map(|(_, rest)| rest[j]));
        }
        self.0 = lanes;
    }
    /// All that was added.
    #[inline(always)]
    pub(crate) fn sum(self) -> f32 {
        tree(self.0)
    }
}

/// The largest number that is not NaN; negative infinity of none.
#[inline(always)]
pub(crate) fn largest(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (whole, rest) = x.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = if x > lane { *x } else { *lane };
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = if x > lane { *x } else { *lane };
    }
    lanes.into_iter().fold(f32::NEG_INFINITY, |a, b| if b > a { b } else { a })
}

/// `Σ a · b`, in an order that depends on the length alone.
#[inline(always)]
pub(crate) fn dot<S: Simd>(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane = S::mul_add(*a, *b, *lane);
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane = S::mul_add(*a, *b, *lane);
    }
    tree(lanes)
}

#[inline(always)]
fn tree(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use crate::device::cpu::simd::{self, simd};

    simd! {
        fn sum_of_squares<S>(x: &[f32]) -> f32 { simd::sum::<S>(x, |x| x * x) }
        fn product<S>(a: &[f32], b: &[f32]) -> f32 { simd::dot::<S>(a, b) }
        fn map<S, F>(x: &mut [f32], f: F) where [F: Fn(f32) -> f32] { x.iter_mut().for_each(|x| *x = f(*x)) }
    }

    #[test]
    fn the_largest_is_found_anywhere() {
        for len in [1, 31, 32, 33, 100] {
            for at in [0, len / 2, len - 1] {
                let mut x = vec![-2.0; len];
                x[at] = -1.0;
                assert_eq!(simd::largest(&x), -1.0);
                x[at] = f32::NAN;
                assert_eq!(simd::largest(&x), if len == 1 { f32::NEG_INFINITY } else { -2.0 });
            }
        }
    }

    #[test]
    fn sums_agree_with_f64() {
        for len in [0, 1, 31, 32, 33, 100, 1000] {
            let mut x: Vec<f32> = (0..len).map(|i| (i as f32 * 0.7).sin()).collect();
            let expected: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            assert!((f64::from(sum_of_squares(&x)) - expected).abs() <= 1e-6 * expected + 1e-12);
            assert!((f64::from(product(&x, &x)) - expected).abs() <= 1e-6 * expected + 1e-12);
            map(&mut x, |x| 2.0 * x);
            assert!((f64::from(product(&x, &x)) - 4.0 * expected).abs() <= 4e-6 * expected + 1e-12);
        }
    }
}
