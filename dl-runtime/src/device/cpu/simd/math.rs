//! `exp`, `ln` and related functions for `f32`. They have no branches, so loops over them vectorise. Their error is at
//! most 2 units in the last place (`sigmoid` 2.5). Sources: Cephes (Moshier) for `exp`, `ln` and `tanh`; N. Juffa's
//! minimax polynomials for `erf`.

use super::Simd;

/// Adding this to a small number rounds that number to an integer, which is then in the low bits.
const ROUND: f32 = 12_582_912.0; // 1.5 · 2²³

/// `eˣ`.
#[inline(always)]
pub(crate) fn exp<S: Simd>(x: f32) -> f32 {
    // Beyond these bounds the result is infinite or 0; the comparisons are written so that NaN stays NaN.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    let (n, p) = reduced::<S>(x);
    // The result is scaled by 2ⁿ in two steps, because n may be beyond the exponents of f32.
    let half = n >> 1;
    (p + 1.0) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// `eˣ - 1`, accurate for small `x`.
#[inline(always)]
pub(crate) fn exp_m1<S: Simd>(x: f32) -> f32 {
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -20.0 { -20.0 } else { x };
    let (n, p) = reduced::<S>(x);
    // This is 2ⁿ·(p + 1) - 1, computed with 2ⁿ⁻¹ and doubled, because 2ⁿ alone may be infinite.
    let half = power_of_two(n.wrapping_sub(1));
    2.0 * S::mul_add(half, p, half - 0.5)
}

/// Returns `n` and `eʳ - 1` for `x = n·ln 2 + r` with r between -½ ln 2 and ½ ln 2.
#[inline(always)]
fn reduced<S: Simd>(x: f32) -> (i32, f32) {
    let shifted = S::mul_add(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    // ln 2 is subtracted in two parts, for accuracy.
    let r = S::mul_add(n, -0.693_359_4, x);
    let r = S::mul_add(n, 2.121_944_4e-4, r);
    let p = 1.987_569_1e-4;
    let p = S::mul_add(p, r, 1.398_199_9e-3);
    let p = S::mul_add(p, r, 8.333_452e-3);
    let p = S::mul_add(p, r, 4.166_579_6e-2);
    let p = S::mul_add(p, r, 1.666_666_5e-1);
    let p = S::mul_add(p, r, 0.5);
    (shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32, S::mul_add(p, r * r, r))
}

/// `2ⁿ` for n in -126..=127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// The natural logarithm; NaN for negative numbers.
#[inline(always)]
pub(crate) fn ln<S: Simd>(x: f32) -> f32 {
    // Subnormal numbers are scaled up first.
    let small = x < f32::MIN_POSITIVE;
    let scaled = if small { x * 8_388_608.0 } else { x };
    let bits = scaled.to_bits();
    // x = 2ᵉ·m with m in [√½, √2).
    let shifted = bits.wrapping_sub(0x3f35_04f3);
    let e = (shifted as i32 >> 23) as f32 - if small { 23.0 } else { 0.0 };
    let m = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(0x3f35_04f3)) - 1.0;
    let p = 7.037_683_6e-2;
    let p = S::mul_add(p, m, -1.151_461e-1);
    let p = S::mul_add(p, m, 1.167_699_9e-1);
    let p = S::mul_add(p, m, -1.242_014_1e-1);
    let p = S::mul_add(p, m, 1.424_932_3e-1);
    let p = S::mul_add(p, m, -1.666_805_7e-1);
    let p = S::mul_add(p, m, 2.000_071_5e-1);
    let p = S::mul_add(p, m, -2.499_999_4e-1);
    let p = S::mul_add(p, m, 3.333_333e-1);
    let square = m * m;
    let tail = S::mul_add(p * m, square, e * -2.121_944_4e-4);
    let tail = S::mul_add(square, -0.5, tail);
    let finite = S::mul_add(e, 0.693_359_4, m + tail);
    let result = if x == f32::INFINITY { x } else { finite };
    let result = if x == 0.0 { f32::NEG_INFINITY } else { result };
    if x >= 0.0 { result } else { f32::NAN }
}

/// `ln(1 + x)`, accurate for small `x`.
#[inline(always)]
pub(crate) fn ln_1p<S: Simd>(x: f32) -> f32 {
    let u = 1.0 + x;
    // The rounding error of 1 + x is corrected to first order.
    let lost = (x - (u - 1.0)) / u;
    let result = ln::<S>(u) + lost;
    if u == f32::INFINITY || u == 0.0 {
        ln::<S>(u)
    } else if u == 1.0 {
        x
    } else {
        result
    }
}

/// The hyperbolic tangent.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(x: f32) -> f32 {
    let z = x.abs();
    let s = x * x;
    let p = -5.704_988_7e-3;
    let p = S::mul_add(p, s, 2.063_909e-2);
    let p = S::mul_add(p, s, -5.373_971_6e-2);
    let p = S::mul_add(p, s, 1.333_144_2e-1);
    let p = S::mul_add(p, s, -3.333_328e-1);
    let small = S::mul_add(p * s, x, x);
    let large = 1.0 - 2.0 / (exp::<S>(z + z) + 1.0);
    (if z < 0.625 { small } else { large }).copysign(x)
}

/// `1 / (1 + e⁻ˣ)`.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(x: f32) -> f32 {
    let e = exp::<S>(-x.abs());
    (if x >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}

/// The error function `2/√π ∫₀ˣ e^(-t²) dt`.
#[inline(always)]
pub(crate) fn erf<S: Simd>(x: f32) -> f32 {
    let t = x.abs();
    let s = x * x;
    let r = S::mul_add(-1.728_534_7e-5, t, 3.831_971_3e-4);
    let u = S::mul_add(-3.883_964_4e-3, t, 2.425_462_2e-2);
    let r = S::mul_add(r, s, u);
    let r = S::mul_add(r, t, -1.067_778_8e-1);
    let r = S::mul_add(r, t, -6.348_467e-1);
    let r = S::mul_add(r, t, -1.287_175_1e-1);
    let r = S::mul_add(r, t, -t);
    // Beyond 4 the result is 1, and the polynomial is not valid.
    let r = if t > 4.0 { -20.0 } else { r };
    let large = (1.0 - exp::<S>(r)).copysign(x);
    let p = -5.967_617e-4;
    let p = S::mul_add(p, s, 4.991_194_2e-3);
    let p = S::mul_add(p, s, -2.676_813_5e-2);
    let p = S::mul_add(p, s, 1.128_199_25e-1);
    let p = S::mul_add(p, s, -3.761_253_4e-1);
    let p = S::mul_add(p, s, 1.283_791_7e-1);
    let small = S::mul_add(p, x, x);
    if t > 0.927_734_4 { large } else { small }
}

#[cfg(test)]
mod tests {
    use super::super::simd;
    use super::*;

    simd! {
        fn all<S>(x: &[f32], y: &mut [[f32; 7]]) {
            for (x, y) in x.iter().zip(y) {
                let x = *x;
                *y = [exp::<S>(x), exp_m1::<S>(x), ln::<S>(x), ln_1p::<S>(x), tanh::<S>(x), sigmoid::<S>(x), erf::<S>(x)];
            }
        }
    }

    /// The error of `y` in units in the last place of the exact value `expected`.
    fn ulps(y: f32, expected: f64) -> f64 {
        let rounded = expected as f32;
        if y == rounded || (y.is_nan() && rounded.is_nan()) {
            return 0.0;
        }
        let unit = f64::from(f32::from_bits((rounded.abs().max(f32::MIN_POSITIVE)).to_bits() + 1))
            - f64::from(rounded.abs().max(f32::MIN_POSITIVE));
        (f64::from(y) - expected).abs() / unit
    }

    #[test]
    fn within_a_few_units_of_the_exact_values() {
        let mut x: Vec<f32> = (-60_000..60_000).map(|i| i as f32 * 0.002_001).collect();
        x.extend((0..40_000).map(|i| 1.001_f32.powi(i % 80_000 - 20_000)));
        x.extend((0..40_000).map(|i| -1.001_f32.powi(i - 20_000)).filter(|x| *x > -1.0));
        x.extend([0.0, -0.0, 1.0, -1.0, 1e-45, 3e-39, f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, f32::NAN]);
        let mut y = vec![[0.0; 7]; x.len()];
        all(&x, &mut y);
        let exact: [fn(f64) -> f64; 7] =
            [f64::exp, f64::exp_m1, f64::ln, f64::ln_1p, f64::tanh, |x| 1.0 / (1.0 + (-x).exp()), libm::erf];
        let names = ["exp", "exp_m1", "ln", "ln_1p", "tanh", "sigmoid", "erf"];
        let bounds = [2.0, 2.0, 2.0, 2.0, 2.0, 2.5, 2.0];
        for (f, (name, bound)) in names.iter().zip(bounds).enumerate() {
            let worst = x
                .iter()
                .zip(&y)
                .map(|(x, y)| (ulps(y[f], exact[f](f64::from(*x))), *x, y[f]))
                .max_by(|a, b| f64::total_cmp(&a.0, &b.0))
                .unwrap();
            assert!(worst.0 <= bound, "{name}({}) = {}: {} units in the last place", worst.1, worst.2, worst.0);
        }
    }

    #[test]
    fn the_sign_of_zero_stays() {
        for f in [tanh::<super::super::Baseline>, erf::<super::super::Baseline>] {
            assert!(f(-0.0).is_sign_negative() && f(0.0).is_sign_positive());
        }
    }
}
