//! Kernels that also do what the launch behind them would do: with the same bits, and only where nothing lies between the two.

use super::super::{Buffer, Cuda, Extension, Mut, Precision};
use super::{alone, download, queued, upload};
use crate::ops::activation::ActivationKernel;
use crate::ops::arithmetic::{ArithmeticKernel, Operator};
use crate::ops::batch_norm::{BatchNormKernel, BatchNormOp, BatchNormSizes};
use crate::ops::conv2d::{Conv2dKernel, Conv2dSizes, Direction, output_size};
use crate::ops::dense::{DenseKernel, DenseSizes};
use crate::ops::global_avg_pool2d::GlobalAvgPool2dKernel;
use crate::ops::loss::{ClassLossKernel, ClassSizes, Classes, Elementwise, ElementwiseLossKernel, Gradient, Reduction};
use crate::ops::optimizer::{FiniteCheck, FiniteCheckKernel};
use crate::ops::pool::{PoolKernel, PoolSizes, Windows};
use crate::ops::{Activation, matmul};
use crate::tensor::{Statistics, Storage, Write};
use crate::testing::numbers;
use std::cell::RefCell;

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.25 };

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

/// Checks that what writes a gradient of `len` numbers multiplies it by the slope of an activation without another launch, and what comes
/// of it. Some numbers are NaN or infinite, which the slope 0 makes NaN.
#[track_caller]
fn assert_sloped(what: &str, cuda: &Cuda, len: usize, gradient: impl Fn(Mut<'_, f32>, Write)) {
    let mut before = numbers(1, len);
    (before[0], before[len / 2]) = (f32::NAN, f32::INFINITY);
    let mut kept = numbers(2, len);
    (kept[1], kept[len - 1]) = (0.0, f32::NAN);
    let on_gpu = upload(cuda, &kept);
    for (write, f) in [(Write::Set, Activation::Relu), (Write::Add, Activation::Relu), (Write::Add, LEAKY)] {
        let run = |sloped: bool| {
            let mut d = upload(cuda, &before);
            gradient(Cuda::whole_mut(&mut d), write);
            let launches = queued(cuda);
            assert!(launches > 0, "{what}");
            if sloped {
                cuda.activation_backward_in_place(f, Cuda::whole(&on_gpu), Cuda::whole_mut(&mut d));
                assert_eq!(queued(cuda), launches, "{what}, {f:?}, {write:?}");
            }
            download(cuda, &d).unwrap_or_else(|error| panic!("{what}: {error}, {:?}", dl_emulation::last_mistake()))
        };
        let below = if f == LEAKY { 0.25 } else { 0.0 };
        let slopes = kept.iter().map(|kept| if *kept > 0.0 { 1.0 } else { below });
        let expected: Vec<f32> = run(false).iter().zip(slopes).map(|(d, slope)| slope * d).collect();
        let found = run(true);
        let same = found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()));
        assert!(same, "{what}, {f:?}, {write:?}");
    }
}

#[test]
fn dense_layers() {
    let Some(cuda) = alone(Precision::F32) else { return };
    // Tiles of 16, and of 32.
    for s in [DenseSizes { samples: 9, inputs: 21, outputs: 18 }, DenseSizes { samples: 200, inputs: 550, outputs: 11 }]
    {
        let DenseSizes { samples, inputs, outputs } = s;
        let [w, x, dy] = [inputs * outputs, samples * inputs, samples * outputs];
        let [w, x, dy] = [(3, w), (4, x), (5, dy)].map(|(seed, len)| upload(&cuda, &numbers(seed, len)));
        let [w, x, dy] = [&w, &x, &dy].map(Cuda::whole);
        let len = samples * inputs;
        let weights = RefCell::new([inputs * outputs, outputs].map(|len| cuda.zeros(len).expect("memory")));
        assert_sloped("both gradients", &cuda, len, |dx, write| {
            let [dw, db] = &mut *weights.borrow_mut();
            cuda.dense_backward(s, w, x, dy, [dw, db].map(Cuda::whole_mut), Write::Set, dx, write);
        });
        assert_sloped("the gradient to the input", &cuda, len, |dx, write| {
            cuda.dense_backward_input(s, w, dy, dx, write);
        });
    }
    // A batch of products.
    let p = matmul::Product { rows: 5, inner: 6, columns: 7, left_transposed: false, right_transposed: false };
    let [a, b] = [(6, 3 * 30), (7, 3 * 42)].map(|(seed, len)| upload(&cuda, &numbers(seed, len)));
    assert_sloped("products", &cuda, 3 * 35, |c, write| {
        matmul::MatmulKernel::matmul_each(&cuda, p, Cuda::whole(&a), Cuda::whole(&b), c, write);
    });
}

#[test]
fn convolutions() {
    let sizes = |inputs: usize, outputs: usize, stride: usize, groups: usize| {
        let (image, kernel, strides, padding) = ([9, 7], [3, 3], [stride, stride], [1, 1]);
        let output = [0, 1].map(|i| output_size(image[i], kernel[i], strides[i], padding[i], 1));
        Conv2dSizes {
            samples: 2,
            inputs,
            outputs,
            image,
            output,
            kernel,
            stride: strides,
            padding,
            dilation: [1, 1],
            groups,
        }
    };
    for precision in [Precision::F32, Precision::Tf32, Precision::Bf16] {
        let Some(cuda) = alone(precision) else { return };
        for s in [sizes(5, 6, 1, 1), sizes(6, 4, 2, 2), sizes(4, 8, 2, 4)] {
            let pixels = |size: [usize; 2]| size[0] * size[1];
            let weight = upload(&cuda, &numbers(3, s.outputs * s.inputs / s.groups * 9));
            let (dy, x) = (s.samples * s.outputs * pixels(s.output), s.samples * s.inputs * pixels(s.image));
            for (direction, from, to) in [(Direction::Transposed, dy, x), (Direction::Forward, x, dy)] {
                let from = upload(&cuda, &numbers(4, from));
                let (weight, from) = (Cuda::whole(&weight), Cuda::whole(&from));
                let none = Cuda::slice(weight, 0..0);
                assert_sloped(&format!("{s:?} in {precision:?}, {direction:?}"), &cuda, to, |d, write| {
                    cuda.conv2d(&s, direction, Activation::Identity, [weight, none], from, (d, write));
                });
            }
        }
    }
}

#[test]
fn pooling() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let sizes = |image: [usize; 2], size: usize, stride: usize, output: [usize; 2]| PoolSizes {
        windows: Windows::Sliding { kernel: [size, size], stride: [stride, stride], padding: [0, 0] },
        planes: 3,
        image,
        output,
    };
    // Two windows for each thread, maxima that are found again, and stored ones.
    for s in [sizes([4, 8], 2, 2, [2, 4]), sizes([6, 6], 2, 2, [3, 3]), sizes([7, 7], 3, 2, [3, 3])] {
        let [x, dy] = [(s.image, 3), (s.output, 4)].map(|([h, w], seed)| upload(&cuda, &numbers(seed, 3 * h * w)));
        assert_sloped(&format!("maxima, {s:?}"), &cuda, x.len(), |dx, write| {
            cuda.max_pool_backward(&s, Cuda::whole(&x), Cuda::whole(&dy), dx, write);
        });
        assert_sloped(&format!("means, {s:?}"), &cuda, x.len(), |dx, write| {
            cuda.avg_pool_backward(&s, true, Cuda::whole(&dy), dx, write);
        });
    }
    let dy = upload(&cuda, &numbers(5, 6));
    assert_sloped("means of planes", &cuda, 6 * 35, |dx, write| {
        cuda.global_avg_pool2d_backward(35, Cuda::whole(&dy), dx, write);
    });
}

const NORM: BatchNormOp = BatchNormOp { momentum: 0.1, epsilon: 1e-5, activation: Activation::Identity };

/// Sizes of batch norm with the number of samples: planes of fours, of ones, without planes, and channels that are cut into parts.
const NORMS: [(BatchNormSizes, usize); 4] = [
    (BatchNormSizes { channels: 3, spatial_size: 64 }, 5),
    (BatchNormSizes { channels: 2, spatial_size: 35 }, 4),
    (BatchNormSizes { channels: 7, spatial_size: 1 }, 40),
    (BatchNormSizes { channels: 2, spatial_size: 4096 }, 9),
];

/// Sums of what batch norm computed with something else, in either order, are results of their own.
#[test]
fn sums_after_batch_norm() {
    let Some(cuda) = alone(Precision::F32) else { return };
    for (s, samples) in NORMS {
        let len = s.channels * s.spatial_size * samples;
        let [x, summand] = [3, 4].map(|seed| upload(&cuda, &numbers(seed, len)));
        let run = |f: Activation, first: bool, summed: bool| {
            let mut weights = upload(&cuda, &numbers(5, 4 * s.channels));
            let (mut y, mut sum) = (cuda.zeros(len).expect("memory"), cuda.zeros(len).expect("memory"));
            let mut saved = cuda.zeros(2 * s.channels).expect("memory");
            let [to_weights, to, to_saved] = [&mut weights, &mut y, &mut saved].map(Cuda::whole_mut);
            cuda.batch_norm_forward(NORM, s, to_weights, Cuda::whole(&x), to, to_saved);
            let launches = queued(&cuda);
            if summed {
                let (y, other) = (Cuda::whole(&y), Cuda::whole(&summand));
                let [a, b] = if first { [y, other] } else { [other, y] };
                cuda.arithmetic(Operator::Add { sign: 1.0 }, f, a, b, Cuda::whole_mut(&mut sum));
                assert_eq!(queued(&cuda), launches, "{s:?}");
            }
            [&y, &sum, &weights, &saved].map(|buffer| download(&cuda, buffer).expect("a result"))
        };
        let [alone, _, weights, saved] = run(Activation::Identity, true, false);
        for (f, first) in [(Activation::Identity, true), (Activation::Relu, true), (Activation::Relu, false)] {
            let [y, sum, after, also_saved] = run(f, first, true);
            let expected: Vec<f32> = alone.iter().zip(numbers(4, len)).map(|(y, other)| y + other).collect();
            let limited = expected.iter().map(|v| if f == Activation::Relu && *v < 0.0 { 0.0 } else { *v });
            assert_eq!(bits(&sum), bits(&limited.collect::<Vec<_>>()), "{s:?}, {f:?}");
            assert_eq!(
                [&y, &after, &also_saved].map(|x| bits(x)),
                [&alone, &weights, &saved].map(|x| bits(x)),
                "{s:?}"
            );
        }
    }
}

/// A sum of the output with itself or with what batch norm writes, a difference, and a sum by another activation are launches.
#[test]
fn other_sums_after_batch_norm_are_launches() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let (s, len) = (BatchNormSizes { channels: 2, spatial_size: 4 }, 24);
    let [x, other] = [3, 4].map(|seed| upload(&cuda, &numbers(seed, len)));
    let add = Operator::Add { sign: 1.0 };
    let cases = [
        (add, Activation::Identity, true),
        (Operator::Add { sign: -1.0 }, Activation::Identity, false),
        (Operator::Mul, Activation::Identity, false),
        (add, Activation::Tanh, false),
    ];
    for (operator, f, with_itself) in cases {
        let mut weights = upload(&cuda, &numbers(5, 8));
        let (mut y, mut to) = (cuda.zeros(len).expect("memory"), cuda.zeros(len).expect("memory"));
        let mut saved = cuda.zeros(4).expect("memory");
        let [to_weights, to_y, to_saved] = [&mut weights, &mut y, &mut saved].map(Cuda::whole_mut);
        cuda.batch_norm_forward(NORM, s, to_weights, Cuda::whole(&x), to_y, to_saved);
        let with = if with_itself { Cuda::whole(&y) } else { Cuda::whole(&other) };
        cuda.arithmetic(operator, f, Cuda::whole(&y), with, Cuda::whole_mut(&mut to));
        assert_eq!(queued(&cuda), 2, "{operator:?}, {f:?}");
        cuda.synchronize().expect("work that can be done");
    }
}

/// Batch norm multiplies the gradient by the slope of the activation behind it when it reads it, and leaves the product there.
#[test]
fn slopes_before_batch_norm() {
    let Some(cuda) = alone(Precision::F32) else { return };
    for (s, samples) in NORMS {
        let len = s.channels * s.spatial_size * samples;
        let [x, kept, weights] =
            [(3, len), (4, len), (5, 4 * s.channels)].map(|(seed, len)| upload(&cuda, &numbers(seed, len)));
        let saved: Vec<f32> = numbers(6, 2 * s.channels).iter().map(|x| x.abs() + 0.5).collect();
        let saved = upload(&cuda, &saved);
        for (f, statistics) in [
            (Activation::Relu, Statistics::Batch),
            (LEAKY, Statistics::Batch),
            (Activation::Tanh, Statistics::Batch),
            (Activation::Relu, Statistics::Running),
        ] {
            // Without the gradient to the weights, nothing is summed by the running statistics, and a launch has to do it.
            let constant = statistics == Statistics::Running;
            let run = |between: bool| {
                let mut dy = upload(&cuda, &numbers(7, len));
                let (mut dx, mut dw) = (cuda.zeros(len).expect("memory"), cuda.zeros(4 * s.channels).expect("memory"));
                // Work that was queued before stays in the queue.
                cuda.clear(Cuda::whole_mut(&mut dx));
                cuda.activation_backward_in_place(f, Cuda::whole(&kept), Cuda::whole_mut(&mut dy));
                if between {
                    cuda.clear(Cuda::whole_mut(&mut dw));
                }
                let (d_weights, d_input) = (Cuda::whole_mut(&mut dw), Cuda::whole_mut(&mut dx));
                let d_weights = (!constant).then_some((d_weights, Write::Set));
                let [weights, x, saved, dy_read] = [&weights, &x, &saved, &dy].map(Cuda::whole);
                let d_input = Some((d_input, Write::Set));
                cuda.batch_norm_backward(NORM, s, statistics, weights, x, saved, dy_read, d_weights, d_input);
                let launches = queued(&cuda);
                let results = [&dy, &dx, &dw].map(|buffer| bits(&download(&cuda, buffer).expect("a result")));
                (results, launches)
            };
            let (expected, apart) = run(true);
            let (found, together) = run(false);
            assert!(found == expected, "{s:?}, {f:?}, {statistics:?}");
            let spared = if f == Activation::Tanh || constant { 1 } else { 2 };
            assert_eq!(apart - together, spared, "{s:?}, {f:?}, {statistics:?}");
        }
    }
}

/// A dense layer, and what its gradients are computed from and written to.
struct Layer {
    sizes: DenseSizes,
    weight: Buffer<f32>,
    x: Buffer<f32>,
    dy: Buffer<f32>,
    d_weight: Buffer<f32>,
    d_bias: Buffer<f32>,
    dx: Buffer<f32>,
}

impl Layer {
    fn new(cuda: &Cuda) -> Self {
        let sizes = DenseSizes { samples: 8, inputs: 6, outputs: 8 };
        let [weight, x, dy] = [48, 48, 64].map(|len| upload(cuda, &numbers(len as u64, len)));
        let [d_weight, d_bias, dx] = [48, 8, 48].map(|len| cuda.zeros(len).expect("memory"));
        Layer { sizes, weight, x, dy, d_weight, d_bias, dx }
    }
    fn backward(&mut self, cuda: &Cuda) {
        let [weight, x, dy] = [&self.weight, &self.x, &self.dy].map(Cuda::whole);
        let weights = [Cuda::whole_mut(&mut self.d_weight), Cuda::whole_mut(&mut self.d_bias)];
        cuda.dense_backward(self.sizes, weight, x, dy, weights, Write::Set, Cuda::whole_mut(&mut self.dx), Write::Set);
    }
    fn relu(&mut self, cuda: &Cuda) {
        cuda.activation_backward_in_place(Activation::Relu, Cuda::whole(&self.x), Cuda::whole_mut(&mut self.dx));
    }
    /// Returns the gradient to the input times the slope of ReLU.
    fn expected(&self, cuda: &Cuda) -> Vec<f32> {
        let mut alone = Layer::new(cuda);
        alone.backward(cuda);
        let dx = download(cuda, &alone.dx).expect("a result");
        let x = download(cuda, &self.x).expect("a result");
        dx.iter().zip(x).map(|(d, x)| if x > 0.0 { *d } else { 0.0 * d }).collect()
    }
}

/// Checks that the last of some work was queued, and what comes of it.
#[track_caller]
fn assert_queued(cuda: &Cuda, layer: &mut Layer, launches: usize) {
    layer.relu(cuda);
    assert_eq!(queued(cuda), launches);
    let expected = layer.expected(cuda);
    assert_eq!(bits(&download(cuda, &layer.dx).expect("a result")), bits(&expected));
}

#[test]
fn not_across_other_work() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let mut layer = Layer::new(&cuda);
    layer.backward(&cuda);
    assert_queued(&cuda, &mut layer, 1);
    // A kernel that reads the gradient, and a library call.
    let mut copy = cuda.zeros(48).expect("memory");
    layer.backward(&cuda);
    cuda.copy(Cuda::whole(&layer.dx), Cuda::whole_mut(&mut copy));
    assert_queued(&cuda, &mut layer, 3);
    let copied = download(&cuda, &copy).expect("a result");
    assert_ne!(bits(&copied), bits(&layer.expected(&cuda)), "the copy is of what was there before");
    layer.backward(&cuda);
    cuda.call(|_, _, _| Ok(()), &[], &[]);
    assert_queued(&cuda, &mut layer, 3);
    // Work that was sent already.
    layer.backward(&cuda);
    cuda.submit().expect("work that can be done");
    assert_queued(&cuda, &mut layer, 1);
}

#[test]
fn not_on_another_range() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let mut layer = Layer::new(&cuda);
    layer.backward(&cuda);
    // A part of the gradient, from its start.
    let (x, dx) = (Cuda::slice(Cuda::whole(&layer.x), 0..12), Cuda::whole_mut(&mut layer.dx));
    cuda.activation_backward_in_place(Activation::Relu, x, Cuda::split_mut(dx, 12).0);
    assert_eq!(queued(&cuda), 2);
    let (expected, found) = (layer.expected(&cuda), download(&cuda, &layer.dx).expect("a result"));
    assert_eq!(bits(&found[..12]), bits(&expected[..12]));
    assert!(found[12..].iter().zip(&expected[12..]).any(|(found, expected)| found != expected));
    // Another range that the kernel writes, and one that it reads.
    layer.backward(&cuda);
    cuda.activation_backward_in_place(Activation::Relu, Cuda::whole(&layer.x), Cuda::whole_mut(&mut layer.d_weight));
    assert_eq!(queued(&cuda), 2);
    layer.backward(&cuda);
    cuda.activation_backward_in_place(Activation::Relu, Cuda::whole(&layer.x), Cuda::whole_mut(&mut layer.weight));
    assert_eq!(queued(&cuda), 4);
    // A kernel that has no extension.
    cuda.clear(Cuda::whole_mut(&mut layer.dx));
    layer.relu(&cuda);
    assert_eq!(queued(&cuda), 6);
    download(&cuda, &layer.dx).expect("a result");
}

#[test]
fn not_twice_and_not_with_what_the_kernel_writes() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let mut layer = Layer::new(&cuda);
    layer.backward(&cuda);
    layer.relu(&cuda);
    // The second slope would take the place of the first.
    let other = upload(&cuda, &numbers(9, 48));
    layer.backward(&cuda);
    layer.relu(&cuda);
    let dx = Cuda::whole_mut(&mut layer.dx);
    cuda.activation_backward_in_place(Activation::Relu, Cuda::whole(&other), dx);
    let expected = layer.expected(&cuda);
    let expected = expected.iter().zip(numbers(9, 48)).map(|(d, kept)| if kept > 0.0 { *d } else { 0.0 * d });
    assert_eq!(bits(&download(&cuda, &layer.dx).expect("a result")), bits(&expected.collect::<Vec<_>>()));
    // Other blocks may not have written the gradient to the weights yet.
    layer.backward(&cuda);
    cuda.activation_backward_in_place(Activation::Relu, Cuda::whole(&layer.d_weight), Cuda::whole_mut(&mut layer.dx));
    assert_eq!(queued(&cuda), 2);
    // An activation whose slope takes more than the sign.
    layer.backward(&cuda);
    cuda.activation_backward_in_place(Activation::Tanh, Cuda::whole(&layer.x), Cuda::whole_mut(&mut layer.dx));
    assert_eq!(queued(&cuda), 4);
    download(&cuda, &layer.dx).expect("a result");
}

/// A graph is one of the arguments of extensions, too: which there are is part of what it is known by, numbers are set anew.
#[test]
fn graphs_of_extended_kernels() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let mut layer = Layer::new(&cuda);
    let x = download(&cuda, &layer.x).expect("a result");
    layer.backward(&cuda);
    let plain = download(&cuda, &layer.dx).expect("a result");
    let mut step = |slope: Option<f32>| {
        (0..2).for_each(|_| cuda.clear(Cuda::whole_mut(&mut layer.d_weight)));
        layer.backward(&cuda);
        if let Some(slope) = slope {
            let f = Activation::LeakyRelu { slope };
            cuda.activation_backward_in_place(f, Cuda::whole(&layer.x), Cuda::whole_mut(&mut layer.dx));
        }
        assert_eq!(queued(&cuda), 3);
        let below = slope.unwrap_or(1.0);
        let expected: Vec<f32> = plain.iter().zip(&x).map(|(d, x)| if *x > 0.0 { *d } else { below * d }).collect();
        assert_eq!(bits(&download(&cuda, &layer.dx).expect("a result")), bits(&expected), "slope {slope:?}");
    };
    for slope in [None, None, Some(0.5), Some(0.5), Some(0.25), None, Some(0.125)] {
        step(slope);
    }
    let counts = cuda.counts();
    assert_eq!((counts.graphs, counts.graph_launches), (2, 5));
}

/// The words of a check after a loss at step 7, and the number of launches of the two.
fn checked(cuda: &Cuda, x: &[f32], before: [u32; FiniteCheck::WORDS], mse: bool) -> (Vec<u32>, usize) {
    let (samples, classes) = (x.len() / 3, 3);
    let (x, mut d) = (upload(cuda, x), cuda.zeros(x.len()).expect("memory"));
    let (mut losses, mut words) =
        (cuda.zeros(samples).expect("memory"), cuda.zeros(FiniteCheck::WORDS).expect("memory"));
    cuda.upload(&before, Cuda::whole_mut(&mut words)).expect("an upload");
    let targets = vec![1_u32; samples];
    let mut t = cuda.zeros(samples).expect("memory");
    cuda.upload(&targets, Cuda::whole_mut(&mut t)).expect("an upload");
    let gradient = Gradient { input: 0, scale: None, to: Cuda::whole_mut(&mut d), write: Write::Set };
    let (x, losses_of) = (Cuda::whole(&x), Cuda::whole_mut(&mut losses));
    if mse {
        cuda.elementwise_loss(Elementwise::Mse, Reduction::Mean, classes, x, x, losses_of);
    } else {
        let (loss, sizes) = (Classes::CrossEntropy { label_smoothing: 0.0 }, ClassSizes { classes, positions: 1 });
        cuda.class_loss_and_gradient((loss, Reduction::Mean), sizes, x, Cuda::whole(&t), losses_of, gradient);
    }
    cuda.finite_check(7, Cuda::whole(&losses), Cuda::whole_mut(&mut words));
    let launches = queued(cuda);
    let mut to = vec![0; FiniteCheck::WORDS];
    cuda.download(Cuda::whole(&words), &mut to).expect("a result");
    (to, launches)
}

#[test]
fn checks_of_losses() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let finite = numbers(1, 3 * 70);
    let mut infinite = finite.clone();
    infinite[200] = f32::INFINITY;
    for mse in [false, true] {
        for (x, before, after) in [
            (&finite, [0; 4], [0; 4]),
            (&infinite, [0; 4], [7, 0, 0, 0]),
            (&finite, [0, 1, 5, 6], [7, 1, 5, 6]),
            (&infinite, [3, 3, 5, 6], [3, 3, 5, 6]),
            (&finite, [3, 0, 0, 0], [3, 0, 0, 0]),
        ] {
            assert_eq!(checked(&cuda, x, before, mse), (after.to_vec(), 1), "{before:?}, mse: {mse}");
        }
    }
}

#[test]
fn a_check_of_a_part_of_the_losses_is_a_launch() {
    let Some(cuda) = alone(Precision::F32) else { return };
    let x = upload(&cuda, &numbers(1, 12));
    let (mut losses, mut words) = (cuda.zeros(4).expect("memory"), cuda.zeros(FiniteCheck::WORDS).expect("memory"));
    cuda.elementwise_loss(
        Elementwise::Mse,
        Reduction::Mean,
        3,
        Cuda::whole(&x),
        Cuda::whole(&x),
        Cuda::whole_mut(&mut losses),
    );
    cuda.finite_check(1, Cuda::slice(Cuda::whole(&losses), 0..3), Cuda::whole_mut(&mut words));
    assert_eq!(queued(&cuda), 2);
    // The words may not be what the kernel reads or writes.
    let mut x = x;
    cuda.elementwise_loss(
        Elementwise::Mse,
        Reduction::Mean,
        3,
        Cuda::whole(&x),
        Cuda::whole(&x),
        Cuda::whole_mut(&mut losses),
    );
    let range = (Cuda::whole(&losses).address(), losses.len());
    for words in [&mut x, &mut losses] {
        let words = Cuda::reinterpret_mut::<f32, u32>(Cuda::split_mut(Cuda::whole_mut(words), 4).0);
        assert!(!cuda.extend(Extension::FiniteCheck, range, (1_u32, words)));
    }
    cuda.synchronize().expect("work that can be done");
}
