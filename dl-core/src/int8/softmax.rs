//! Softmax in fixed-point arithmetic, as TensorFlow Lite computes it with gemmlowp: probabilities in steps of 1/256.

use super::fixed_point::{divide_by_power_of_two, high_product};
use super::parameters::{Parameters, tensors};
use super::{Kernels, Multiplier, Quantization};

/// The scale and zero point of the outputs.
pub const OUTPUT: Quantization = Quantization { scale: 1.0 / 256.0, zero_point: i8::MIN };

/// The integer bits of differences to the maximum.
const BITS: u32 = 5;
/// The integer bits of the sum of exponentials.
const SUM_BITS: u32 = 12;

/// The parameters for inputs of one scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Scaling {
    /// The mantissa of the factor from inputs to numbers with `BITS` integer bits.
    pub multiplier: i32,
    /// Below this difference to the maximum, results count as 0.
    pub least: i32,
    /// The exponent of the factor.
    pub exponent: i8,
}

// SAFETY: integers alone, with these offsets and shapes.
unsafe impl Parameters for Scaling {
    tensors! { multiplier: I32 [], least: I32 [], exponent: I8 [] }
}

/// Softmax along the last dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxOp {
    /// The size of the last dimension.
    pub row: usize,
}

impl SoftmaxOp {
    /// Computes the softmax of each row.
    pub fn infer(&self, _: impl Kernels, scaling: &Scaling, x: &[i8], y: &mut [i8]) {
        softmax(*scaling, self.row, x, y);
    }
}

impl Scaling {
    /// Returns the parameters for inputs of this scale.
    pub fn new(scale: f32) -> Self {
        let largest = f64::from(i32::MAX);
        let factor = f64::from(scale) * f64::from(1_u32 << (31 - BITS));
        let factor = Multiplier::new(if factor < largest { factor } else { largest });
        let radius = (((1_i64 << BITS) - 1) << (31 - BITS)) >> factor.exponent.max(0);
        Scaling { multiplier: factor.mantissa, exponent: factor.exponent, least: -(radius as i32) }
    }
    /// Returns a difference with `BITS` integer bits; `None` if its exponential counts as 0.
    #[inline]
    fn scaled(self, difference: i32) -> Option<i32> {
        let factor = Multiplier { mantissa: self.multiplier, exponent: self.exponent };
        (difference >= self.least).then(|| factor.apply(difference))
    }
}

/// Computes the softmax of each row of `row` numbers.
pub fn softmax(scaling: Scaling, row: usize, x: &[i8], y: &mut [i8]) {
    for (x, y) in x.chunks_exact(row).zip(y.chunks_exact_mut(row)) {
        let max = x.iter().fold(i8::MIN, |max, &x| max.max(x));
        let differences = x.iter().map(|&x| scaling.scaled(i32::from(x) - i32::from(max)));
        let sum = differences
            .clone()
            .flatten()
            .fold(0_i32, |sum, d| sum.wrapping_add(divide_by_power_of_two(exp_of_negative(d), SUM_BITS)));
        let headroom = sum.leading_zeros();
        let scale = reciprocal(((sum as u32) << headroom).wrapping_sub(1 << 31) as i32);
        let bits = SUM_BITS as i32 - headroom as i32 + 31 - 8;
        for (y, difference) in y.iter_mut().zip(differences) {
            let of = |d| divide_by_power_of_two(high_product(scale, exp_of_negative(d)), bits as u32);
            let share = difference.map_or(0, of);
            *y = (share + i32::from(i8::MIN)).clamp(i8::MIN.into(), i8::MAX.into()) as i8;
        }
    }
}

/// `2^n·x` with saturation.
#[inline]
fn times_power_of_two(x: i32, n: u32) -> i32 {
    (i64::from(x) << n).clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// Returns eᵃ, with 31 fractional bits, of a number up to 0 that has [`BITS`] integer bits: gemmlowp's `exp_on_negative_values`.
fn exp_of_negative(a: i32) -> i32 {
    /// e^(-2^k) for k = -2, -1, …, with 31 fractional bits.
    const POWERS: [i32; 7] = [1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242];
    if a == 0 {
        return i32::MAX;
    }
    let fraction = 31 - BITS;
    let quarter = 1 << (fraction - 2);
    let below = (a & (quarter - 1)) - quarter;
    let mut result = exp_of_quarter(times_power_of_two(below, BITS));
    let rest = below.wrapping_sub(a);
    for (k, power) in POWERS.into_iter().enumerate() {
        if rest & (1 << (fraction as usize + k - 2)) != 0 {
            result = high_product(result, power);
        }
    }
    result
}

/// Returns eᵃ for a from -1/4 to 0, both with 31 fractional bits: the Taylor series at -1/8.
fn exp_of_quarter(a: i32) -> i32 {
    /// e^(-1/8) and 1/3, with 31 fractional bits.
    const AT_EIGHTH: i32 = 1_895_147_668;
    const THIRD: i32 = 715_827_883;
    let x = a.wrapping_add(1 << 28);
    let x2 = high_product(x, x);
    let x3 = high_product(x2, x);
    let x4 = divide_by_power_of_two(high_product(x2, x2), 2);
    let terms = divide_by_power_of_two(high_product(x4.wrapping_add(x3), THIRD).wrapping_add(x2), 1);
    AT_EIGHTH.wrapping_add(high_product(AT_EIGHTH, x.wrapping_add(terms)))
}

/// Returns 1/(1 + a) for a from 0 to 1, both with 31 fractional bits: three steps of Newton's method.
fn reciprocal(a: i32) -> i32 {
    /// 48/17, -32/17 and 1, with 29 fractional bits.
    const FIRST: i32 = 1_515_870_810;
    const SECOND: i32 = -1_010_580_540;
    const ONE: i32 = 1 << 29;
    // Half of 1 + a, rounded half away from zero.
    let half = ((i64::from(a) + i64::from(i32::MAX) + 1) / 2) as i32;
    let mut x = FIRST.wrapping_add(high_product(half, SECOND));
    for _ in 0..3 {
        let error = ONE.wrapping_sub(high_product(half, x));
        x = x.wrapping_add(times_power_of_two(high_product(x, error), 2));
    }
    times_power_of_two(x, 1)
}
