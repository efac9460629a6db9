//! Fixed-point arithmetic of TensorFlow Lite: products of int32 numbers and real factors, rounded the same way on every processor.

/// A real factor of at least 0 as TensorFlow Lite has it: `mantissa·2^(exponent - 31)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Multiplier {
    /// 0, or from 2³⁰ up to 2³¹.
    pub mantissa: i32,
    /// From -31 to 30.
    pub exponent: i8,
}

impl Multiplier {
    /// Returns the multiplier that is nearest to `factor`, like `QuantizeMultiplier`. Factors below 2⁻³² are 0; so are those that are no
    /// positive number.
    pub fn new(factor: f64) -> Self {
        let bits = factor.to_bits();
        let exponent = (bits >> 52) as i32 - 1022;
        // Not a number, infinite, negative or too small.
        if !(factor > 0.0 && factor < f64::INFINITY) || exponent < -31 {
            return Multiplier::default();
        }
        let mantissa = (bits & ((1 << 52) - 1)) | 1 << 52;
        // Rounded from 53 to 31 bits, half away from zero.
        let mantissa = (mantissa + (1 << 21)) >> 22;
        let (mantissa, exponent) = if mantissa == 1 << 31 { (1 << 30, exponent + 1) } else { (mantissa, exponent) };
        if exponent > 30 {
            return Multiplier { mantissa: i32::MAX, exponent: 30 };
        }
        Multiplier { mantissa: mantissa as i32, exponent: exponent as i8 }
    }

    /// Returns the product of a number and the factor, like `MultiplyByQuantizedMultiplier`.
    #[inline]
    pub const fn apply(self, x: i32) -> i32 {
        let (left, right) = if self.exponent > 0 { (self.exponent as u32, 0) } else { (0, -self.exponent as u32) };
        // A mantissa is never negative, so that the product does not overflow.
        let product = (x.wrapping_shl(left) as i64 * self.mantissa as i64 + (1 << 30)) >> 31;
        divide_by_power_of_two(product as i32, right)
    }
}

/// Returns `a·b/2³¹`, rounded; the only overflow is `i32::MIN·i32::MIN`, which saturates. It is gemmlowp's `SaturatingRoundingDoublingHighMul`.
#[inline]
pub const fn high_product(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    // gemmlowp rounds halves up by a nudge that depends on the sign, and a division; this is the same number.
    ((a as i64 * b as i64 + (1 << 30)) >> 31) as i32
}

/// Returns `x/2^exponent`, rounded half away from zero, for exponents up to 31. It is gemmlowp's `RoundingDivideByPOT`.
#[inline]
pub const fn divide_by_power_of_two(x: i32, exponent: u32) -> i32 {
    let mask = 1_u32.wrapping_shl(exponent).wrapping_sub(1) as i32;
    let threshold = (mask >> 1) + (x < 0) as i32;
    x.wrapping_shr(exponent) + ((x & mask) > threshold) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_rounded_to_31_bits() {
        let of = |factor| {
            let Multiplier { mantissa, exponent } = Multiplier::new(factor);
            (mantissa, exponent)
        };
        assert_eq!(of(0.5), (1 << 30, 0));
        assert_eq!(of(1.0), (1 << 30, 1));
        assert_eq!(of(0.75), (3 << 29, 0));
        assert_eq!(of(0.1), (1_717_986_918, -3));
        // It rounds up to the next power of two.
        assert_eq!(of(1.0 - 1e-12), (1 << 30, 1));
        assert_eq!(of(2.0_f64.powi(40)), (i32::MAX, 30));
        assert_eq!(of(2.0_f64.powi(-32)), (1 << 30, -31));
        for none in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300, 2.0_f64.powi(-33)] {
            assert_eq!(of(none), (0, 0), "{none}");
        }
    }

    #[test]
    fn products_are_rounded_as_the_formula_says() {
        // gemmlowp's own lines, in wider numbers.
        let high = |a: i32, b: i32| {
            let product = i128::from(a) * i128::from(b);
            let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
            ((product + nudge) / (1 << 31)).min(i32::MAX.into()) as i32
        };
        let divide = |x: i32, exponent: u32| {
            let (half, one) = (if exponent == 0 { 0 } else { 1_i64 << (exponent - 1) }, 1_i64 << exponent);
            let x = i64::from(x);
            (x.signum() * ((x.abs() + half) / one)) as i32
        };
        let mut random = 1_u64;
        let mut next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Numbers of every size, many of them near powers of two.
            ((random >> 32) as i32) >> ((random >> 20) % 31)
        };
        let edges = [0, 1, -1, 2, -2, 1 << 30, -(1 << 30), i32::MAX, i32::MIN, i32::MIN + 1];
        for i in 0..20_000 {
            let a = edges.get(i / edges.len()).copied().unwrap_or_else(&mut next);
            let b = if i < 100 { edges[i % edges.len()] } else { next() };
            assert_eq!(high_product(a, b), high(a, b), "{a} {b}");
            let exponent = (i % 32) as u32;
            assert_eq!(divide_by_power_of_two(a, exponent), divide(a, exponent), "{a} {exponent}");
        }
    }
}
