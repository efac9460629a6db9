//! Reports the terms of a loss as metrics of a training.

use crate::metrics::{Metric, Metrics};
use crate::network::{Passes, Row, Term};
use crate::session::Criterion;

/// Returns the terms that are reported. A single term is the loss itself, and is not reported twice.
pub(super) fn reported<M: Passes, C: Criterion<M>>() -> &'static [Term] {
    if C::TERMS.len() > 1 { C::TERMS } else { &[] }
}

/// Returns one metric for each reported term.
pub(super) fn metrics<M: Passes, C: Criterion<M>>() -> Metrics<Row<M::Output>, Row<C::Target>> {
    reported::<M, C>().iter().map(|term| Box::new(MeanOfTerm { name: term.name, sums: [0.0; 2] }) as _).collect()
}

/// Adds the means of the terms of a batch of `samples` to their metrics.
pub(super) fn add<Y, T>(metrics: &mut [Box<dyn Metric<Y, T>>], means: &[f32], samples: usize) {
    for (metric, mean) in metrics.iter_mut().zip(means) {
        let sums = metric.sums();
        sums[0] += f64::from(*mean) * samples as f64;
        sums[1] += samples as f64;
    }
}

/// The mean of a term. Its values come from the loss and not from outputs.
struct MeanOfTerm {
    name: &'static str,
    /// The sum of the values, and the number of samples.
    sums: [f64; 2],
}

impl<Y, T> Metric<Y, T> for MeanOfTerm {
    fn name(&self) -> String {
        self.name.into()
    }
    fn add(&mut self, _: &Y, _: &T) {}
    fn value(&self) -> f64 {
        self.sums[0] / self.sums[1]
    }
    fn sums(&mut self) -> &mut [f64] {
        &mut self.sums
    }
}
