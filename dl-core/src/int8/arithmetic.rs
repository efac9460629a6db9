//! Sums, differences and products of two values, element by element. Each of the operands and the result has its own scale.

use super::parameters::{Parameters, tensors};
use super::{Kernels, Multiplier, Output, Quantization};

/// The bits that operands of a sum gain before they are scaled, like TensorFlow Lite's `left_shift`.
pub const HEADROOM: u32 = 20;

/// The parameters of a sum or a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Sum {
    /// The mantissas of the factors of both operands to a common scale, twice the larger one of theirs, and of the factor from there to
    /// the result.
    pub multiplier: [i32; 3],
    /// The exponents of these factors.
    pub exponent: [i8; 3],
    /// The zero point of each operand.
    pub zero_point: [i8; 2],
    /// The range of the results.
    pub output: Output,
}

// SAFETY: integers alone, with these offsets and shapes.
unsafe impl Parameters for Sum {
    tensors! { multiplier: I32 [3], exponent: I8 [3], zero_point: I8 [2], output: I8 [3] }
}

impl Sum {
    /// Returns the parameters for operands and results of these scales.
    pub fn new(operands: [Quantization; 2], scale: f32, output: Output) -> Self {
        let [a, b] = operands.map(|operand| f64::from(operand.scale));
        let common = 2.0 * if a > b { a } else { b };
        let result = common / (f64::from(1_u32 << HEADROOM) * f64::from(scale));
        let factors = [a / common, b / common, result].map(Multiplier::new);
        Sum {
            multiplier: factors.map(|factor| factor.mantissa),
            exponent: factors.map(|factor| factor.exponent),
            zero_point: operands.map(|operand| operand.zero_point),
            output,
        }
    }
    #[inline]
    fn factor(&self, k: usize) -> Multiplier {
        Multiplier { mantissa: self.multiplier[k], exponent: self.exponent[k] }
    }
    #[inline]
    fn scaled(&self, k: usize, x: i8) -> i32 {
        self.factor(k).apply((i32::from(x) - i32::from(self.zero_point[k])) << HEADROOM)
    }
}

/// `y = a + b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddOp;

impl AddOp {
    /// Computes the sum of two values, element by element.
    pub fn infer(self, _: impl Kernels, sum: &Sum, a: &[i8], b: &[i8], y: &mut [i8]) {
        add(sum, a, b, y);
    }
}

/// `y = a - b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubOp;

impl SubOp {
    /// Computes the difference of two values, element by element.
    pub fn infer(self, _: impl Kernels, sum: &Sum, a: &[i8], b: &[i8], y: &mut [i8]) {
        sub(sum, a, b, y);
    }
}

/// Computes `y = a + b`.
pub fn add(sum: &Sum, a: &[i8], b: &[i8], y: &mut [i8]) {
    let factor = sum.factor(2);
    each(a, b, y, |a, b| sum.output.of(factor.apply(sum.scaled(0, a) + sum.scaled(1, b))));
}

/// Computes `y = a - b`.
pub fn sub(sum: &Sum, a: &[i8], b: &[i8], y: &mut [i8]) {
    let factor = sum.factor(2);
    each(a, b, y, |a, b| sum.output.of(factor.apply(sum.scaled(0, a) - sum.scaled(1, b))));
}

/// The parameters of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Product {
    /// The mantissa of the factor from the product to the result.
    pub multiplier: i32,
    /// The exponent of the factor.
    pub exponent: i8,
    /// The zero point of each operand.
    pub zero_point: [i8; 2],
    /// The range of the results.
    pub output: Output,
}

// SAFETY: integers alone, with these offsets and shapes.
unsafe impl Parameters for Product {
    tensors! { multiplier: I32 [], exponent: I8 [], zero_point: I8 [2], output: I8 [3] }
}

impl Product {
    /// Returns the parameters for operands and results of these scales.
    pub fn new(operands: [Quantization; 2], scale: f32, output: Output) -> Self {
        let [a, b] = operands.map(|operand| f64::from(operand.scale));
        let Multiplier { mantissa: multiplier, exponent } = Multiplier::new(a * b / f64::from(scale));
        Product { multiplier, exponent, zero_point: operands.map(|operand| operand.zero_point), output }
    }
}

/// `y = a·b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MulOp;

impl MulOp {
    /// Computes the product of two values, element by element.
    pub fn infer(self, _: impl Kernels, product: &Product, a: &[i8], b: &[i8], y: &mut [i8]) {
        mul(product, a, b, y);
    }
}

/// Computes `y = a·b`.
pub fn mul(product: &Product, a: &[i8], b: &[i8], y: &mut [i8]) {
    let factor = Multiplier { mantissa: product.multiplier, exponent: product.exponent };
    let [zero_a, zero_b] = product.zero_point.map(i32::from);
    each(a, b, y, |a, b| {
        let exact = (i32::from(a) - zero_a) * (i32::from(b) - zero_b);
        product.output.of(factor.apply(exact))
    });
}

/// Computes an element of `y` from one of `a` and one of `b`.
#[inline]
fn each(a: &[i8], b: &[i8], y: &mut [i8], f: impl Fn(i8, i8) -> i8) {
    a.iter().zip(b).zip(y).for_each(|((&a, &b), y)| *y = f(a, b));
}
