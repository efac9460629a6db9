//! Metrics of the distance between outputs and targets, and the mean of a user's function.

use super::Metric;
use crate::Pod;
use crate::tensor::pod::flat;

/// The mean absolute difference between outputs and targets, over all numbers (MAE).
#[derive(Clone, Debug, Default)]
pub struct MeanAbsoluteError {
    sums: [f64; 2],
}

/// The root of the mean squared difference between outputs and targets, over all numbers (RMSE).
#[derive(Clone, Debug, Default)]
pub struct RootMeanSquaredError {
    sums: [f64; 2],
}

fn distances<Y: Pod<Element = f32>>(output: &Y, target: &Y) -> impl Iterator<Item = f64> {
    let pairs = flat(std::slice::from_ref(output)).iter().zip(flat(std::slice::from_ref(target)));
    pairs.map(|(y, t)| f64::from(*y) - f64::from(*t))
}

impl<Y: Pod<Element = f32>> Metric<Y, Y> for MeanAbsoluteError {
    fn name(&self) -> String {
        "mean absolute error".into()
    }
    fn add(&mut self, output: &Y, target: &Y) {
        for d in distances(output, target) {
            self.sums[0] += d.abs();
            self.sums[1] += 1.0;
        }
    }
    fn value(&self) -> f64 {
        self.sums[0] / self.sums[1]
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.sums
    }
}

impl<Y: Pod<Element = f32>> Metric<Y, Y> for RootMeanSquaredError {
    fn name(&self) -> String {
        "root mean squared error".into()
    }
    fn add(&mut self, output: &Y, target: &Y) {
        for d in distances(output, target) {
            self.sums[0] += d * d;
            self.sums[1] += 1.0;
        }
    }
    fn value(&self) -> f64 {
        (self.sums[0] / self.sums[1]).sqrt()
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.sums
    }
}

/// The mean over all samples of a function of output and target.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::train::{MeanOf, Metric};
/// let mut bias = MeanOf::new("bias", |y: &[f32; 1], t: &[f32; 1]| f64::from(y[0] - t[0]));
/// bias.add(&[3.0], &[1.0]);
/// bias.add(&[1.0], &[2.0]);
/// assert_eq!(bias.value(), 0.5);
/// ```
#[derive(Clone, Debug)]
pub struct MeanOf<F> {
    name: String,
    f: F,
    sums: [f64; 2],
}

impl<F> MeanOf<F> {
    /// Creates the mean of `f`, with the name of its column in a history.
    pub fn new<Y, T>(name: impl Into<String>, f: F) -> Self
    where
        F: Fn(&Y, &T) -> f64,
    {
        MeanOf { name: name.into(), f, sums: [0.0; 2] }
    }
}

impl<Y, T, F: Fn(&Y, &T) -> f64 + Send> Metric<Y, T> for MeanOf<F> {
    fn name(&self) -> String {
        self.name.clone()
    }
    fn add(&mut self, output: &Y, target: &T) {
        self.sums[0] += (self.f)(output, target);
        self.sums[1] += 1.0;
    }
    fn value(&self) -> f64 {
        self.sums[0] / self.sums[1]
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.sums
    }
}
