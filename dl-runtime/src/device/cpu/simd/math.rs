//! `exp`, `ln` and related functions for `f32`. They have no branches, so loops over them vectorise. Their error is at
//! most 2 units in the last place (`sigmoid` 2.5). Source: Cephes (Moshier) for `exp`, `ln` and `tanh`.

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

/// `eˣ` for `x` up to 88; 0 below -87, where it would be subnormal: an instruction with such a result takes some 150 cycles.
#[inline(always)]
pub(crate) fn exp_flushed<S: Simd>(x: f32) -> f32 {
    let bounded = if x > 88.0 { 88.0 } else { x };
    let bounded = if bounded < -87.0 { -87.0 } else { bounded };
    let (n, p) = reduced::<S>(bounded);
    let power = (p + 1.0) * power_of_two(n);
    if x < -87.0 { 0.0 } else { power }
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
    let small = small_tanh::<S>(x);
    let large = 1.0 - 2.0 / (exp::<S>(z + z) + 1.0);
    (if z < 0.625 { small } else { large }).copysign(x)
}

/// The hyperbolic tangent of a number below 0.625.
#[inline(always)]
fn small_tanh<S: Simd>(x: f32) -> f32 {
    let s = x * x;
    let p = -5.704_988_7e-3;
    let p = S::mul_add(p, s, 2.063_909e-2);
    let p = S::mul_add(p, s, -5.373_971_6e-2);
    let p = S::mul_add(p, s, 1.333_144_2e-1);
    let p = S::mul_add(p, s, -3.333_328e-1);
    S::mul_add(p * s, x, x)
}

/// `1 / (1 + e⁻ˣ)`.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(x: f32) -> f32 {
    let e = exp::<S>(-x.abs());
    (if x >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}

/// The sigmoids of three numbers and the hyperbolic tangent of a fourth, with one division for all, which takes as long as half of a
/// sigmoid. A result has an error of at most 4 units in the last place; one NaN makes all four NaN.
#[inline(always)]
pub(crate) fn three_sigmoids_and_tanh<S: Simd>(a: f32, b: f32, c: f32, x: f32) -> (f32, f32, f32, f32) {
    let (ea, eb) = (exp_flushed::<S>(-a.abs()), exp_flushed::<S>(-b.abs()));
    let (ec, ex) = (exp_flushed::<S>(-c.abs()), exp_flushed::<S>(-2.0 * x.abs()));
    // All denominators are from 1 to 2.
    let (ab, cx) = ((1.0 + ea) * (1.0 + eb), (1.0 + ec) * (1.0 + ex));
    let inverse = 1.0 / (ab * cx);
    let (of_ab, of_cx) = (inverse * cx, inverse * ab);
    let above = |x: f32, e: f32| if x >= 0.0 { 1.0 } else { e };
    let tanh = if x.abs() < 0.625 { small_tanh::<S>(x) } else { ((1.0 - ex) * (of_cx * (1.0 + ec))).copysign(x) };
    (
        above(a, ea) * (of_ab * (1.0 + eb)),
        above(b, eb) * (of_ab * (1.0 + ea)),
        above(c, ec) * (of_cx * (1.0 + ex)),
        tanh,
    )
}

/// The sigmoids of two numbers, with one division for both; one NaN makes both NaN.
#[inline(always)]
pub(crate) fn two_sigmoids<S: Simd>(a: f32, b: f32) -> (f32, f32) {
    let (ea, eb) = (exp_flushed::<S>(-a.abs()), exp_flushed::<S>(-b.abs()));
    let inverse = 1.0 / ((1.0 + ea) * (1.0 + eb));
    let above = |x: f32, e: f32| if x >= 0.0 { 1.0 } else { e };
    (above(a, ea) * (inverse * (1.0 + eb)), above(b, eb) * (inverse * (1.0 + ea)))
}

/// Returns `e^(-t²/2)` and the part of the normal distribution beyond `t`, for t from 0 to [`TAIL`]. The exponential is 2 to an integer
/// times 2 to a fraction, a polynomial; the part is the exponential times a quotient of polynomials. All were fitted by least squares
/// with iterated weights: the errors are at most 3e-7 and 6e-7 of the results, plus that of t².
#[inline(always)]
pub(crate) fn normal_tail<S: Simd>(t: f32) -> (f32, f32) {
    let square = t * t;
    let shifted = S::mul_add(square, -0.5 * std::f32::consts::LOG2_E, ROUND);
    let fraction = S::mul_add(square, -0.5 * std::f32::consts::LOG2_E, ROUND - shifted);
    let p = 1.330_060_5e-3;
    let p = S::mul_add(p, fraction, 9.669_691e-3);
    let p = S::mul_add(p, fraction, 5.550_558_5e-2);
    let p = S::mul_add(p, fraction, 2.402_228_3e-1);
    let p = S::mul_add(p, fraction, std::f32::consts::LN_2);
    let scale = power_of_two(shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32);
    let e = S::mul_add(p * fraction, scale, scale);
    let p = 3.994_320_5e-3;
    let p = S::mul_add(p, t, 3.980_856_4e-2);
    let p = S::mul_add(p, t, 1.807_833_6e-1);
    let p = S::mul_add(p, t, 4.349_753_3e-1);
    let p = S::mul_add(p, t, 0.5);
    let q = 1.001_212_7e-2;
    let q = S::mul_add(q, t, 9.979_293e-2);
    let q = S::mul_add(q, t, 4.629_990_8e-1);
    let q = S::mul_add(q, t, 1.192_303);
    let q = S::mul_add(q, t, 1.667_835_6);
    let q = S::mul_add(q, t, 1.0);
    (e, e * p / q)
}

/// Beyond 13 standard deviations the normal distribution has less than 1e-37.
pub(crate) const TAIL: f32 = 13.0;

#[cfg(test)]
mod tests {
    use super::super::simd;
    use super::*;

    simd! {
        fn all<S>(x: &[f32], y: &mut [[f32; 6]]) {
            for (x, y) in x.iter().zip(y) {
                let x = *x;
                *y = [exp::<S>(x), exp_m1::<S>(x), ln::<S>(x), ln_1p::<S>(x), tanh::<S>(x), sigmoid::<S>(x)];
            }
        }
    }

    simd! {
        fn tails<S>(t: &[f32], to: &mut [(f32, f32)]) {
            for (t, to) in t.iter().zip(to) {
                *to = normal_tail::<S>(*t);
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
        let mut y = vec![[0.0; 6]; x.len()];
        all(&x, &mut y);
        let exact: [fn(f64) -> f64; 6] =
            [f64::exp, f64::exp_m1, f64::ln, f64::ln_1p, f64::tanh, |x| 1.0 / (1.0 + (-x).exp())];
        let names = ["exp", "exp_m1", "ln", "ln_1p", "tanh", "sigmoid"];
        let bounds = [2.0, 2.0, 2.0, 2.0, 2.0, 2.5];
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

    simd! {
        fn flushed<S>(x: &[f32], y: &mut [f32]) {
            x.iter().zip(y).for_each(|(x, y)| *y = exp_flushed::<S>(*x));
        }
    }

    #[test]
    fn subnormal_powers_are_zero() {
        let mut x: Vec<f32> = (-110_000..88_000).map(|i| i as f32 * 0.001).collect();
        x.extend([f32::NEG_INFINITY, f32::MIN, -0.0, f32::NAN]);
        let mut y = vec![1.0; x.len()];
        flushed(&x, &mut y);
        for (x, y) in x.into_iter().zip(y) {
            let expected = if x < -87.0 { 0.0 } else { f64::from(x).exp() };
            assert!(ulps(y, expected) <= 2.0, "{y}, not {expected}, at {x}");
            assert!(!y.is_subnormal());
        }
    }

    simd! {
        fn gates<S>(x: &[[f32; 4]], y: &mut [[f32; 6]]) {
            for ([a, b, c, x], y) in x.iter().zip(y) {
                let ((i, f, o, g), (r, z)) = (three_sigmoids_and_tanh::<S>(*a, *b, *c, *x), two_sigmoids::<S>(*a, *x));
                *y = [i, f, o, g, r, z];
            }
        }
    }

    #[test]
    fn gates_share_a_division() {
        let sizes = [0.0, 1e-30, 1e-3, 0.3, 0.62, 0.63, 1.0, 4.0, 11.0, 60.0, 86.0, 1e30, f32::INFINITY];
        let all: Vec<f32> = sizes.into_iter().flat_map(|x| [x, -x]).collect();
        let some = |i: usize, step: usize| all[i * step % all.len()] * (1.0 - 0.013 * (i % 17) as f32);
        let x: Vec<[f32; 4]> = (0..20_000).map(|i| [some(i, 1), some(i, 3), some(i, 7), some(i / 26, 5)]).collect();
        let mut y = vec![[0.0; 6]; x.len()];
        gates(&x, &mut y);
        let sigmoid = |x: f32| if x < -87.0 { 0.0 } else { 1.0 / (1.0 + (-f64::from(x)).exp()) };
        for (x, y) in x.into_iter().zip(y) {
            let [a, b, c, d] = x;
            let expected = [sigmoid(a), sigmoid(b), sigmoid(c), f64::from(d).tanh(), sigmoid(a), sigmoid(d)];
            for (y, expected) in y.into_iter().zip(expected) {
                assert!(ulps(y, expected) <= 4.0, "{y}, not {expected}, of {x:?}");
            }
        }
        let mut y = [[0.0; 6]];
        gates(&[[f32::NAN; 4]], &mut y);
        assert!(y[0].iter().all(|y| y.is_nan()));
    }

    #[test]
    fn the_tail_of_the_normal_distribution() {
        let t: Vec<f32> = (0..=130_000).map(|i| i as f32 * 1e-4).collect();
        let mut found = vec![(0.0, 0.0); t.len()];
        tails(&t, &mut found);
        for (t, (e, tail)) in t.into_iter().zip(found) {
            let exact = f64::from(t);
            let expected = [(-0.5 * exact * exact).exp(), 0.5 * libm::erfc(exact * std::f64::consts::FRAC_1_SQRT_2)];
            for (found, expected, own) in [(e, expected[0], 3e-7), (tail, expected[1], 6e-7)] {
                let error = (f64::from(found) / expected - 1.0).abs();
                assert!(error <= own + 6e-8 * exact * exact, "{found}, not {expected}, at {t}: {error}");
            }
        }
    }

    #[test]
    fn the_sign_of_zero_stays() {
        assert!(tanh::<super::super::Baseline>(-0.0).is_sign_negative());
        assert!(tanh::<super::super::Baseline>(0.0).is_sign_positive());
    }
}
