//! Means and deviations, which shift and scale numbers: a [`Normalizer`](super::Normalizer) without the type of its samples.

use crate::range;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Means and deviations of equal parts of a sample, or of each row of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scaling {
    pub means: Vec<f32>,
    pub deviations: Vec<f32>,
}

/// A fault in means or deviations: which of them, the expected numbers, and those that were found.
pub(crate) type Wrong = (&'static str, String, String);

impl Scaling {
    /// Checks that the numbers fit samples (or rows) of `len` numbers, whose first dimension is `channels`.
    pub fn check(&self, channels: usize, len: usize) -> Result<(), Wrong> {
        let Scaling { means, deviations } = self;
        let numbers = |n: usize| format!("{n} number{}", if n == 1 { "" } else { "s" });
        if means.is_empty() || ![1, channels, len].contains(&means.len()) {
            let expected = format!("1 number, or one for each of {channels} channels or {len} features");
            return Err(("means", expected, numbers(means.len())));
        }
        if deviations.len() != means.len() {
            let expected = format!("{}, as many as means", numbers(means.len()));
            return Err(("deviations", expected, numbers(deviations.len())));
        }
        if let Some(at) = means.iter().position(|mean| !mean.is_finite()) {
            return Err(("means", "finite numbers".into(), format!("{} at index {at}", range::text(means[at]))));
        }
        if let Some(at) = deviations.iter().position(|&deviation| !(deviation > 0.0 && deviation.is_finite())) {
            let found = format!("{} at index {at}", range::text(deviations[at]));
            return Err(("deviations", "finite numbers above 0".into(), found));
        }
        Ok(())
    }
    /// Normalises samples (or rows) of `len` numbers that lie side by side.
    pub fn apply(&self, numbers: &mut [f32], len: usize) {
        self.each(numbers, len, |number, mean, deviation| (number - mean) / deviation);
    }
    /// Reverses [`Scaling::apply`].
    pub fn undo(&self, numbers: &mut [f32], len: usize) {
        self.each(numbers, len, |number, mean, deviation| number * deviation + mean);
    }
    fn each(&self, numbers: &mut [f32], len: usize, f: impl Fn(f32, f32, f32) -> f32) {
        let size = len / self.means.len();
        let scales = self.means.iter().zip(&self.deviations).cycle();
        for (part, (&mean, &deviation)) in numbers.chunks_mut(size.max(1)).zip(scales) {
            part.iter_mut().for_each(|number| *number = f(*number, mean, deviation));
        }
    }
}

/// The numbers as text, each with as many digits as bring the same bits back; formats that know only `f64` could change them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    means: String,
    deviations: String,
}

impl Serialize for Scaling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |numbers: &[f32]| numbers.iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(" ");
        Texts { means: text(&self.means), deviations: text(&self.deviations) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Scaling {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Texts::deserialize(deserializer)?;
        let number = |word: &str| {
            let start: String = word.chars().take(20).collect();
            word.parse::<f32>().map_err(|_| serde::de::Error::custom(format!("expected a number, found `{start}`")))
        };
        let numbers = |text: &str| text.split_ascii_whitespace().map(number).collect::<Result<Vec<f32>, D::Error>>();
        Ok(Scaling { means: numbers(&texts.means)?, deviations: numbers(&texts.deviations)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_with_the_same_bits() {
        let numbers = |seed: u32| (0..20_000_u32).map(move |i| f32::from_bits((i ^ seed).wrapping_mul(2_654_435_761)));
        let finite = |seed| numbers(seed).filter(|x| x.is_finite()).take(10_000).collect::<Vec<_>>();
        let scaling = Scaling { means: finite(1), deviations: finite(77) };
        let text = serde_json::to_string(&scaling).unwrap();
        let back: Scaling = serde_json::from_str(&text).unwrap();
        let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&back.means), bits(&scaling.means));
        assert_eq!(bits(&back.deviations), bits(&scaling.deviations));
        let small = Scaling { means: vec![0.1, -2.0], deviations: vec![1e-40, 3.0] };
        assert_eq!(serde_json::to_string(&small).unwrap(), r#"{"means":"0.1 -2.0","deviations":"1e-40 3.0"}"#);
    }

    #[test]
    fn rows_and_groups_are_scaled() {
        let scaling = Scaling { means: vec![1.0, 10.0], deviations: vec![2.0, 5.0] };
        let mut rows = [3.0, 5.0, 20.0, 30.0, 1.0, 1.0, 10.0, 15.0];
        scaling.apply(&mut rows, 4);
        assert_eq!(rows, [1.0, 2.0, 2.0, 4.0, 0.0, 0.0, 0.0, 1.0]);
        scaling.undo(&mut rows, 4);
        assert_eq!(rows, [3.0, 5.0, 20.0, 30.0, 1.0, 1.0, 10.0, 15.0]);
    }
}
