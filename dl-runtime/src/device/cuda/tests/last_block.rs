//! Sums in parts, which the block that ends last adds: in one launch, right, and with the same bits in whatever order blocks run, which is
//! another one in each launch of the emulation.

use super::{alone, download, upload};
use crate::device::cuda::{Cuda, Precision};
use crate::ops::conv2d::{Conv2dKernel, Conv2dSizes, Direction};
use crate::ops::dense::{DenseKernel, DenseSizes};
use crate::tensor::{Storage, Write};
use std::ops::RangeInclusive;

/// Runs `launch` several times, which sets and then adds to `lens` numbers. Checks that each time takes so many launches for either, and gives
/// the same bits, and returns the numbers.
fn repeated(
    cuda: &Cuda,
    launches: [RangeInclusive<u64>; 2],
    lens: [usize; 2],
    launch: impl Fn([<Cuda as Storage>::Mut<'_, f32>; 2], Write),
) -> [Vec<f32>; 2] {
    let run = || {
        let mut to = lens.map(|len| upload(cuda, &vec![f32::NAN; len]));
        for (write, launches) in [Write::Set, Write::Add].into_iter().zip(&launches) {
            let before = cuda.counts().launches;
            launch(to.each_mut().map(Cuda::whole_mut), write);
            cuda.synchronize().expect("a launch");
            let made = cuda.counts().launches - before;
            assert!(launches.contains(&made), "{made} launches");
        }
        to.each_ref().map(|to| download(cuda, to).expect("numbers"))
    };
    let first = run();
    let bits = |all: &[Vec<f32>; 2]| all.each_ref().map(|x| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
    for _ in 0..3 {
        assert_eq!(bits(&run()), bits(&first));
    }
    first
}

/// Whole numbers, whose sums are exact in every order, or others.
fn numbers(len: usize, whole: bool) -> Vec<f32> {
    let at = |i: usize| (i * 7919 % 31) as f32 - 15.0;
    (0..len).map(|i| if whole { at(i) } else { at(i) / 7.0 }).collect()
}

/// Twice the gradients to weights and bias, in whole numbers.
fn gradients(s: &Conv2dSizes, images: &[f32], windows: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
    let Conv2dSizes { samples, inputs, outputs, image, output, kernel, groups, .. } = *s;
    let (of_group, taps) = (inputs / groups, kernel[0] * kernel[1]);
    let mut weights = vec![0.0; outputs * of_group * taps];
    for (at, weight) in weights.iter_mut().enumerate() {
        let (o, i, tap) = (at / taps / of_group, at / taps % of_group, at % taps);
        let channel = o / (outputs / groups) * of_group + i;
        for window in 0..samples * output[0] * output[1] {
            let (n, row, column) =
                (window / (output[0] * output[1]), window / output[1] % output[0], window % output[1]);
            let pixel = (row + tap / kernel[1]) * image[1] + column + tap % kernel[1];
            *weight += 2.0
                * images[(n * inputs + channel) * image[0] * image[1] + pixel]
                * windows[((n * outputs + o) * output[0] + row) * output[1] + column];
        }
    }
    let channels =
        dy.len() / samples / if dy.len() == windows.len() { output[0] * output[1] } else { image[0] * image[1] };
    let size = dy.len() / samples / channels;
    let plane = |c: usize, n: usize| dy[(n * channels + c) * size..][..size].iter().sum::<f32>();
    let bias = (0..channels).map(|c| 2.0 * (0..samples).map(|n| plane(c, n)).sum::<f32>());
    [weights, bias.collect()]
}

fn check(s: Conv2dSizes, direction: Direction, launches: u64) {
    let Some(cuda) = alone(Precision::F32).map(|cuda| cuda.cudnn(false)) else { return };
    let plane = |[a, b]: [usize; 2]| a * b;
    for whole in [true, false] {
        let images = numbers(s.samples * s.inputs * plane(s.image), whole);
        let windows = numbers(s.samples * s.outputs * plane(s.output), whole);
        let forward = direction == Direction::Forward;
        let (dy, channels) = if forward { (&windows, s.outputs) } else { (&images, s.inputs) };
        let [on_images, on_windows] = [&images, &windows].map(|x| upload(&cuda, x));
        let [x, d] = if forward { [&on_images, &on_windows] } else { [&on_windows, &on_images] };
        let lens = [s.outputs * s.inputs / s.groups * plane(s.kernel), channels];
        let found = repeated(&cuda, [launches..=launches, launches..=launches], lens, |to, write| {
            cuda.conv2d_weight_gradient(&s, direction, Cuda::whole(x), Cuda::whole(d), to, write);
        });
        if whole {
            assert_eq!(found, gradients(&s, &images, &windows, dy), "{s:?}");
        }
    }
}

fn sizes(samples: usize, [inputs, outputs]: [usize; 2], image: usize, groups: usize) -> Conv2dSizes {
    let (image, output) = ([image; 2], [image - 2; 2]);
    Conv2dSizes {
        samples,
        inputs,
        outputs,
        image,
        output,
        kernel: [3, 3],
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups,
    }
}

#[test]
fn gradients_of_convolutions() {
    // One part, a few, and more than there are groups of parts.
    for samples in [1, 6, 24] {
        check(sizes(samples, [2, 5], 16, 1), Direction::Forward, 1);
    }
    // Several tiles, in two groups.
    check(sizes(20, [32, 36], 16, 2), Direction::Forward, 1);
}

#[test]
fn gradients_of_depthwise_convolutions_and_of_a_bias_on_its_own() {
    for samples in [1, 5, 40] {
        check(sizes(samples, [3, 3], 18, 3), Direction::Forward, 2);
        check(sizes(samples, [3, 4], 10, 1), Direction::Transposed, 2);
    }
}

/// The column sums of a product that cuBLASLt computes: in its epilogue where they are set, in a launch where they are added.
#[test]
fn bias_gradients_of_large_dense_layers() {
    for precision in [Precision::F32, Precision::Bf16] {
        let Some(cuda) = alone(precision) else { return };
        let s = DenseSizes { samples: 2304, inputs: 16, outputs: 264 };
        let [x, dy] = [s.inputs, s.outputs].map(|width| numbers(s.samples * width, true));
        let [on_x, on_dy] = [&x, &dy].map(|x| upload(&cuda, x));
        // The casts of `x` and of `dy` are launches at the first time.
        let launches = [1..=if precision == Precision::F32 { 1 } else { 3 }, 2..=2];
        let [_, bias] = repeated(&cuda, launches, [s.inputs * s.outputs, s.outputs], |[dw, db], write| {
            cuda.dense_backward_weights(s, Cuda::whole(&on_x), Cuda::whole(&on_dy), dw, db, write);
        });
        let sum = |column: usize| 2.0 * dy.iter().skip(column).step_by(s.outputs).sum::<f32>();
        assert_eq!(bias, (0..s.outputs).map(sum).collect::<Vec<_>>());
    }
}
