//! Samples are nested arrays; their shape is checked against that of a file or an array that is read into them.

use crate::Pod;
use crate::tensor::Element;

/// A number type of samples: `f32`, or `u32` for classes and tokens.
pub trait Number: Element + private::Sealed {
    /// The description of such numbers in errors.
    #[doc(hidden)]
    const EXPECTED: &'static str;
    /// Converts to the nearest number of this type; returns `None` if it is out of range, or not whole for `u32`.
    #[doc(hidden)]
    fn from_f64(value: f64) -> Option<Self>;
    /// Converts to a number that holds every value of this type.
    #[doc(hidden)]
    fn to_f64(self) -> f64;
    /// Parses a field of a table.
    #[doc(hidden)]
    fn parse(text: &str) -> Option<Self>;
    /// Converts bytes; both slices have the same length.
    #[doc(hidden)]
    fn from_u8(bytes: &[u8], to: &mut [Self]);
}

impl Number for f32 {
    const EXPECTED: &'static str = "a finite number";
    fn from_f64(value: f64) -> Option<f32> {
        Some(value as f32).filter(|value| value.is_finite())
    }
    fn to_f64(self) -> f64 {
        self.into()
    }
    fn parse(text: &str) -> Option<f32> {
        text.parse().ok().filter(|value: &f32| value.is_finite())
    }
    fn from_u8(bytes: &[u8], to: &mut [f32]) {
        to.iter_mut().zip(bytes).for_each(|(to, byte)| *to = f32::from(*byte));
    }
}

impl Number for u32 {
    const EXPECTED: &'static str = "a whole number of 0 to 4294967295";
    fn from_f64(value: f64) -> Option<u32> {
        Some(value as u32).filter(|whole| f64::from(*whole) == value)
    }
    fn to_f64(self) -> f64 {
        self.into()
    }
    fn parse(text: &str) -> Option<u32> {
        // Whole numbers may be written as `1.0` and `1e0`, because a column that once had a blank cell is written so.
        text.parse().ok().or_else(|| text.parse().ok().and_then(u32::from_f64))
    }
    fn from_u8(bytes: &[u8], to: &mut [u32]) {
        to.iter_mut().zip(bytes).for_each(|(to, byte)| *to = u32::from(*byte));
    }
}

/// One input or target of fixed shape: `f32`, `u32`, or nested arrays such as `[[[f32; 28]; 28]; 1]`.
pub trait Sample: Pod<Element: Number> + Copy {
    /// Returns the sizes, outermost first; there are none for a single number.
    fn shape() -> Vec<usize>;
}

impl Sample for f32 {
    fn shape() -> Vec<usize> {
        Vec::new()
    }
}

impl Sample for u32 {
    fn shape() -> Vec<usize> {
        Vec::new()
    }
}

impl<T: Sample, const N: usize> Sample for [T; N] {
    fn shape() -> Vec<usize> {
        let mut shape = T::shape();
        shape.insert(0, N);
        shape
    }
}

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for u32 {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_outermost_first() {
        assert_eq!(<[[[f32; 4]; 3]; 1]>::shape(), [1, 3, 4]);
        assert_eq!(u32::shape(), [0; 0]);
    }

    #[test]
    fn whole_numbers_are_read_by_value() {
        for (text, number) in [
            ("1", Some(1)),
            ("1.0", Some(1)),
            ("0.0", Some(0)),
            ("1e0", Some(1)),
            ("-0.0", Some(0)),
            ("+2", Some(2)),
            ("03.", Some(3)),
            ("4.2e1", Some(42)),
            ("4294967295", Some(u32::MAX)),
            ("4294967295.0", Some(u32::MAX)),
            ("4294967296", None),
            ("4294967296.0", None),
            ("1.5", None),
            ("1e-1", None),
            ("-1", None),
            ("-1.0", None),
            ("True", None),
            ("", None),
            ("NaN", None),
            ("nan", None),
            ("inf", None),
            ("1,0", None),
            ("0x1", None),
        ] {
            assert_eq!(u32::parse(text), number, "{text}");
        }
    }

    #[test]
    fn classes_are_whole_numbers() {
        let cases =
            [(3.0, Some(3)), (-0.0, Some(0)), (2.5, None), (-1.0, None), (4_294_967_296.0, None), (f64::NAN, None)];
        for (value, class) in cases {
            assert_eq!(u32::from_f64(value), class, "{value}");
        }
        assert_eq!((f32::from_f64(1e300), f32::from_f64(0.1)), (None, Some(0.1)));
    }
}
