//! Compares Winograd's convolution with its definition in f64, with an error that follows from the matrices of its forms.

use super::*;
use crate::device::cpu::simd::{Baseline, Simd, Vector};
use crate::ops::conv2d::tests::convolution;
use crate::testing::{numbers, wide};
use form::{MOST_POINTS, MOST_TILE};

fn sizes_of(samples: usize, [inputs, outputs]: [usize; 2], image: [usize; 2], padding: [usize; 2]) -> Conv2dSizes {
    let output = [image[0] + 2 * padding[0] - 2, image[1] + 2 * padding[1] - 2];
    let (kernel, ones) = ([3; 2], [1; 2]);
    Conv2dSizes { samples, inputs, outputs, image, output, kernel, stride: ones, padding, dilation: ones, groups: 1 }
}

/// Returns the images of a layout `[samples, channels, pixels]` in blocks of channels, or with `back` the reverse.
fn blocks(x: &[f32], [channels, pixels]: [usize; 2], back: bool) -> Vec<f32> {
    let mut y = vec![0.0; x.len()];
    for (x, y) in x.chunks(channels * pixels).zip(y.chunks_mut(channels * pixels)) {
        for (i, (channel, pixel)) in (0..channels).flat_map(|c| (0..pixels).map(move |p| (c, p))).enumerate() {
            let block = (channel / BLOCK * pixels + pixel) * BLOCK + channel % BLOCK;
            if back { y[i] = x[block] } else { y[block] = x[i] }
        }
    }
    y
}

/// Returns by how much the terms of a form are larger than the result, at worst: for each output pixel the root of the mean squares
/// of the terms that it is the sum of, where pixels and weights are independent with variance 1, divided by that of the result.
fn amplification<F: Form>() -> f64 {
    let Sizes { tile, points } = F::SIZES;
    let unit = |i: usize| std::array::from_fn::<_, MOST_POINTS, _>(|j| Vector::splat(if i == j { 1.0 } else { 0.0 }));
    let first = |x: <Baseline as Simd>::F32| {
        let mut lanes = [0.0_f32; 4];
        // SAFETY: the register has four lanes.
        unsafe { x.store(lanes.as_mut_ptr()) }
        f64::from(lanes[0])
    };
    let b: [[f64; MOST_POINTS]; MOST_POINTS] =
        std::array::from_fn(|column| F::input::<Baseline>(unit(column)).map(first));
    let a: [[f64; MOST_TILE]; MOST_POINTS] = std::array::from_fn(|point| F::output::<Baseline>(unit(point)).map(first));
    let term = |row: usize, point: usize| {
        let of_b: f64 = (0..points).map(|column| b[column][point].powi(2)).sum();
        let of_g: f64 = F::G[point].iter().map(|g| g * g).sum();
        a[point][row].powi(2) * of_b * of_g
    };
    let of_row = |row: usize| (0..points).map(|point| term(row, point)).sum::<f64>() / 3.0;
    (0..tile).map(of_row).fold(0.0, f64::max)
}

/// Returns the largest error of a result that may be expected, relative to the root of its mean square: a rounding is random, with a
/// deviation of `ε / √12`. Each of the terms that [`amplification`] measures has some twelve of them in the transforms, and those of
/// sums over `inputs` channels, which are half as large as the sum on average. Six deviations are not met.
fn bound<F: Form>(inputs: usize) -> f64 {
    6.0 * amplification::<F>() * f64::from(f32::EPSILON) / 12.0_f64.sqrt() * (inputs as f64 / 2.0 + 12.0).sqrt()
}

/// The standard deviation of [`numbers`].
const DEVIATION: f64 = 1.1547;

/// Returns the weights and images of a convolution.
fn operands(s: &Conv2dSizes) -> [Vec<f32>; 2] {
    [numbers(1, s.outputs * s.inputs * 9), numbers(2, s.samples * s.inputs * s.image[0] * s.image[1])]
}

/// Checks a convolution by one form, with everything that finishes its `sums` and without, on several numbers of threads. Returns the
/// largest error relative to what is allowed.
fn check_by<F: Form>(s: &Conv2dSizes, sums: &[f64]) -> f64 {
    let (pixels, sizes) = (s.output[0] * s.output[1], F::SIZES);
    let [weight, x] = operands(s);
    let [scale, shift] = [3, 4].map(|seed| numbers(seed, s.outputs));
    let summand = numbers(5, s.samples * s.outputs * pixels);
    let mut packed = vec![f32::NAN; weights::packed_len(s, sizes)];
    weights::pack(None, s, sizes, &weight, &mut packed);
    let from = blocks(&x, [s.inputs, s.image[0] * s.image[1]], false);
    let in_blocks = blocks(&summand, [s.outputs, pixels], false);
    let limits = [-2.0, 3.5];
    let all = Finish { scale: &scale, shift: &shift, summand: &in_blocks, add: false, limits: Some(limits) };
    let typical = bound::<F>(s.inputs) * DEVIATION.powi(2) * (9.0 * s.inputs as f64).sqrt();
    let mut worst: f64 = 0.0;
    for (finish, is_all) in [(Finish::default(), false), (all, true)] {
        let run = |threads: usize| {
            let mut y = vec![f32::NAN; summand.len()];
            convolve_by(Some(&Threads::new(threads)), Plan::new(s, sizes), &packed, finish, &from, &mut y, &mut []);
            y
        };
        let y = run(1);
        for threads in [2, 3] {
            assert!(run(threads).iter().zip(&y).all(|(a, b)| a.to_bits() == b.to_bits()), "{threads} threads: {s:?}");
        }
        for (i, y) in blocks(&y, [s.outputs, pixels], true).into_iter().enumerate() {
            let channel = i / pixels % s.outputs;
            let factor = if is_all { f64::from(scale[channel]) } else { 1.0 };
            let finished = sums[i] * factor + f64::from(shift[channel]) + f64::from(summand[i]);
            let expected = if is_all { finished.clamp(limits[0].into(), limits[1].into()) } else { sums[i] };
            // What finishes the sum rounds twice more.
            let allowed = typical * factor.abs() + f64::from(f32::EPSILON) * (sums[i] * factor).abs().max(8.0);
            let error = (f64::from(y) - expected).abs();
            assert!(error < allowed, "output {i} of {s:?} by {sizes:?}: {y} is not {expected}");
            worst = worst.max(error / allowed);
        }
    }
    worst
}

/// Checks a convolution by both forms, and returns their largest errors relative to what is allowed.
fn check(samples: usize, channels: [usize; 2], image: [usize; 2], padding: [usize; 2]) -> [f64; 2] {
    let s = sizes_of(samples, channels, image, padding);
    let [weight, x] = operands(&s);
    let sums = convolution(&s, &wide(&weight), &[], &wide(&x));
    [check_by::<Four>(&s, &sums), check_by::<Two>(&s, &sums)]
}

#[test]
fn small_and_odd_images() {
    for size in 1..12 {
        check(1, [8, 8], [size, size], [1, 1]);
        check(2, [16, 24], [size, 13 - size], [1, 1]);
    }
    check(1, [8, 16], [1, 40], [1, 1]);
    check(1, [8, 16], [40, 1], [1, 1]);
}

#[test]
fn no_samples() {
    let s = sizes_of(0, [8, 8], [5, 5], [1, 1]);
    let mut packed = vec![0.0; packed_len(&s)];
    pack(None, &s, &[1.0; 9 * 64], &mut packed);
    convolve(&Threads::new(1), &s, &packed, Finish::default(), &[], &mut []);
}

#[test]
fn paddings() {
    for padding in [[0, 0], [0, 1], [2, 1], [2, 2], [1, 7]] {
        check(2, [24, 40], [7, 9], padding);
        check(1, [8, 8], [3, 3], padding);
    }
}

#[test]
fn channels_and_samples() {
    for channels in [8, 16, 24, 32, 40, 64, 72] {
        check(1, [channels, 48], [9, 10], [1, 1]);
        check(1, [32, channels], [9, 10], [1, 1]);
    }
    check(5, [16, 32], [8, 8], [1, 1]);
    check(40, [8, 8], [6, 5], [1, 1]);
    check(1, [256, 64], [7, 7], [1, 1]);
}

#[test]
fn several_groups_of_tiles() {
    // Each group as a task; groups in tasks of channels or of tiles.
    check(1, [16, 16], [32, 32], [1, 1]);
    check(1, [64, 48], [33, 34], [1, 1]);
    check(6, [64, 32], [28, 28], [1, 1]);
    check(1, [72, 64], [30, 31], [1, 1]);
}

#[test]
fn the_bound_is_not_far_from_the_errors() {
    assert!((8.0..8.4).contains(&amplification::<Four>()), "{}", amplification::<Four>());
    assert!((1.6..1.7).contains(&amplification::<Two>()), "{}", amplification::<Two>());
    let errors = check(1, [64, 64], [28, 28], [1, 1]);
    assert!(errors.iter().all(|error| *error > 0.2), "{errors:?}");
}

#[test]
fn it_pays_where_it_was_measured_to() {
    let pays = |channels: usize, size: usize| pays(&sizes_of(1, [channels; 2], [size; 2], [1, 1]));
    for (channels, size) in [(64, 56), (128, 28), (256, 14), (512, 7), (16, 32), (32, 16), (64, 8), (48, 27)] {
        assert!(pays(channels, size), "{channels} channels of {size}×{size} pixels");
    }
    for (channels, size) in [(8, 32), (16, 2), (64, 1), (512, 2)] {
        assert!(!pays(channels, size), "{channels} channels of {size}×{size} pixels");
    }
    let s = sizes_of(1, [64, 64], [56, 56], [1, 1]);
    for other in [
        Conv2dSizes { kernel: [1, 3], ..s },
        Conv2dSizes { stride: [2, 1], ..s },
        Conv2dSizes { dilation: [1, 2], ..s },
        Conv2dSizes { groups: 2, ..s },
        Conv2dSizes { inputs: 60, ..s },
        Conv2dSizes { outputs: 60, ..s },
    ] {
        assert!(!super::pays(&other), "{other:?}");
    }
}
