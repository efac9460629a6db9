//! Sums, differences and products of two values, element by element. Each of the operands and the result has its own scale.

use super::{Multiplier, Output};

/// The bits that operands of a sum gain before they are scaled, like TensorFlow Lite's `left_shift`.
pub const HEADROOM: u32 = 20;

/// The parameters of a sum or a difference.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    /// The zero point of each operand.
    pub zero_points: [i8; 2],
    /// The factor of each operand to the common scale, twice the larger one of theirs.
    pub factors: [Multiplier; 2],
    /// The factor from the sum to the result.
    pub factor: Multiplier,
    /// The range of the results.
    pub output: Output,
}

impl Sum {
    /// Returns the parameters for operands and results of these scales.
    pub fn new(scales: [f32; 2], zero_points: [i8; 2], scale: f32, output: Output) -> Self {
        let common = 2.0 * f64::from(if scales[0] > scales[1] { scales[0] } else { scales[1] });
        Sum {
            zero_points,
            factors: scales.map(|scale| Multiplier::new(f64::from(scale) / common)),
            factor: Multiplier::new(common / (f64::from(1_u32 << HEADROOM) * f64::from(scale))),
            output,
        }
    }
    #[inline]
    fn scaled(&self, k: usize, x: i8) -> i32 {
        self.factors[k].apply((i32::from(x) - i32::from(self.zero_points[k])) << HEADROOM)
    }
}

/// Computes `y = a + b`.
pub fn add(sum: &Sum, a: &[i8], b: &[i8], y: &mut [i8]) {
    each(a, b, y, |a, b| sum.output.of(sum.factor.apply(sum.scaled(0, a) + sum.scaled(1, b))));
}

/// Computes `y = a - b`.
pub fn sub(sum: &Sum, a: &[i8], b: &[i8], y: &mut [i8]) {
    each(a, b, y, |a, b| sum.output.of(sum.factor.apply(sum.scaled(0, a) - sum.scaled(1, b))));
}

/// The parameters of a product.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// The zero point of each operand.
    pub zero_points: [i8; 2],
    /// The factor from the product to the result.
    pub factor: Multiplier,
    /// The range of the results.
    pub output: Output,
}

impl Product {
    /// Returns the parameters for operands and results of these scales.
    pub fn new(scales: [f32; 2], zero_points: [i8; 2], scale: f32, output: Output) -> Self {
        let factor = Multiplier::new(f64::from(scales[0]) * f64::from(scales[1]) / f64::from(scale));
        Product { zero_points, factor, output }
    }
}

/// Computes `y = a·b`.
pub fn mul(product: &Product, a: &[i8], b: &[i8], y: &mut [i8]) {
    let [zero_a, zero_b] = product.zero_points.map(i32::from);
    each(a, b, y, |a, b| {
        let exact = (i32::from(a) - zero_a) * (i32::from(b) - zero_b);
        product.output.of(product.factor.apply(exact))
    });
}

/// Computes an element of `y` from one of `a` and one of `b`.
#[inline]
fn each(a: &[i8], b: &[i8], y: &mut [i8], f: impl Fn(i8, i8) -> i8) {
    a.iter().zip(b).zip(y).for_each(|((&a, &b), y)| *y = f(a, b));
}
