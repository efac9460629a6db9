//! Real numbers as int8: a scale and a zero point for all numbers of a tensor.

use super::parameters::Parameters;
use crate::{Dtype, Entry, Role, Tensors};
use core::mem::offset_of;

/// The meaning of the int8 numbers of a value: `x = scale·(q - zero_point)`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Quantization {
    /// The distance of neighbours; positive.
    pub scale: f32,
    /// The number that means 0.
    pub zero_point: i8,
}

// SAFETY: two numbers, with these offsets.
unsafe impl Parameters for Quantization {
    const TENSORS: Tensors = Tensors(&[
        Entry::Tensor { name: "scale", shape: &[], offset: offset_of!(Self, scale), role: Role::Statistic },
        Entry::Integers { name: "zero_point", shape: &[], offset: offset_of!(Self, zero_point), dtype: Dtype::I8 },
    ]);
}

impl Quantization {
    /// Returns the number that is nearest to `x`, within the range of int8; NaN counts as 0.
    #[inline]
    pub fn quantize(self, x: f32) -> i8 {
        round(x / self.scale).saturating_add(self.zero_point.into()).clamp(i8::MIN.into(), i8::MAX.into()) as i8
    }
    /// Returns the real number.
    #[inline]
    pub fn dequantize(self, q: i8) -> f32 {
        self.scale * (i32::from(q) - i32::from(self.zero_point)) as f32
    }
}

/// Rounds to the nearest number, half away from zero; `core` has no `f32::round`.
#[inline]
fn round(x: f32) -> i32 {
    // A conversion saturates, and makes 0 of NaN. What is cut off is exact.
    let whole = x as i32;
    let rest = x - whole as f32;
    whole.saturating_add((rest >= 0.5) as i32 - (rest <= -0.5) as i32)
}

/// Quantizes `x` into `y`, element by element.
pub fn quantize(quantization: Quantization, x: &[f32], y: &mut [i8]) {
    x.iter().zip(y).for_each(|(&x, y)| *y = quantization.quantize(x));
}

/// Dequantizes `x` into `y`, element by element.
pub fn dequantize(quantization: Quantization, x: &[i8], y: &mut [f32]) {
    x.iter().zip(y).for_each(|(&x, y)| *y = quantization.dequantize(x));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_clamped() {
        let q = Quantization { scale: 0.5, zero_point: 3 };
        for (x, expected) in [
            (0.0, 3),
            (0.2, 3),
            (0.25, 4),
            (-0.25, 2),
            (1.0, 5),
            (62.0, 127),
            (1e30, 127),
            (f32::INFINITY, 127),
            (-65.5, -128),
            (f32::NEG_INFINITY, -128),
            (f32::NAN, 3),
            (0.249_999_99, 3),
        ] {
            assert_eq!(q.quantize(x), expected, "{x}");
        }
        for i in -128..=127 {
            assert_eq!(q.quantize(q.dequantize(i)), i);
        }
        // `x + 0.5` would round up.
        assert_eq!(round(0.499_999_97), 0);
        assert_eq!([round(2.5), round(-2.5), round(8_388_609.0)], [3, -3, 8_388_609]);
    }
}
