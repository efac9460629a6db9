//! Ranges of settings as data, and the check that a number is in its range.

use crate::{Error, Result};
use std::fmt::{Display, LowerExp};
use std::ops::Bound::{Excluded, Included};
use std::ops::{Bound, RangeBounds};

/// A range of numbers. NaN is in no range.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    low: Bound<f64>,
    high: Bound<f64>,
    /// The text after "it must be" in an error.
    words: &'static str,
}

/// Kernels compute in `f32`, in which larger numbers are infinite.
const LARGEST: Bound<f64> = Included(f32::MAX as f64);

/// A number of at least 0.
pub(crate) const NOT_NEGATIVE: Range =
    Range { low: Included(0.0), high: LARGEST, words: "a finite number of at least 0" };
/// A number above 0.
pub(crate) const POSITIVE: Range = Range { low: Excluded(0.0), high: LARGEST, words: "a finite number above 0" };
/// A number above 0, or infinity for no limit.
pub(crate) const LIMIT: Range =
    Range { low: Excluded(0.0), high: Included(f64::INFINITY), words: "a number above 0 (infinity for no limit)" };
/// The part of a running mean that a step keeps; with 1 the mean would never change.
pub(crate) const KEPT: Range = Range { low: Included(0.0), high: Excluded(1.0), words: "at least 0 and below 1" };
/// The divisor of a learning rate.
pub(crate) const DIVISOR: Range =
    Range { low: Included(1e-6), high: LARGEST, words: "a finite number of at least 1e-6" };
/// A multiple of at least 1.
pub(crate) const FROM_ONE: Range = Range { low: Included(1.0), high: LARGEST, words: "a finite number of at least 1" };
/// A margin, whose square must be finite.
pub(crate) const MARGIN: Range = Range { low: Excluded(0.0), high: Included(1e18), words: "above 0 and at most 1e18" };
/// A fraction from 0 to 1.
pub(crate) const SHARE: Range = Range { low: Included(0.0), high: Included(1.0), words: "from 0 to 1" };
/// A cosine, from -1 to 1.
pub(crate) const COSINE: Range = Range { low: Included(-1.0), high: Included(1.0), words: "from -1 to 1" };
/// The ε of an optimizer. With a smaller one, a gradient whose square underflows in `f32` would be divided by almost nothing, and 0 by 0.
pub(crate) const EPSILON: Range =
    Range { low: Included(1e-18), high: LARGEST, words: "a finite number of at least 1e-18" };

impl Range {
    /// The numbers above `low` up to `high`; `words` come after "it must be" in an error.
    pub const fn above(low: f64, high: f64, words: &'static str) -> Self {
        Range { low: Excluded(low), high: Included(high), words }
    }
    /// Checks the setting `setting` of `of`.
    pub fn check<N: Number>(self, of: &'static str, setting: &'static str, value: N) -> Result<()> {
        if (self.low, self.high).contains(&value.into()) {
            return Ok(());
        }
        let number = value.into();
        // Without these words, "it must be finite" would be confusing for a number that is finite in `f64`.
        let too_large = number.is_finite() && number.abs() > f64::from(f32::MAX);
        let found = text(value) + if too_large { ", too large for an `f32`" } else { "" };
        Err(Error::Setting { setting, of, expected: self.words.into(), found })
    }
}

/// Checks all settings of `of`, each against its range.
pub(crate) fn check<N: Number>(of: &'static str, settings: &[(&'static str, N, Range)]) -> Result<()> {
    settings.iter().try_for_each(|(setting, value, range)| range.check(of, setting, *value))
}

/// Checks that a count is at least 1.
pub(crate) fn at_least_one(of: &'static str, setting: &'static str, count: u64) -> Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::Setting { setting, of, expected: "a whole number of at least 1".into(), found: "0".into() })
}

/// `f32` or `f64`.
pub(crate) trait Number: Copy + Display + LowerExp + Into<f64> {}
impl<N: Copy + Display + LowerExp + Into<f64>> Number for N {}

/// Formats a number in its usual notation: `0.001`, `1e300`.
pub(crate) fn text(value: impl Number) -> String {
    let size = value.into().abs();
    if size != 0.0 && size.is_finite() && !(1e-5..1e9).contains(&size) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_belong_to_a_range_where_its_words_say_so() {
        let good = |range: Range, value: f64| range.check("Test", "number", value).is_ok();
        for (range, inside, outside) in [
            (NOT_NEGATIVE, [0.0, 3e38], [-1e-300, 4e38]),
            (POSITIVE, [1e-300, 3e38], [0.0, f64::INFINITY]),
            (LIMIT, [1e-300, f64::INFINITY], [0.0, -1.0]),
            (DIVISOR, [1e-6, 3e38], [0.0, f64::INFINITY]),
            (MARGIN, [1e-300, 1e18], [0.0, 1.1e18]),
            (FROM_ONE, [1.0, 3e38], [0.999, f64::INFINITY]),
            (KEPT, [0.0, 0.999], [-1e-300, 1.0]),
            (SHARE, [0.0, 1.0], [-1e-300, 1.001]),
            (COSINE, [-1.0, 1.0], [-1.001, 1.001]),
            (EPSILON, [1e-18, 1.0], [0.0, f64::INFINITY]),
        ] {
            assert!(inside.iter().all(|value| good(range, *value)), "{range:?}");
            assert!(outside.iter().all(|value| !good(range, *value)), "{range:?}");
            assert!(!good(range, f64::NAN), "{range:?}");
        }
    }

    #[test]
    fn errors_name_setting_value_and_range() {
        let error = |value: f64| NOT_NEGATIVE.check("Adam", "learning_rate", value).unwrap_err().to_string();
        let range = "it must be a finite number of at least 0";
        assert_eq!(error(-0.01), format!("`learning_rate` of `Adam` is -0.01; {range}"));
        assert_eq!(error(f64::NAN), format!("`learning_rate` of `Adam` is NaN; {range}"));
        assert_eq!(error(f64::NEG_INFINITY), format!("`learning_rate` of `Adam` is -inf; {range}"));
        assert_eq!(error(1e300), format!("`learning_rate` of `Adam` is 1e300, too large for an `f32`; {range}"));
        assert_eq!(text(-0.1f32), "-0.1");
        assert_eq!(text(1e-20), "1e-20");
    }
}
