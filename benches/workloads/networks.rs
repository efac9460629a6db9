//! T1, T2 and I1: training steps and predictions of whole networks.

use crate::measure::Report;
use dl::Plain;
use dl::loss::CrossEntropy;
use dl::optim::Adam;
use dl::plain::{flat_mut, zeroed_box};
use dl::prelude::*;
use std::slice::from_mut;

model! {
    /// For four measurements of a flower.
    pub Tiny(x: [4]) -> [3] { x -> dense(16) -> relu -> dense(16) -> relu -> dense(3) }

    /// For images of 28×28.
    pub Mlp(x: [784]) -> [10] { x -> dense(512) -> relu -> dense(256) -> relu -> dense(10) }

    /// LeNet-5 with ReLU and max pooling.
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

/// Measures the networks that are wanted.
pub fn run(report: &Report) {
    training_step::<Mlp>(report, "T1_b64", 64);
    training_step::<Mlp>(report, "T1_b256", 256);
    training_step::<LeNet>(report, "T2", 64);
    prediction::<Tiny>(report, "I1_tiny");
    prediction::<Mlp>(report, "I1_mlp");
    prediction::<LeNet>(report, "I1_lenet");
}

/// Forward, loss, backward and Adam, as in a hand-written loop.
fn training_step<M: Model<Input: Plain<Element = f32>, Output = [f32; 10]>>(report: &Report, work: &str, batch: usize) {
    if !report.wants(work) {
        return;
    }
    let inputs: Vec<M::Input> = (0..batch).map(sample).collect();
    let targets: Vec<u32> = (0..batch).map(|i| (i * 7 % 10) as u32).collect();
    let device = Cpu::with_threads(report.threads());
    let mut training = Training::on(device, &*M::init(1), batch).expect("memory");
    let adam = Adam::new(1e-3);
    // Backward costs twice a forward pass.
    report.measure(work, "dl", 6.0 * M::MULTIPLY_ADDS as f64 * batch as f64, || {
        training.forward(&inputs).expect("a batch");
        let loss = training.loss(&CrossEntropy, &targets).expect("finite numbers");
        training.backward();
        training.step(&adam).expect("finite numbers");
        loss
    });
}

/// One prediction of a session.
fn prediction<M: Model<Input: Plain<Element = f32>>>(report: &Report, work: &str) {
    if !report.wants(work) {
        return;
    }
    let input = sample::<M::Input>(1);
    let mut session = Session::on(Cpu::with_threads(report.threads()), &*M::init(1), 1).expect("memory");
    report.measure(work, "dl", 2.0 * M::MULTIPLY_ADDS as f64, || {
        session.predict_one(std::hint::black_box(&input));
    });
}

/// Numbers in 0..1, others for every `seed`.
fn sample<T: Plain<Element = f32>>(seed: usize) -> T {
    let mut sample = zeroed_box::<T>();
    let numbers = flat_mut(from_mut(&mut *sample)).iter_mut();
    numbers.enumerate().for_each(|(i, number)| *number = ((i * 31 + seed * 17) % 251) as f32 / 251.0);
    *sample
}
