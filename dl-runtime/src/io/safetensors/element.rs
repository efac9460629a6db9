//! The element types of files that can be converted to `f32`.

use super::Dtype;

/// An element type that can be converted to `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F32,
    F16,
    BF16,
    F64,
}

impl Element {
    /// Returns the element type for `dtype`; `None` for integers and other types that networks do not compute with.
    pub(super) fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F32 => Some(Element::F32),
            Dtype::F16 => Some(Element::F16),
            Dtype::BF16 => Some(Element::BF16),
            Dtype::F64 => Some(Element::F64),
            _ => None,
        }
    }
    /// Returns the size of one element in bytes.
    pub(super) fn size(self) -> usize {
        match self {
            Element::F16 | Element::BF16 => 2,
            Element::F32 => 4,
            Element::F64 => 8,
        }
    }
    /// Converts little-endian elements; both slices have the same number of elements.
    pub(super) fn decode(self, bytes: &[u8], to: &mut [f32]) {
        match self {
            Element::F32 => each(bytes, to, f32::from_le_bytes),
            Element::F16 => each(bytes, to, |b| half(u16::from_le_bytes(b))),
            Element::BF16 => each(bytes, to, |b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16)),
            // A number that is too large for `f32` becomes an infinity, and is reported as one.
            Element::F64 => each(bytes, to, |b| f64::from_le_bytes(b) as f32),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], to: &mut [f32], f: impl Fn([u8; N]) -> f32) {
    for (to, bytes) in to.iter_mut().zip(bytes.as_chunks::<N>().0) {
        *to = f(*bytes);
    }
}

/// Converts an IEEE 754 binary16 number.
fn half(bits: u16) -> f32 {
    let (sign, rest) = (u32::from(bits >> 15) << 31, u32::from(bits & 0x7fff));
    // With its 10 fraction bits and 5 exponent bits at the positions of a binary32, the number is 2¹¹² times too small; the
    // multiplication is exact, even for subnormal numbers.
    let magnitude = match rest {
        0x7c00.. => f32::from_bits(0x7f80_0000 | (rest & 0x3ff) << 13),
        _ => f32::from_bits(rest << 13) * f32::from_bits((127 + 112) << 23),
    };
    f32::from_bits(sign | magnitude.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_what_the_standard_says() {
        let cases = [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5), // the smallest normal number
            (0x0001, 5.960_464_5e-8), // the smallest subnormal number
            (0x83ff, -6.097_555e-5),  // the largest subnormal number, negative
            (0x3555, 0.333_251_95),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ];
        for (bits, value) in cases {
            assert_eq!(half(bits).to_bits(), f32::to_bits(value), "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
        // Every finite half is compared with its definition.
        for bits in (0..=u16::MAX).filter(|bits| bits & 0x7c00 != 0x7c00) {
            let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff) / 1024.0);
            let magnitude =
                if exponent == 0 { fraction * 2f64.powi(-14) } else { (1.0 + fraction) * 2f64.powi(exponent - 15) };
            assert_eq!(f64::from(half(bits)), if bits >> 15 == 1 { -magnitude } else { magnitude });
        }
    }

    #[test]
    fn other_types_are_converted() {
        let mut to = [0.0; 2];
        Element::BF16.decode(&[0x80, 0x3f, 0x00, 0xc0], &mut to);
        assert_eq!(to, [1.0, -2.0]);
        Element::F64.decode(&[0.1f64.to_le_bytes(), 1e300f64.to_le_bytes()].concat(), &mut to);
        assert_eq!(to, [0.1, f32::INFINITY]);
        assert_eq!(Element::of(Dtype::I64), None);
    }
}
