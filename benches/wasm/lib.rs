//! The predictions and training steps of small networks that `benches/wasm/run` times in WebAssembly.

use dl::prelude::*;

model! {
    LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> flatten -> dense(120) -> relu -> dense(84) -> relu -> dense(10)
    }
    Mlp(image: [784]) -> [10] { image -> dense(512) -> relu -> dense(256) -> relu -> dense(10) }
    Transformer(rows: [32, 64]) -> [10] {
        rows
            -> repeat 2 {
                residual { layer_norm -> attention(4) } -> residual { layer_norm -> dense(256) -> gelu -> dense(64) }
            }
            -> flatten -> dense(10)
    }
    Lstm(rows: [32, 16]) -> [10] { rows -> lstm(64) -> flatten -> dense(10) }
}

/// The samples of a batch.
const BATCH: usize = 64;

/// Runs something `times` times and returns a number that depends on the results. The names of the cases are in `run.mjs`.
#[unsafe(no_mangle)]
pub extern "C" fn run(case: u32, times: u32) -> f32 {
    match case {
        0 => predict::<LeNet>(1, times),
        1 => predict::<LeNet>(BATCH, times),
        2 => train::<LeNet>(times),
        3 => predict::<Mlp>(1, times),
        4 => predict::<Mlp>(BATCH, times),
        5 => train::<Mlp>(times),
        6 => predict::<Transformer>(BATCH, times),
        7 => train::<Transformer>(times),
        8 => predict::<Lstm>(BATCH, times),
        9 => train::<Lstm>(times),
        _ => f32::NAN,
    }
}

fn samples<P: dl::Pod<Element = f32>>(count: usize) -> Vec<P> {
    let mut samples = dl::pod::zeroed_vec(count);
    for (i, x) in dl::pod::flat_mut(&mut samples).iter_mut().enumerate() {
        *x = (i * 37 % 101) as f32 / 101.0;
    }
    samples
}

fn predict<M: Model<Output = [f32; 10]>>(count: usize, times: u32) -> f32
where
    M::Input: dl::Pod<Element = f32>,
{
    let (net, inputs) = (M::init(1), samples::<M::Input>(count));
    let mut session = net.session(Cpu::new(), count).expect("memory");
    let mut outputs = vec![[0.0; 10]; count];
    (0..times)
        .map(|_| {
            session.predict_into(&inputs, &mut outputs).expect("a batch");
            outputs[0][0]
        })
        .sum()
}

fn train<M: Model<Output = [f32; 10]>>(times: u32) -> f32
where
    M::Input: dl::Pod<Element = f32>,
{
    let (net, inputs) = (M::init(1), samples::<M::Input>(BATCH));
    let targets: Vec<u32> = (0..BATCH as u32).map(|i| i % 10).collect();
    let mut training = net.training(Cpu::new(), BATCH).expect("memory");
    (0..times)
        .map(|_| {
            training.forward(&inputs).expect("a batch");
            let loss = training.loss(&CrossEntropy, &targets).expect("labels");
            training.backward();
            training.step(&Adam::new(1e-3)).expect("finite numbers");
            loss
        })
        .sum()
}
