//! A histogram of numbers: how many of them lie in each of some bins of equal width, with their mean and deviation.

use std::fmt;

/// The counts of numbers in bins of equal width between the smallest and the largest of them.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::plot::Histogram;
/// let histogram = Histogram::of(&[0.0, 0.1, 0.2, 1.0], 4);
/// assert_eq!(histogram.counts, [3, 0, 0, 1]);
/// assert_eq!((histogram.min, histogram.max), (0.0, 1.0));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The smallest number; 0 if there are none.
    pub min: f64,
    /// The largest number; 0 if there are none.
    pub max: f64,
    /// The sum of the numbers.
    pub sum: f64,
    /// The sum of the squares of the numbers.
    pub squares: f64,
    /// The number of numbers that are finite; others are in no bin and in no sum.
    pub finite: u64,
    /// The number of numbers that are exactly 0.
    pub zeros: u64,
    /// The number of numbers in each bin; a bin contains its lower edge, and the last one its upper edge too.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Counts numbers in `bins` bins.
    pub fn of(numbers: &[f32], bins: usize) -> Self {
        let finite = || numbers.iter().filter(|x| x.is_finite()).map(|x| f64::from(*x));
        let mut histogram = Histogram { counts: vec![0; bins], ..Histogram::default() };
        let (min, max) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        if min > max {
            return histogram;
        }
        (histogram.min, histogram.max) = (min, max);
        let scale = if max > min { bins as f64 / (max - min) } else { 0.0 };
        for x in finite() {
            histogram.finite += 1;
            histogram.sum += x;
            histogram.squares += x * x;
            histogram.zeros += u64::from(x == 0.0);
            let bin = ((x - min) * scale) as usize;
            if let Some(count) = histogram.counts.get_mut(bin.min(bins.saturating_sub(1))) {
                *count += 1;
            }
        }
        histogram
    }
    /// Returns the mean; NaN if there are no numbers.
    pub fn mean(&self) -> f64 {
        self.sum / self.finite as f64
    }
    /// Returns the standard deviation of the numbers; NaN if there are none.
    pub fn deviation(&self) -> f64 {
        (self.squares / self.finite as f64 - self.mean().powi(2)).max(0.0).sqrt()
    }
    /// Returns the upper edge of each bin.
    pub fn edges(&self) -> impl Iterator<Item = f64> {
        let (min, width, bins) = (self.min, (self.max - self.min) / self.counts.len() as f64, self.counts.len());
        (1..=bins).map(move |bin| if bin == bins { self.max } else { min + width * bin as f64 })
    }
}

/// The bins as a line of bars: `▁▂▅█▆▃▁`. A bin that is not empty is at least a low bar.
impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let most = self.counts.iter().copied().max().unwrap_or(0).max(1);
        let bar = |count: u64| BARS[(count as u128 * 8).div_ceil(u128::from(most)) as usize];
        self.counts.iter().try_for_each(|count| fmt::Write::write_char(f, bar(*count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_and_bars() {
        let histogram = Histogram::of(&[-1.0, -0.5, 0.0, 0.0, 0.9, 1.0, f32::NAN, f32::INFINITY], 4);
        assert_eq!(histogram.counts, [1, 1, 2, 2]);
        assert_eq!((histogram.finite, histogram.zeros), (6, 2));
        assert_eq!(histogram.edges().collect::<Vec<_>>(), [-0.5, 0.0, 0.5, 1.0]);
        assert_eq!(histogram.to_string(), "▄▄██");
        assert!((histogram.mean() - 0.4 / 6.0).abs() < 1e-7);
        let same = Histogram::of(&[0.5; 3], 3);
        assert_eq!((same.counts.as_slice(), same.deviation()), (&[3, 0, 0][..], 0.0));
        for nothing in [Histogram::of(&[], 3), Histogram::of(&[f32::NAN], 3)] {
            assert_eq!((nothing.to_string().as_str(), nothing.min, nothing.max), ("   ", 0.0, 0.0));
            assert!(nothing.mean().is_nan());
        }
        assert_eq!(Histogram::of(&[1.0], 0).to_string(), "");
    }
}
