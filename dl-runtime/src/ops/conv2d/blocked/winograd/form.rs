//! The two forms of Winograd's convolution, F(4×4, 3×3) and F(2×2, 3×3): their matrices, as code for registers of channels.

use crate::device::cpu::simd::{Simd, Vector};

/// The largest number of points of a form.
pub(super) const MOST_POINTS: usize = 6;
/// The largest tile of a form.
pub(super) const MOST_TILE: usize = 4;

/// A form of Winograd's convolution in one direction: a kernel of three elements and some interpolation points.
pub(super) trait Form: Copy {
    /// The number of output pixels of a tile, and of points, which is the number of input pixels.
    const SIZES: Sizes;
    /// The matrix G: a row `[1, x, x²] / Π (x - other points)` for each point x, the last of which is infinity.
    const G: &'static [[f64; 3]];
    /// Returns `Bᵀ d`: products of polynomials, for each point one that is 0 at all others, with the pixels as coefficients.
    fn input<S: Simd>(d: [S::F32; MOST_POINTS]) -> [S::F32; MOST_POINTS];
    /// Returns `Aᵀ m`: a row of powers of the points for each output pixel.
    fn output<S: Simd>(m: [S::F32; MOST_POINTS]) -> [S::F32; MOST_TILE];
}

/// The sizes of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    /// The number of output pixels of a tile in each direction.
    pub tile: usize,
    /// The number of input pixels of a tile in each direction, which is that of interpolation points.
    pub points: usize,
}

impl Sizes {
    /// Returns the number of numbers of a transformed tile.
    pub const fn positions(self) -> usize {
        self.points * self.points
    }
}

/// F(4×4, 3×3) with the points 0, ±5/8, ±3/2 and infinity, for which all numbers of A and B are exact.
#[derive(Clone, Copy)]
pub(super) struct Four;

const A: f64 = 0.625;
const B: f64 = 1.5;

const fn row(x: f64, denominator: f64) -> [f64; 3] {
    [1.0 / denominator, x / denominator, x * x / denominator]
}

impl Form for Four {
    const SIZES: Sizes = Sizes { tile: 4, points: 6 };
    const G: &'static [[f64; 3]] = {
        let (of_a, of_b) = (2.0 * A * A * (A * A - B * B), 2.0 * B * B * (B * B - A * A));
        &[row(0.0, A * A * B * B), row(A, of_a), row(-A, of_a), row(B, of_b), row(-B, of_b), [0.0, 0.0, 1.0]]
    };
    #[inline(always)]
    fn input<S: Simd>(d: [S::F32; MOST_POINTS]) -> [S::F32; MOST_POINTS] {
        let of = |x: f64| S::F32::splat(x as f32);
        let (a, b, product, sum) = (of(-A * A), of(-B * B), of(A * A * B * B), of(-A * A - B * B));
        let (even_a, odd_a) = (b.mul_add(d[2], d[4]), b.mul_add(d[1], d[3]));
        let (even_b, odd_b) = (a.mul_add(d[2], d[4]), a.mul_add(d[1], d[3]));
        [
            product.mul_add(d[0], sum.mul_add(d[2], d[4])),
            of(A).mul_add(odd_a, even_a),
            of(-A).mul_add(odd_a, even_a),
            of(B).mul_add(odd_b, even_b),
            of(-B).mul_add(odd_b, even_b),
            product.mul_add(d[1], sum.mul_add(d[3], d[5])),
        ]
    }
    #[inline(always)]
    fn output<S: Simd>(m: [S::F32; MOST_POINTS]) -> [S::F32; MOST_TILE] {
        let of = |x: f64| S::F32::splat(x as f32);
        let (sum_a, difference_a) = (m[1].add(m[2]), of(-1.0).mul_add(m[2], m[1]));
        let (sum_b, difference_b) = (m[3].add(m[4]), of(-1.0).mul_add(m[4], m[3]));
        [
            m[0].add(sum_a).add(sum_b),
            of(A).mul_add(difference_a, of(B).mul_add(difference_b, of(0.0))),
            of(A * A).mul_add(sum_a, of(B * B).mul_add(sum_b, of(0.0))),
            of(A * A * A).mul_add(difference_a, of(B * B * B).mul_add(difference_b, m[5])),
        ]
    }
}

/// F(2×2, 3×3) with the points 0, ±1 and infinity.
#[derive(Clone, Copy)]
pub(super) struct Two;

impl Form for Two {
    const SIZES: Sizes = Sizes { tile: 2, points: 4 };
    const G: &'static [[f64; 3]] = &[row(0.0, -1.0), row(1.0, 2.0), row(-1.0, 2.0), [0.0, 0.0, 1.0]];
    #[inline(always)]
    fn input<S: Simd>(d: [S::F32; MOST_POINTS]) -> [S::F32; MOST_POINTS] {
        let (minus, zero) = (S::F32::splat(-1.0), S::F32::splat(0.0));
        let difference = |a: S::F32, b: S::F32| minus.mul_add(b, a);
        [difference(d[2], d[0]), d[2].add(d[1]), difference(d[2], d[1]), difference(d[3], d[1]), zero, zero]
    }
    #[inline(always)]
    fn output<S: Simd>(m: [S::F32; MOST_POINTS]) -> [S::F32; MOST_TILE] {
        let (minus, zero) = (S::F32::splat(-1.0), S::F32::splat(0.0));
        [m[0].add(m[1]).add(m[2]), minus.mul_add(m[2], m[1]).add(m[3]), zero, zero]
    }
}
