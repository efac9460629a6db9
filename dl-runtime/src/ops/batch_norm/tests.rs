//! Compares batch normalisation with its definition in `f64`, and its gradients with central differences.

use super::{BatchNorm, BatchNormOp};
use crate::init::InitLayer;
use crate::ops::Activation;
use crate::ops::channel_blocks::{AnyImage, ChannelBlocks, ChannelBlocksOp};
use crate::tensor::{Frozen, Storage, Write};
use crate::testing::{Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Device, Pod};
use std::ops::Range;
use std::slice::from_ref;

const OP: BatchNormOp = BatchNormOp { momentum: 0.1, epsilon: 1e-5, activation: Activation::Identity };

/// Returns the channel of element `i`.
fn channel(i: usize, channels: usize, spatial_size: usize) -> usize {
    i / spatial_size % channels
}

/// Returns the mean and the biased variance of every channel.
fn moments(x: &[f64], channels: usize, spatial_size: usize) -> (Vec<f64>, Vec<f64>) {
    let n = (x.len() / channels) as f64;
    let (mut mean, mut var) = (vec![0.0; channels], vec![0.0; channels]);
    x.iter().enumerate().for_each(|(i, x)| mean[channel(i, channels, spatial_size)] += x / n);
    for (i, x) in x.iter().enumerate() {
        let c = channel(i, channels, spatial_size);
        var[c] += (x - mean[c]).powi(2) / n;
    }
    (mean, var)
}

/// Returns `x` normalised by `(mean, var)`.
fn normalised(weights: &[f64], x: &[f64], by: &(Vec<f64>, Vec<f64>), spatial_size: usize) -> Vec<f64> {
    let channels = weights.len() / 4;
    let one = |(i, x): (usize, &f64)| {
        let c = channel(i, channels, spatial_size);
        weights[c] * (x - by.0[c]) / (by.1[c] + f64::from(OP.epsilon)).sqrt() + weights[channels + c]
    };
    x.iter().enumerate().map(one).collect()
}

/// Returns weights with positive running variances.
fn weights<const C: usize>() -> Vec<f32> {
    let mut w = numbers(1, 4 * C);
    w[3 * C..].iter_mut().for_each(|v| *v = v.abs() + 0.5);
    w
}

fn case<T: Pod<Element = f32>, const C: usize>(samples: usize)
where
    [T; C]: AnyImage,
{
    let (len, count) = (samples * C * T::LEN, (samples * T::LEN) as f64);
    let (w, x, dy) = (weights::<C>(), numbers(2, len), numbers(3, len));
    let what = format!("batch_norm of {samples} × {C} channels of {}", T::LEN);
    let by_batch = |w: &[f64], x: &[f64]| normalised(w, x, &moments(x, C, T::LEN), T::LEN);

    let [y, saved, followed, dw, dx, inferred, in_place] = on_every_device!(|device| {
        let context = Context::new(device, 0);
        let (mut followed, mut in_place) = (device.tensor(&w), device.tensor(&x));
        let (w, x, dy) = (device.tensor(&w), device.tensor(&x), device.tensor(&dy));
        let (mut y, mut saved, mut inferred) = (device.output(len), device.output(2 * C), device.output(len));
        let net = followed.view_mut::<BatchNorm<C>>();
        OP.forward(&context, net, x.view::<[T; C]>(), y.view_mut(), saved.view_mut());
        let backward = |dw: &mut Tensor<_>, write, dx: Option<(&mut Tensor<_>, Write)>| {
            let mut all = device.tensor(&[dw.read(), vec![7.0; 2 * C]].concat());
            let (net, d_input) = (w.view::<BatchNorm<C>>(), dx.map(|(dx, write)| dx.grad(write)));
            OP.backward(&context, net, x.view::<[T; C]>(), saved.view(), dy.view(), all.grad(write), d_input);
            let all = all.read();
            device.upload(&all[..2 * C], dw.data_mut()).expect("an upload");
            assert_eq!(all[2 * C..], vec![7.0; 2 * C], "the positions of the running statistics");
        };
        let dw = device.set_and_add(2 * C, |dw, write| backward(dw, write, None));
        let dx =
            device.set_and_add(len, |dx, write| backward(&mut device.output(2 * C), Write::Set, Some((dx, write))));
        OP.infer(&context, w.view::<BatchNorm<C>>(), x.view::<[T; C]>(), inferred.view_mut());
        OP.infer_in_place(&context, w.view::<BatchNorm<C>>(), in_place.view_mut::<[T; C]>());
        [y.read(), saved.read(), followed.read(), dw, dx, inferred.read(), in_place.read()]
    });

    assert_close(&what, &y, &by_batch(&wide(&w), &wide(&x)), 1e-6);
    let (mean, var) = moments(&wide(&x), C, T::LEN);
    assert_close("saved", &saved, &[&mean[..], &var].concat(), 2e-7);
    assert_eq!(followed[..2 * C], w[..2 * C]);
    let momentum = f64::from(OP.momentum);
    let mut expected: Vec<f64> = wide(&w)[2 * C..].to_vec();
    for c in 0..C {
        expected[c] += momentum * (mean[c] - expected[c]);
        if count > 1.0 {
            expected[C + c] += momentum * (var[c] * count / (count - 1.0) - expected[C + c]);
        }
    }
    assert_close("running statistics", &followed[2 * C..], &expected, 2e-7);

    let expected = gradient(|w| by_batch(w, &wide(&x)), &wide(&w), &dy);
    assert_close(&what, &dw, &expected[..2 * C], 2e-6);
    assert_close(&what, &dx, &gradient(|x| by_batch(&wide(&w), x), &wide(&x), &dy), 4e-6);

    let running = (wide(&w[2 * C..3 * C]), wide(&w[3 * C..]));
    assert_close(&what, &inferred, &normalised(&wide(&w), &wide(&x), &running, T::LEN), 5e-7);
    assert_eq!(in_place, inferred);
}

fn frozen<'a, D: Device>(_: &D, weights: D::Ref<'_, f32>, ranges: &'a [Range<usize>]) -> Frozen<'a> {
    Frozen::of::<D>(weights, ranges, None)
}

/// The passes of training with frozen statistics, and in the second half with frozen weights too.
fn frozen_case<T: Pod<Element = f32>, const C: usize>(samples: usize) {
    let len = samples * C * T::LEN;
    let (w, x, dy) = (weights::<C>(), numbers(2, len), numbers(3, len));
    for range in [2 * C..4 * C, 0..4 * C] {
        let what = format!("frozen batch_norm of {samples} × {C} channels of {}", T::LEN);
        let [y, saved, followed, dw, dx] = on_every_device!(|device| {
            let (mut net, x, dy) = (device.tensor(&w), device.tensor(&x), device.tensor(&dy));
            let (mut y, mut saved, mut dx) = (device.output(len), device.output(2 * C), device.output(len));
            let mut dw = device.tensor(&[7.0; 4].repeat(C));
            let frozen = frozen(device, net.data(), from_ref(&range));
            let context = Context { frozen, ..Context::new(device, 0) };
            let all = net.view_mut::<BatchNorm<C>>();
            OP.forward(&context, all, x.view::<[T; C]>(), y.view_mut(), saved.view_mut());
            let (d_weights, d_input) = (dw.grad(Write::Set), Some(dx.grad(Write::Set)));
            let all = net.view::<BatchNorm<C>>();
            OP.backward(&context, all, x.view::<[T; C]>(), saved.view(), dy.view(), d_weights, d_input);
            [y.read(), saved.read(), net.read(), dw.read(), dx.read()]
        });
        let by = |w: &[f64], x: &[f64]| normalised(w, x, &(w[2 * C..3 * C].to_vec(), w[3 * C..].to_vec()), T::LEN);
        assert_close(&what, &y, &by(&wide(&w), &wide(&x)), 5e-7);
        assert_eq!((&saved[..], &followed), (&w[2 * C..], &w));
        assert_close(&what, &dx, &gradient(|x| by(&wide(&w), x), &wide(&x), &dy), 4e-6);
        if range.start == 0 {
            assert_eq!(dw, vec![7.0; 4 * C]);
        } else {
            assert_close(&what, &dw[..2 * C], &gradient(|w| by(w, &wide(&x)), &wide(&w), &dy)[..2 * C], 2e-6);
            assert_eq!(dw[2 * C..], vec![7.0; 2 * C]);
        }
    }
}

#[test]
fn values_and_gradients() {
    case::<f32, 1>(2);
    case::<f32, 5>(3);
    case::<f32, 37>(4);
    case::<f32, 70>(5);
    case::<[[f32; 1]; 1], 3>(5);
    case::<[[f32; 3]; 2], 3>(1);
    case::<[[f32; 7]; 5], 2>(3);
    case::<[[f32; 4]; 3], 3>(2);
    case::<[[f32; 8]; 8], 2>(3);
}

#[test]
fn values_and_gradients_with_frozen_statistics() {
    frozen_case::<f32, 1>(1);
    frozen_case::<f32, 37>(4);
    // Two parts of each channel on a GPU.
    frozen_case::<f32, 3>(100);
    frozen_case::<[[f32; 7]; 5], 2>(3);
    frozen_case::<[[f32; 8]; 8], 2>(3);
}

/// Runs the forward pass on `x`, and returns the output, the saved tensor, and the weights after it.
fn forward<T: Pod<Element = f32>, const C: usize>(op: BatchNormOp, w: &[f32], x: &[f32]) -> [Vec<f32>; 3] {
    on_every_device!(|device| {
        let (mut y, mut saved, mut w) = (device.output(x.len()), device.output(2 * C), device.tensor(w));
        let (context, x) = (Context::new(device, 0), device.tensor(x));
        op.forward(&context, w.view_mut::<BatchNorm<C>>(), x.view::<[T; C]>(), y.view_mut(), saved.view_mut());
        [y.read(), saved.read(), w.read()]
    })
}

/// Returns the gradients to weights and input.
fn backward<T: Pod<Element = f32>, const C: usize>(w: &[f32], x: &[f32], saved: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
    on_every_device!(|device| {
        let (mut dw, mut dx, w) = (device.tensor(&[0.0; 4].repeat(C)), device.output(x.len()), device.tensor(w));
        let (context, x, saved, dy) =
            (Context::new(device, 0), device.tensor(x), device.tensor(saved), device.tensor(dy));
        let (d_weights, d_input) = (dw.grad::<BatchNorm<C>>(Write::Set), Some(dx.grad(Write::Set)));
        OP.backward(&context, w.view(), x.view::<[T; C]>(), saved.view(), dy.view(), d_weights, d_input);
        [dw.read(), dx.read()]
    })
}

#[test]
fn one_number_in_a_channel_becomes_the_bias() {
    let (before, x) = (weights::<3>(), numbers(2, 3));
    let [y, saved, w] = forward::<f32, 3>(OP, &before, &x);
    assert_eq!(y, w[3..6]);
    assert_eq!(w[9..], before[9..], "one number says nothing about the variance");
    let [dw, dx] = backward::<f32, 3>(&w, &x, &saved, &[1.0; 3]);
    assert_eq!((&dx[..], &dw[..3], &dw[3..6]), (&[0.0; 3][..], &[0.0; 3][..], &[1.0; 3][..]));
}

#[test]
fn a_large_mean_costs_no_digits() {
    let w = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
    let x: Vec<f32> = numbers(1, 50 * 198).iter().map(|x| 300.0 + x).collect();
    let [y, ..] = forward::<[[f32; 9]; 11], 2>(OP, &w, &x);
    // The mean itself is rounded to 300·2⁻²⁴.
    let expected = normalised(&wide(&w), &wide(&x), &moments(&wide(&x), 2, 99), 99);
    assert_close("normalised", &y, &expected, 300.0 * 2f64.powi(-24));
}

#[test]
fn the_activation_is_applied_in_the_same_pass() {
    let (w, x) = (weights::<3>(), numbers(2, 3 * 4 * 6));
    let [plain, fused] = [Activation::Identity, Activation::Relu].map(|activation| {
        let [y, ..] = forward::<[[f32; 3]; 2], 3>(BatchNormOp { activation, ..OP }, &w, &x);
        y
    });
    assert!(plain.iter().any(|y| *y < 0.0));
    assert_eq!(fused, plain.iter().map(|y| y.max(0.0)).collect::<Vec<_>>());
}

#[test]
fn begins_as_plain_normalisation() {
    let mut weights =
        BatchNorm::<2> { weight: [9.0; 2], bias: [9.0; 2], running_mean: [9.0; 2], running_var: [9.0; 2] };
    weights.init((), &mut crate::init::rng(1));
    assert_eq!(crate::tensor::pod::flat(&[weights]), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
}

fn any_number_of_threads<T: Pod<Element = f32>, const C: usize>(samples: usize) {
    let len = samples * C * T::LEN;
    let (w, x, dy) = (weights::<C>(), numbers(2, len), numbers(3, len));
    let [_, saved, w] = forward::<T, C>(OP, &w, &x);
    backward::<T, C>(&w, &x, &saved, &dy);
}

#[test]
fn any_number_of_threads_for_maps_and_features() {
    any_number_of_threads::<[[f32; 19]; 17], 7>(20);
    any_number_of_threads::<f32, 133>(300);
    // So much of a channel that it is cut into parts on a GPU.
    any_number_of_threads::<[[f32; 64]; 64], 2>(9);
    any_number_of_threads::<f32, 3>(1100);
}

/// On a GPU, a block computes a whole channel of up to 32,768 numbers, or 32 channels with as many together.
#[cfg(feature = "cuda")]
#[test]
fn one_launch_each_way_where_a_block_has_whole_channels() {
    use super::{BatchNormKernel, BatchNormSizes};
    use crate::device::Cuda;
    use crate::tensor::Statistics;
    let Some(_) = crate::testing::gpu().pop() else { return };
    for (spatial_size, samples, launches) in [(1024, 32, 1), (1024, 33, 2), (1, 1024, 1), (1, 1025, 2)] {
        // A handle of its own, whose launches are counted alone.
        let cuda = Cuda::new(0).expect("the GPU of the tests");
        let len = 2 * spatial_size * samples;
        let s = BatchNormSizes { channels: 2, spatial_size };
        let (x, dy) = (cuda.tensor(&numbers(2, len)), cuda.tensor(&numbers(3, len)));
        let (mut w, mut y, mut saved) = (cuda.tensor(&weights::<2>()), cuda.output(len), cuda.output(4));
        let (mut dw, mut dx) = (cuda.output(4), cuda.output(len));
        cuda.synchronize().expect("the uploads");
        let before = cuda.counts().launches;
        cuda.batch_norm_forward(OP, s, w.data_mut(), x.data(), y.data_mut(), saved.data_mut());
        let d_weights = Some((dw.data_mut(), Write::Set));
        let d_input = Some((dx.data_mut(), Write::Set));
        let trained = Cuda::slice(w.data(), 0..4);
        let batch = Statistics::Batch;
        cuda.batch_norm_backward(OP, s, batch, trained, x.data(), saved.data(), dy.data(), d_weights, d_input);
        cuda.synchronize().expect("the launches");
        assert_eq!(cuda.counts().launches - before, 2 * launches, "{samples} samples of {spatial_size}");
    }
}

/// Returns the weights after a batch `x` of samples with one element for each channel, and the output.
fn after(op: BatchNormOp, w: &[f32], x: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let [y, _, w] = if w.len() == 4 { forward::<f32, 1>(op, w, x) } else { forward::<f32, 3>(op, w, x) };
    (w, y)
}

#[test]
fn several_uses_follow_one_another() {
    // Momentum, the batches in order, and the running mean and variance that PyTorch computes.
    let (a, b) = ([1.9, 2.1], [3.8, 4.2]);
    for (momentum, uses, mean, var) in [
        (0.1, &[a, b][..], 0.58, 0.8198),
        (0.9, &[a, b], 3.78, 0.0838),
        (0.1, &[a, b, a, b, a, b], 1.430_338, 0.555_608_78),
        (1.0, &[b, a], 2.0, 0.02),
    ] {
        let op = BatchNormOp { momentum, ..OP };
        let w = uses.iter().fold(vec![1.0, 0.0, 0.0, 1.0], |w, x| after(op, &w, x).0);
        assert_close("running statistics", &w[2..], &[mean, var], 4e-7);
    }
    // The running variance never falls below 0, even after many batches without variance.
    for momentum in [0.1, 0.3, 0.7, 1.0] {
        let op = BatchNormOp { momentum, ..OP };
        let w = (0..100).fold(vec![1.0, 0.0, 0.0, 1.0], |w, _| after(op, &w, &[0.5; 4]).0);
        assert!(w[3] >= 0.0, "{}", w[3]);
    }
}

#[test]
fn numbers_that_are_not_finite_move_no_statistics_and_are_told() {
    // In the second channel, the mean and the variance overflow, or the variance alone.
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, 1e30] {
        let before = weights::<3>();
        let x = [1.0, bad, 0.5, 2.0, -bad, 0.25];
        let (w, y) = after(OP, &before, &x);
        for c in 0..3 {
            let moved = w[6 + c] != before[6 + c] && w[9 + c] != before[9 + c];
            let same = w[6 + c] == before[6 + c] && w[9 + c] == before[9 + c];
            assert!(if c == 1 { same } else { moved }, "channel {c} after {bad}");
            assert!(y[c].is_nan() == (c == 1) && y[3 + c].is_nan() == (c == 1), "channel {c} of {bad}: {y:?}");
        }
    }
}

#[test]
fn blocks_of_channels() {
    type Planes = [[[f32; 5]; 3]; 24];
    const LEN: usize = 2 * Planes::LEN;
    let (w, x) = (weights::<24>(), numbers(2, LEN));
    type Function = fn(f64) -> f64;
    let activations: [(Activation, Function); 3] =
        [(Activation::Identity, |y| y), (Activation::Relu, |y| y.max(0.0)), (Activation::Tanh, f64::tanh)];
    for (activation, f) in activations {
        let op = BatchNormOp { activation, ..OP };
        let [y, in_place] = on_every_device!(|device| {
            let (context, w) = (Context::new(device, 0), device.tensor(&w));
            let (w, x, mut blocks) = (w.view::<BatchNorm<24>>(), device.tensor(&x), device.output(LEN));
            ChannelBlocksOp.forward(&context, x.view::<Planes>(), blocks.view_mut::<ChannelBlocks<Planes>>());
            let (mut y, mut planes, mut in_place) = (device.output(LEN), device.output(LEN), device.output(LEN));
            op.infer(&context, w, blocks.view::<ChannelBlocks<Planes>>(), y.view_mut());
            op.infer_in_place(&context, w, blocks.view_mut::<ChannelBlocks<Planes>>());
            ChannelBlocksOp.forward(&context, y.view::<ChannelBlocks<Planes>>(), planes.view_mut::<Planes>());
            ChannelBlocksOp.forward(&context, blocks.view::<ChannelBlocks<Planes>>(), in_place.view_mut::<Planes>());
            [planes.read(), in_place.read()]
        });
        let by = wide(&w);
        let expected: Vec<f64> = normalised(&by, &wide(&x), &(by[48..72].to_vec(), by[72..].to_vec()), 15);
        let expected: Vec<f64> = expected.into_iter().map(f).collect();
        assert_close("batch_norm in blocks", &y, &expected, 1e-5);
        assert_close("batch_norm in blocks, in place", &in_place, &expected, 1e-5);
    }
}
