//! Normal random numbers by the inverse of the cumulative distribution function: one word for each, without rejection and libm.

/// Converts a word to a normal number between -6.3 and 6.3 by the quantile function: Wichura, "Algorithm AS 241: the percentage points
/// of the normal distribution", Applied Statistics 37 (1988), PPND7, whose error of 1e-7 is that of `f32`.
#[inline(always)]
pub(crate) fn normal(word: u32) -> f32 {
    quantile((f64::from(word) + 0.5) / 4_294_967_296.0) as f32
}

/// Computes the `x` with `P(X < x) = p` for `p` in (0, 1).
#[inline(always)]
pub(super) fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
            / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0);
    }
    let r = (-ln(if q < 0.0 { p } else { 1.0 - p })).sqrt();
    let tail = if r <= 5.0 {
        let r = r - 1.6;
        (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777)
            / ((0.12021132975 * r + 0.73700164250) * r + 1.0)
    } else {
        let r = r - 5.0;
        (((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150)
            / ((0.012258202635 * r + 0.24197894225) * r + 1.0)
    };
    if q < 0.0 { -tail } else { tail }
}

/// Computes the natural logarithm of a normal positive number to 1e-10 by the series of `2·atanh((m - 1)/(m + 1))` for the mantissa
/// `m` in [√½, √2). The last bits of libm's logarithm differ between systems.
#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits() + (0x3FF0_0000_0000_0000 - std::f64::consts::FRAC_1_SQRT_2.to_bits());
    let exponent = (bits >> 52) as i64 - 1023;
    let m = f64::from_bits(x.to_bits().wrapping_sub((exponent as u64) << 52));
    let s = (m - 1.0) / (m + 1.0);
    let t = s * s;
    let series = 1.0 + t * (1.0 / 3.0 + t * (1.0 / 5.0 + t * (1.0 / 7.0 + t * (1.0 / 9.0 + t * (1.0 / 11.0)))));
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * s * series
}
