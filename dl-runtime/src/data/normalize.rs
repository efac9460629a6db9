//! Normalisation to mean 0 and standard deviation 1, measured on the training set and applied to all data.

use super::Sample;
use super::scaling::Scaling;
use super::text::file;
use crate::tensor::pod::{flat, flat_mut};
use crate::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::marker::PhantomData;
use std::path::Path;

/// Shifts and scales numbers such that the training data has mean 0 and standard deviation 1.
///
/// The means and deviations are measured on the training set only, and applied to the test set and all later inputs too:
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::{Dataset, Normalizer};
/// let mut train = Dataset::new(vec![[1.0, 10.0], [3.0, 50.0]], vec![0, 1])?;
/// let mut test = Dataset::new(vec![[2.0, 70.0]], vec![1])?;
/// let normalizer = Normalizer::per_feature(&train.inputs)?;
/// normalizer.apply(&mut train.inputs);
/// normalizer.apply(&mut test.inputs);
/// assert_eq!(train.inputs, [[-1.0, -1.0], [1.0, 1.0]]);
/// assert_eq!(test.inputs, [[0.0, 2.0]]);
/// # Ok::<(), dl::Error>(())
/// ```
///
/// It belongs to the network that was trained with it: a [`Predictor`](crate::Predictor) keeps both in one file. [`Normalizer::save`] writes one
/// to a file of its own, and serde to any format; the numbers come back with the same bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalizer<I> {
    scaling: Scaling,
    samples: PhantomData<fn(&I)>,
}

impl<I: Sample<Element = f32>> Normalizer<I> {
    /// Measures every feature (number of a sample) separately, as needed for tables, whose columns have different units.
    ///
    /// # Errors
    /// Returns [`Error::Empty`] without samples, and [`Error::SampleNotFinite`] for a number that is NaN or infinite.
    pub fn per_feature(samples: &[I]) -> Result<Self> {
        Self::measured(samples, I::LEN)
    }
    /// Measures every index of the first dimension of a sample separately; for an image these are the channels.
    ///
    /// # Errors
    /// Returns [`Error::Empty`] without samples, and [`Error::SampleNotFinite`] for a number that is NaN or infinite.
    pub fn per_channel(samples: &[I]) -> Result<Self> {
        Self::measured(samples, I::shape().first().copied().unwrap_or(1))
    }
    /// Measures all numbers together.
    ///
    /// # Errors
    /// Returns [`Error::Empty`] without samples, and [`Error::SampleNotFinite`] for a number that is NaN or infinite.
    pub fn global(samples: &[I]) -> Result<Self> {
        Self::measured(samples, 1)
    }
    /// Creates a normaliser from given means and standard deviations, such as those of an earlier training: one in total, one per channel
    /// or one per feature. Means must be finite, and deviations finite and above 0.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::Normalizer;
    /// let measured = Normalizer::per_feature(&[[1.0, 10.0], [3.0, 50.0]])?;
    /// let again = Normalizer::from_parts(measured.means().to_vec(), measured.deviations().to_vec())?;
    /// assert_eq!(measured, again);
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::Setting`] about a number or the length of a list.
    pub fn from_parts(means: Vec<f32>, deviations: Vec<f32>) -> Result<Self> {
        let scaling = Scaling { means, deviations };
        let channels = I::shape().first().copied().unwrap_or(1);
        match scaling.check(channels, I::LEN) {
            Ok(()) => Ok(Normalizer { scaling, samples: PhantomData }),
            Err((setting, expected, found)) => Err(Error::Setting { setting, of: "Normalizer", expected, found }),
        }
    }
    /// Writes the numbers to a file, as JSON.
    ///
    /// # Errors
    /// Returns [`Error::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::save(self, path.as_ref())
    }
    /// Reads a file that [`Normalizer::save`] wrote.
    ///
    /// # Errors
    /// Returns [`Error::Io`], and [`Error::Format`] for a file without numbers that fit the samples.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        file::load(path.as_ref(), "the means and deviations of a normaliser")
    }
    /// Normalises `samples` in place.
    pub fn apply(&self, samples: &mut [I]) {
        self.scaling.apply(flat_mut(samples), I::LEN);
    }
    /// Reverses [`Normalizer::apply`], for the outputs of a network that was trained on normalised targets.
    pub fn undo(&self, samples: &mut [I]) {
        self.scaling.undo(flat_mut(samples), I::LEN);
    }
    /// The means, which are subtracted: one in total, one per channel or one per feature.
    pub fn means(&self) -> &[f32] {
        &self.scaling.means
    }
    /// The standard deviations, which numbers are divided by; there are as many as means. A deviation is 1 if all samples are equal.
    pub fn deviations(&self) -> &[f32] {
        &self.scaling.deviations
    }

    fn measured(samples: &[I], groups: usize) -> Result<Self> {
        if samples.is_empty() || I::LEN == 0 {
            return Err(Error::Empty { what: "set of samples to normalise by" });
        }
        let numbers = flat(samples);
        if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
            let mut rest = at % I::LEN;
            let mut index: Vec<usize> = I::shape()
                .iter()
                .rev()
                .map(|size| {
                    let index = rest % size;
                    rest /= size;
                    index
                })
                .collect();
            index.reverse();
            return Err(Error::SampleNotFinite { sample: at / I::LEN, index, value: numbers[at] });
        }
        let (means, deviations) = measure(numbers, I::LEN, groups);
        Ok(Normalizer { scaling: Scaling { means, deviations }, samples: PhantomData })
    }
}

impl<I> Normalizer<I> {
    pub(crate) fn scaling(&self) -> &Scaling {
        &self.scaling
    }
}

impl<I> Serialize for Normalizer<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.scaling.serialize(serializer)
    }
}

impl<'de, I: Sample<Element = f32>> Deserialize<'de> for Normalizer<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Scaling { means, deviations } = Scaling::deserialize(deserializer)?;
        Self::from_parts(means, deviations).map_err(serde::de::Error::custom)
    }
}

/// Returns the means and standard deviations (of the population) of each of `groups` equal parts of samples of `len` numbers.
fn measure(numbers: &[f32], len: usize, groups: usize) -> (Vec<f32>, Vec<f32>) {
    let size = len / groups;
    let count = (numbers.len() / groups) as f64;
    let sums = |f: &dyn Fn(usize, f64) -> f64| {
        let mut sums = vec![0.0; groups];
        for (i, part) in numbers.chunks(size).enumerate() {
            sums[i % groups] += part.iter().map(|number| f(i % groups, f64::from(*number))).sum::<f64>();
        }
        sums
    };
    let means: Vec<f64> = sums(&|_, number| number).into_iter().map(|sum| sum / count).collect();
    // The deviations are computed from the means in a second pass, because the difference of large squares would lose digits.
    let squares = sums(&|group, number| (number - means[group]).powi(2));
    // Numbers that do not vary need no scale, and a deviation of 0 would divide by 0.
    let deviation = |sum: f64| Some((sum / count).sqrt() as f32).filter(|deviation| *deviation > 0.0).unwrap_or(1.0);
    (means.iter().map(|mean| *mean as f32).collect(), squares.into_iter().map(deviation).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples have two channels of 1×2; the values of the second are far from 0.
    const SAMPLES: [[[[f32; 2]; 1]; 2]; 3] =
        [[[[0.0, 1.0]], [[1e6, 1e6]]], [[[2.0, 3.0]], [[1e6 + 2.0, 1e6]]], [[[4.0, 5.0]], [[1e6 + 1.0, 1e6]]]];

    #[test]
    fn means_and_deviations_are_those_of_numpy() {
        // x.mean(0), x.std(0); x.mean((0, 2, 3)), x.std((0, 2, 3)); x.mean(), x.std()
        let features = Normalizer::per_feature(&SAMPLES).unwrap();
        assert_eq!(features.means(), [2.0, 3.0, 1_000_001.0, 1e6]);
        assert_eq!(features.deviations(), [1.632_993_2, 1.632_993_2, 0.816_496_6, 1.0]);
        let channels = Normalizer::per_channel(&SAMPLES).unwrap();
        assert_eq!(channels.means(), [2.5, 1_000_000.5]);
        assert_eq!(channels.deviations(), [1.707_825_2, 0.763_762_6]);
        let global = Normalizer::global(&SAMPLES).unwrap();
        assert_eq!((global.means(), global.deviations()), (&[500_001.5][..], &[499_999.0][..]));
    }

    #[test]
    fn normalising_gives_mean_0_and_deviation_1_and_can_be_undone() {
        let mut samples = SAMPLES.map(|[first, _]| [first]);
        for normalizer in [Normalizer::per_feature(&samples), Normalizer::per_channel(&samples)] {
            let normalizer = normalizer.unwrap();
            normalizer.apply(&mut samples);
            let after = Normalizer::per_channel(&samples).unwrap();
            assert!(after.means()[0].abs() < 1e-6 && (after.deviations()[0] - 1.0).abs() < 1e-6);
            normalizer.undo(&mut samples);
            let original = SAMPLES.map(|[first, _]| [first]);
            assert!(flat(&samples).iter().zip(flat(&original)).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_reported_with_their_position() {
        let reported = |error: Result<Normalizer<_>>| error.unwrap_err().to_string();
        let rows = [[1.0, 2.0], [3.0, f32::NAN], [f32::INFINITY, 0.0]];
        let expected = "sample 1: expected finite numbers, found NaN in column 1";
        assert_eq!(reported(Normalizer::per_feature(&rows)), expected);
        assert_eq!(reported(Normalizer::global(&rows)), expected);
        let mut images = SAMPLES;
        images[2][1][0][1] = f32::NEG_INFINITY;
        let error = Normalizer::per_channel(&images).unwrap_err().to_string();
        assert_eq!(error, "sample 2: expected finite numbers, found -inf at [1, 0, 1]");
    }

    #[test]
    fn parts_are_checked() {
        let parts = |means: &[f32], deviations: &[f32]| {
            Normalizer::<[[[f32; 2]; 1]; 2]>::from_parts(means.to_vec(), deviations.to_vec()).map_err(|e| e.to_string())
        };
        let measured = Normalizer::per_channel(&SAMPLES).unwrap();
        assert_eq!(parts(measured.means(), measured.deviations()), Ok(measured));
        assert!(parts(&[0.0], &[1.0]).is_ok() && parts(&[0.0; 4], &[1.0; 4]).is_ok());
        let reported = |means: &[f32], deviations: &[f32]| parts(means, deviations).unwrap_err();
        let lengths = "it must be 1 number, or one for each of 2 channels or 4 features";
        assert_eq!(reported(&[], &[]), format!("`means` of `Normalizer` is 0 numbers; {lengths}"));
        assert_eq!(reported(&[0.0; 3], &[1.0; 3]), format!("`means` of `Normalizer` is 3 numbers; {lengths}"));
        assert_eq!(
            reported(&[0.0; 2], &[1.0]),
            "`deviations` of `Normalizer` is 1 number; it must be 2 numbers, as many as means"
        );
        assert_eq!(
            reported(&[0.0, f32::NAN], &[1.0; 2]),
            "`means` of `Normalizer` is NaN at index 1; it must be finite numbers"
        );
        assert_eq!(
            reported(&[0.0; 2], &[1.0, 0.0]),
            "`deviations` of `Normalizer` is 0 at index 1; it must be finite numbers above 0"
        );
    }

    #[test]
    fn files_keep_the_bits_and_are_checked() {
        let path = std::env::temp_dir().join(format!("dl-normalizer-{}.json", std::process::id()));
        let measured = Normalizer::per_channel(&SAMPLES).unwrap();
        measured.save(&path).unwrap();
        assert_eq!(Normalizer::load(&path).unwrap(), measured);
        let error = Normalizer::<[f32; 5]>::load(&path).unwrap_err().to_string();
        assert!(error.ends_with("it must be 1 number, or one for each of 5 channels or 5 features"), "{error}");
        std::fs::write(&path, r#"{"means":"1 x","deviations":"1 1"}"#).unwrap();
        let error = Normalizer::<[f32; 2]>::load(&path).unwrap_err().to_string();
        assert!(error.contains("expected a number, found `x`"), "{error}");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn nothing_to_measure_is_an_error() {
        let error = Normalizer::<[f32; 2]>::per_feature(&[]).unwrap_err().to_string();
        assert_eq!(error, "the set of samples to normalise by is empty");
    }
}
