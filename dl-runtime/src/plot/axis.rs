//! The axes of a chart: where numbers lie on it, and the round numbers that are written beside it.

/// Ranges below this, and numbers above its inverse, have no ticks that an `f64` can count.
pub const SMALLEST: f64 = 1e-300;

/// Returns whether a chart can show a number; otherwise there is a gap.
pub fn shown(value: f64) -> bool {
    value.is_finite() && value.abs() <= 1.0 / SMALLEST
}

/// Maps the numbers `low..=high` to the positions `from..=to`.
pub struct Axis {
    pub low: f64,
    pub high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
    /// `true` if all values are whole numbers, such as epochs.
    whole: bool,
}

impl Axis {
    pub fn new(values: impl Iterator<Item = f64> + Clone, logarithmic: bool, from: f64, to: f64) -> Self {
        let whole = values.clone().all(|v| v == v.round());
        let range = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let (low, high) = match range {
            (a, b) if a > b => (0.0, 1.0),
            (a, b) if a == b && logarithmic => (a / 2.0, b * 2.0),
            (a, b) if b - a < SMALLEST => (a - a.abs().max(1.0) / 2.0, b + b.abs().max(1.0) / 2.0),
            (a, b) if logarithmic => (a / (b / a).powf(0.05), b * (b / a).powf(0.05)),
            (a, b) => (a - 0.04 * (b - a), b + 0.04 * (b - a)),
        };
        Axis { low, high, from, to, logarithmic, whole }
    }
    pub fn place(&self, value: f64) -> f64 {
        let part = if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + part * (self.to - self.from)
    }
    /// Returns the positions and texts of about four to ten round numbers.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let (mut values, mut digits) = (Vec::new(), 0);
        if self.logarithmic {
            let decades = (self.high / self.low).log10();
            let steps: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
            for power in self.low.log10().floor() as i32..=self.high.log10().ceil() as i32 {
                values.extend(steps.iter().map(|s| s * 10f64.powi(power)));
            }
            values.retain(|v| (self.low..=self.high).contains(v));
            return values.into_iter().map(|v| (self.place(v), format!("{v}"))).collect();
        }
        let rough = (self.high - self.low) / 6.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|s| s * power).into_iter().find(|s| *s >= rough).unwrap_or(rough);
        let step = if self.whole { step.max(1.0) } else { step };
        if step < 1.0 {
            digits = (-step.log10()).ceil() as usize;
        }
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step).floor() as i64);
        values.extend((first..=last).take(12).map(|i| i as f64 * step));
        values.into_iter().map(|v| (self.place(v), format!("{v:.digits$}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let texts = |low: f64, high: f64, logarithmic| {
            let axis = Axis { low, high, from: 0.0, to: 1.0, logarithmic, whole: false };
            axis.ticks().into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert_eq!(texts(0.0, 1.0, false), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(-30.0, 70.0, false), ["-20", "0", "20", "40", "60"]);
        assert_eq!(texts(0.04, 3.0, true), ["0.05", "0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(texts(1e-6, 10.0, true).len(), 8);
    }
}
