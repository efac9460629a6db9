//! The exponential function in `f64`, without libm, whose last bits differ between systems: a seed draws the same tokens on each.

use std::f64::consts::LOG2_E;

/// ln 2 in two parts, the first of which has zeros at its end: whole multiples of it are exact.
const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];

/// Computes `exp(x)` for an `x` of at most 0, to 1e-15 of it; 0 where it is not a normal number.
pub(super) fn exp(x: f64) -> f64 {
    if x < -708.0 {
        return 0.0;
    }
    // x = k·ln 2 + r, where r is within ln 2 / 2.
    let k = (x * LOG2_E).round();
    let r = x - k * LN_2[0] - k * LN_2[1];
    // The series of exp(r), whose next term is below 1e-17.
    let series = (1..=14).rev().fold(1.0, |sum, n| 1.0 + sum * r / f64::from(n));
    series * f64::from_bits(((k as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential_function() {
        for i in 0..=70_800 {
            let x = -f64::from(i) / 100.0;
            let (found, expected) = (exp(x), libm::exp(x));
            assert!((found - expected).abs() <= 1e-15 * expected, "{x}: {found}, not {expected}");
        }
        assert_eq!([0.0, -0.0, -708.1, f64::NEG_INFINITY].map(exp), [1.0, 1.0, 0.0, 0.0]);
    }
}
