//! One sample through a small dense layer. The kernel is compiled for the layer's size, so all loops are unrolled and
//! nothing is looked up at run time.

use crate::device::cpu::simd::{self, Baseline, Simd, Vector};

/// The largest number of weights for which this is faster; beyond, the sums themselves take most of the time.
pub(super) const MAX_WEIGHTS: usize = 1024;

/// `y = W·x + b`, and `max(y, 0)` of that if `relu`.
#[inline]
pub(super) fn forward<const I: usize, const O: usize>(
    weight: &[[f32; I]; O],
    bias: Option<&[f32; O]>,
    x: &[f32; I],
    y: &mut [f32; O],
    relu: bool,
) {
    match simd::level() {
        // SAFETY: the processor has these features (`level`).
        #[cfg(target_arch = "x86_64")]
        simd::Level::Avx512 => unsafe { avx512(weight, bias, x, y, relu) },
        // SAFETY: the processor has these features (`level`).
        #[cfg(target_arch = "x86_64")]
        simd::Level::Avx2 => unsafe { avx2(weight, bias, x, y, relu) },
        _ => groups::<Baseline, 4, I, O>(weight, bias, x, y, relu),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")]
fn avx512<const I: usize, const O: usize>(
    weight: &[[f32; I]; O],
    bias: Option<&[f32; O]>,
    x: &[f32; I],
    y: &mut [f32; O],
    relu: bool,
) {
    groups::<simd::Avx512, 16, I, O>(weight, bias, x, y, relu);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2")]
fn avx2<const I: usize, const O: usize>(
    weight: &[[f32; I]; O],
    bias: Option<&[f32; O]>,
    x: &[f32; I],
    y: &mut [f32; O],
    relu: bool,
) {
    groups::<simd::Avx2, 8, I, O>(weight, bias, x, y, relu);
}

/// Computes the outputs in groups that fill one register of `L` lanes.
#[inline(always)]
fn groups<S: Simd, const L: usize, const I: usize, const O: usize>(
    weight: &[[f32; I]; O],
    bias: Option<&[f32; O]>,
    x: &[f32; I],
    y: &mut [f32; O],
    relu: bool,
) {
    const { assert!(L == S::F32::LANES, "a register has L lanes") };
    let mut first = 0;
    while first < O {
        let count = if O - first < L { O - first } else { L };
        let mut sums = [S::F32::splat(0.0); L];
        let mut p = 0;
        while p < I {
            let n = if I - p < L { I - p } else { L };
            // SAFETY: `n` values from p on are inside `x` and inside each row.
            unsafe {
                let x = S::F32::load_first(x.as_ptr().add(p), n);
                for j in 0..count {
                    sums[j] = S::F32::load_first(weight[first + j].as_ptr().add(p), n).mul_add(x, sums[j]);
                }
            }
            p += L;
        }
        let mut sum = S::F32::sums(&sums);
        // SAFETY: `count` values from `first` on are inside `bias` and `y`.
        unsafe {
            if let Some(bias) = bias {
                sum = sum.add(S::F32::load_first(bias.as_ptr().add(first), count));
            }
            if relu {
                sum = S::F32::splat(0.0).max(sum);
            }
            sum.store_first(y.as_mut_ptr().add(first), count);
        }
        first += L;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const I: usize, const O: usize>() {
        let weight: [[f32; I]; O] =
            std::array::from_fn(|o| std::array::from_fn(|i| ((o * 7 + i * 3) % 11) as f32 - 5.0));
        let x: [f32; I] = std::array::from_fn(|i| (i % 5) as f32 - 2.0);
        let bias: [f32; O] = std::array::from_fn(|o| o as f32 - 3.0);
        for (bias, relu) in [(None, false), (Some(&bias), false), (Some(&bias), true)] {
            let mut y = [9.0; O];
            forward(&weight, bias, &x, &mut y, relu);
            for o in 0..O {
                // All values are small integers, so every order of summation is exact.
                let sum = bias.map_or(0.0, |b| b[o]) + weight[o].iter().zip(x).map(|(w, x)| w * x).sum::<f32>();
                assert_eq!(y[o], if relu { sum.max(0.0) } else { sum }, "{I} to {O}, output {o}");
            }
        }
    }

    #[test]
    fn every_output_of_small_layers() {
        check::<1, 1>();
        check::<4, 16>();
        check::<16, 16>();
        check::<16, 3>();
        check::<5, 17>();
        check::<33, 31>();
        check::<64, 2>();
    }
}
