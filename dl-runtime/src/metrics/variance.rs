//! The shares of the variance of targets that outputs explain: R² and explained variance.

use super::Metric;
use crate::Pod;
use crate::tensor::pod::flat;

/// Follows a mean and the sum of squares about it by Welford's method, which does not cancel for large means.
fn follow([mean, squares]: &mut [f64; 2], x: f64, count: f64) {
    let before = x - *mean;
    *mean += before / count;
    *squares += before * (x - *mean);
}

/// Returns `1 − rest / whole`. Without any variance in the targets it is 1 if nothing is left and 0 otherwise, as scikit-learn has it.
fn explained(rest: f64, whole: f64) -> f64 {
    if whole == 0.0 { f64::from(rest == 0.0) } else { 1.0 - rest / whole }
}

/// The sums over an epoch: the number of samples, and four numbers for each number of an output: the mean and the squares of its target,
/// and those of its error.
#[derive(Clone, Debug, Default)]
struct Sums(Vec<f64>);

impl Sums {
    fn make_room(&mut self, numbers: usize) -> &mut [f64] {
        self.0.resize(1 + 4 * numbers, 0.0);
        &mut self.0
    }
    fn add<Y: Pod<Element = f32>>(&mut self, output: &Y, target: &Y) {
        let [count, numbers @ ..] = self.make_room(Y::LEN) else { return };
        *count += 1.0;
        let pairs = flat(std::slice::from_ref(output)).iter().zip(flat(std::slice::from_ref(target)));
        for ((y, t), [targets, errors]) in pairs.zip(numbers.as_chunks_mut::<2>().0.as_chunks_mut::<2>().0) {
            follow(targets, f64::from(*t), *count);
            follow(errors, f64::from(*t) - f64::from(*y), *count);
        }
    }
    /// Returns the mean over all numbers of an output of `number`, which gets the count, the sums of a target and those of its error.
    fn mean(&self, least: f64, number: fn(f64, [f64; 2], [f64; 2]) -> f64) -> f64 {
        let (count, numbers) = self.0.split_first().map_or((0.0, &[][..]), |(count, numbers)| (*count, numbers));
        let numbers = numbers.as_chunks::<2>().0.as_chunks::<2>().0;
        if count < least {
            return f64::NAN;
        }
        numbers.iter().map(|[target, error]| number(count, *target, *error)).sum::<f64>() / numbers.len() as f64
    }
}

/// The coefficient of determination: `R² = 1 − Σ(t − y)² / Σ(t − mean of t)²`.
///
/// It is 1 for exact outputs, and 0 for the mean of the targets. An output of several numbers has the mean of their R²
/// (`multioutput="uniform_average"` in scikit-learn). A target that is always the same has 1 if all outputs are exact, and otherwise 0.
/// It needs two samples, and is NaN before.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::train::{Metric, R2};
/// let mut r2 = R2::default();
/// for (output, target) in [(1.0, 1.0), (2.0, 2.0), (3.0, 4.0), (4.0, 5.0)] {
///     r2.add(&[output], &[target]);
/// }
/// assert_eq!(Metric::<[f32; 1], _>::value(&r2), 0.8);
/// ```
#[doc(alias = "coefficient of determination")]
#[derive(Clone, Debug, Default)]
pub struct R2 {
    sums: Sums,
}

impl<Y: Pod<Element = f32>> Metric<Y, Y> for R2 {
    fn name(&self) -> String {
        "R²".into()
    }
    fn add(&mut self, output: &Y, target: &Y) {
        self.sums.add(output, target);
    }
    fn value(&self) -> f64 {
        self.sums.mean(2.0, |count, target, error| explained(error[1] + count * error[0] * error[0], target[1]))
    }
    fn sums(&mut self) -> &mut [f64] {
        self.sums.make_room(Y::LEN)
    }
}

/// The explained variance: `1 − Var(t − y) / Var(t)`. It is [`R2`] without the mean error: a constant that is added to all outputs does
/// not change it.
#[derive(Clone, Debug, Default)]
pub struct ExplainedVariance {
    sums: Sums,
}

impl<Y: Pod<Element = f32>> Metric<Y, Y> for ExplainedVariance {
    fn name(&self) -> String {
        "explained variance".into()
    }
    fn add(&mut self, output: &Y, target: &Y) {
        self.sums.add(output, target);
    }
    fn value(&self) -> f64 {
        self.sums.mean(1.0, |_, target, error| explained(error[1], target[1]))
    }
    fn sums(&mut self) -> &mut [f64] {
        self.sums.make_room(Y::LEN)
    }
}
