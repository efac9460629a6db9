//! T1, T2, T3, T6, T7, T8 and I1: training steps and predictions of whole networks.

use crate::measure::Report;
use dl::Pod;
use dl::loss::{CrossEntropy, Mse};
use dl::optim::Adam;
use dl::pod::{flat_mut, zeroed_box};
use dl::prelude::*;
use std::slice::from_mut;

model! {
    /// For four measurements of a flower.
    pub Tiny(x: [4]) -> [3] { x -> dense(16) -> relu -> dense(16) -> relu -> dense(3) }

    /// For images of 28×28.
    pub Mlp(x: [784]) -> [10] { x -> dense(512) -> relu -> dense(256) -> relu -> dense(10) }

    /// LeNet-5 with ReLU and max pooling.
    #[int8]
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(120) -> relu
            -> dense(84) -> relu
            -> dense(10)
    }
}

model! {
    block conv_norm(x, channels, kernel, stride: 1, padding: 0) {
        x -> conv2d(channels, kernel, stride: stride, padding: padding, bias: false) -> batch_norm
    }

    block basic(x: [c, h, w], channels, stride: 1) {
        let main = x -> conv_norm(channels, 3, stride: stride, padding: 1) -> relu -> conv_norm(channels, 3, padding: 1);
        let shortcut = if stride != 1 || c != channels { x -> conv_norm(channels, 1, stride: stride) } else { x };
        (main + shortcut) -> relu
    }

    block stage(x, channels, stride: 1) {
        x -> basic(channels, stride: stride) -> basic(channels) -> basic(channels)
    }

    /// ResNet-20 for images of 32×32 (He, Zhang, Ren, Sun, 2015, section 4.2), with projections.
    pub ResNet20(image: [3, 32, 32]) -> [10] {
        image
            -> conv_norm(16, 3, padding: 1) -> relu
            -> stage(16) -> stage(32, stride: 2) -> stage(64, stride: 2)
            -> global_avg_pool2d
            -> dense(10)
    }
}

model! {
    block double(x, channels) {
        x -> conv2d(channels, 3, padding: 1) -> relu -> conv2d(channels, 3, padding: 1) -> relu
    }
    block up(x, skip: [channels, h, w]) {
        concat(x -> conv_transpose2d(channels, 2, stride: 2), skip) -> double(channels)
    }

    /// U-Net (Ronneberger, Fischer, Brox, 2015) with a quarter of its width, for images of 128×128.
    pub UNet(image: [1, 128, 128]) -> [2, 128, 128] {
        let a = image -> double(16);
        let b = a -> max_pool2d(2) -> double(32);
        let c = b -> max_pool2d(2) -> double(64);
        let d = c -> max_pool2d(2) -> double(128);
        d -> max_pool2d(2) -> double(256) -> up(d) -> up(c) -> up(b) -> up(a) -> conv2d(2, 1)
    }
}

model! {
    block next(x: [c, h, w]) {
        let y = x -> depthwise_conv2d(7, padding: 3) -> transpose([1, 2, 0]) -> layer_norm(epsilon: 1e-6)
            -> dense(4 * c, axis: -1) -> gelu -> dense(c, axis: -1) -> transpose([2, 0, 1]);
        x + y
    }

    /// Four blocks of ConvNeXt (Liu et al., 2022) of 64 channels.
    pub NextBlocks(x: [64, 28, 28]) -> [10] {
        x -> next -> next -> next -> next -> global_avg_pool2d -> dense(10)
    }
}

model! {
    block conv(x, channels, kernel, stride: 1) {
        x -> conv2d(channels, kernel, stride: stride, padding: kernel / 2, bias: false) -> batch_norm
    }
    block basic(x: [c, h, w], channels, stride: 1) {
        let main = x -> conv(channels, 3, stride: stride) -> relu -> conv(channels, 3);
        let shortcut = if stride != 1 || c != channels { x -> conv(channels, 1, stride: stride) } else { x };
        (main + shortcut) -> relu
    }

    /// ResNet-18 (He, Zhang, Ren, Sun, 2016) for images of 64×64.
    pub ResNet18Small(image: [3, 64, 64]) -> [10] {
        image -> conv(64, 7, stride: 2) -> relu -> max_pool2d(3, stride: 2, padding: 1)
            -> basic(64) -> basic(64) -> basic(128, stride: 2) -> basic(128)
            -> basic(256, stride: 2) -> basic(256) -> basic(512, stride: 2) -> basic(512)
            -> global_avg_pool2d -> dense(10)
    }
}

/// Measures the networks that are wanted.
pub fn run(report: &Report) {
    training_step::<Mlp>(report, "T1_b64", 64);
    training_step::<Mlp>(report, "T1_b256", 256);
    training_step::<LeNet>(report, "T2", 64);
    training_step_with::<ResNet20, _>(report, "T3", 32, &Sgd::new(0.1).momentum(0.9));
    training_step_with::<ResNet18Small, _>(report, "T6_resnet18", 32, &Sgd::new(0.1).momentum(0.9));
    unet_step(report, "T7_unet", 8);
    training_step::<NextBlocks>(report, "T8_convnext", 16);
    prediction::<Tiny>(report, "I1_tiny");
    prediction::<Mlp>(report, "I1_mlp");
    prediction::<LeNet>(report, "I1_lenet");
}

/// Forward, loss, backward and Adam, as in a hand-written loop.
fn training_step<M: Model<Input: Pod<Element = f32>, Output = [f32; 10]>>(report: &Report, work: &str, batch: usize) {
    training_step_with::<M, _>(report, work, batch, &Adam::new(1e-3));
}

/// The same with any optimizer.
fn training_step_with<M: Model<Input: Pod<Element = f32>, Output = [f32; 10]>, O: Optimizer>(
    report: &Report,
    work: &str,
    batch: usize,
    optimizer: &O,
) {
    if !report.wants(work) {
        return;
    }
    let inputs: Vec<M::Input> = (0..batch).map(sample).collect();
    let targets: Vec<u32> = (0..batch).map(|i| (i * 7 % 10) as u32).collect();
    let device = report.device();
    let mut training = Training::on(device, &*M::init(1), batch).expect("memory");
    // Backward costs twice a forward pass.
    report.measure(work, "dl", 6.0 * M::MULTIPLY_ADDS as f64 * batch as f64, || {
        training.forward(&inputs).expect("a batch");
        let loss = training.loss(&CrossEntropy, &targets).expect("finite numbers");
        training.backward();
        training.step(optimizer).expect("finite numbers");
        loss
    });
}

/// A training step of U-Net with the mean squared error to another image, and Adam.
fn unet_step(report: &Report, work: &str, batch: usize) {
    if !report.wants(work) {
        return;
    }
    let inputs: Vec<dl::Input<UNet>> = (0..batch).map(sample).collect();
    let targets: Vec<dl::Output<UNet>> = (0..batch).map(|i| sample(i + 100)).collect();
    let mut training = Training::on(report.device(), &*UNet::init(1), batch).expect("memory");
    report.measure(work, "dl", 6.0 * UNet::MULTIPLY_ADDS as f64 * batch as f64, || {
        training.forward(&inputs).expect("a batch");
        let loss = training.loss(&Mse, &targets).expect("finite numbers");
        training.backward();
        training.step(&Adam::new(1e-3)).expect("finite numbers");
        loss
    });
}

/// One prediction of a session.
pub fn prediction<M: Model<Input: Pod<Element = f32>>>(report: &Report, work: &str) {
    if !report.wants(work) {
        return;
    }
    let input = sample::<M::Input>(1);
    let mut session = Session::on(report.device(), &*M::init(1), 1).expect("memory");
    report.measure(work, "dl", 2.0 * M::MULTIPLY_ADDS as f64, || {
        session.predict_one(std::hint::black_box(&input));
    });
}

/// Numbers in 0..1, others for every `seed`.
pub fn sample<T: Pod<Element = f32>>(seed: usize) -> T {
    let mut sample = zeroed_box::<T>();
    let numbers = flat_mut(from_mut(&mut *sample)).iter_mut();
    numbers.enumerate().for_each(|(i, number)| *number = ((i * 31 + seed * 17) % 251) as f32 / 251.0);
    *sample
}
