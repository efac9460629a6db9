//! The jobs of the programs that the tests start on other machines. Each goes on to train on the CPU.

use crate::machine::{ABSENT, JOB, MARK};
use dl::data::Dataset;
use dl::device::Cuda;
use dl::prelude::*;
use dl::{Error, Session, Training};

model! {
    /// Small enough for the device's own kernels in batches of 4, and for cuBLASLt in those of 700.
    Net(x: [256]) -> [16] { x -> dense(200) -> relu -> dense(16) }

    Xor(x: [2]) -> [1] { x -> dense(8) -> tanh -> dense(1) }
}

/// The program; in the tests' own process it does nothing.
#[test]
fn child() {
    let Ok(job) = std::env::var(JOB) else { return };
    let absent = std::env::var(ABSENT).unwrap();
    if let Some(found) = absent.split_whitespace().find(|library| dl_emulation::finds(library)) {
        return say(format!("SKIP: this machine has a {found} of its own, which LD_LIBRARY_PATH does not hide"));
    }
    match job.as_str() {
        "open" => open(0),
        "open the fourth" => open(3),
        "fill the GPU" => fill_the_gpu(),
        "predict" => predict(),
        "load" => load(),
        _ => panic!("no such job: {job}"),
    }
    learn();
}

/// Tells the test.
fn say(line: impl std::fmt::Display) {
    eprintln!("{MARK}{line}");
}

/// Tells the test how a call ended.
fn say_result<T>(result: dl::Result<T>, good: impl FnOnce(T) -> String) {
    match result {
        Ok(value) => say(good(value)),
        Err(error) => {
            let kind = match error {
                Error::NoDevice { .. } => "NoDevice",
                Error::DeviceMemory { .. } => "DeviceMemory",
                Error::DeviceFailed { .. } => "DeviceFailed",
                _ => "another error",
            };
            say(format!("{kind}: {error}"));
        }
    }
}

fn open(ordinal: usize) {
    say_result(Cuda::new(ordinal), |cuda| format!("{cuda:?}"));
}

/// On the CPU, whatever CUDA said.
fn learn() {
    let (x, different) = ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0.0], [1.0], [1.0], [0.0]]);
    let cases = Dataset::new(x.to_vec(), different.to_vec()).unwrap();
    let mut net = Xor::init(42);
    let trainer = Trainer::new(Adam::new(0.05)).loss(BceWithLogits).epochs(300).batch_size(4);
    trainer.quiet().fit(&mut net, &cases).unwrap();
    let right = net.predict(&x).iter().zip(&different).all(|(y, is)| (y[0] > 0.0) == (is[0] == 1.0));
    say(if right { "learned on the CPU" } else { "learned nothing" });
}

fn inputs(n: usize) -> Vec<[f32; 256]> {
    (0..n).map(|i| std::array::from_fn(|k| ((7 * i + k) % 13) as f32 / 13.0 - 0.5)).collect()
}

/// Compares the results of two devices, to rounding.
fn close(found: &[[f32; 16]], expected: &[[f32; 16]]) -> &'static str {
    let mut pairs = found.as_flattened().iter().zip(expected.as_flattened());
    if pairs.all(|(a, b)| (a - b).abs() < 1e-5) { "as on the CPU" } else { "not as on the CPU" }
}

/// Too large a batch for the session, too large a batch for its temporary memory, then one that fits.
fn fill_the_gpu() {
    let (cuda, net) = (Cuda::new(0).unwrap(), Net::init(1));
    for _ in 0..2 {
        // The second time, too: nothing is left of the first.
        say_result(Training::<Net, _>::on(cuda.clone(), &*net, 100_000), |_| "room for training".into());
        say_result(Session::<Net, _>::on(cuda.clone(), &*net, 100_000), |_| "room for predictions".into());
    }
    let x = inputs(700);
    let expected = net.predict(&x);
    let mut outputs = vec![[0.0; 16]; 700];
    let mut session = Session::<Net, _>::on(cuda.clone(), &*net, 700).unwrap();
    say_result(session.predict_into(&x, &mut outputs), |()| "temporary memory".into());
    say_result(session.predict_into(&x[..4], &mut outputs[..4]), |()| {
        format!("predicts {}", close(&outputs[..4], &expected[..4]))
    });
    drop(session);

    let mut training = Training::<Net, _>::on(cuda, &*net, 4).unwrap();
    let result = training.forward(&x[..4]).and_then(|()| training.loss(&CrossEntropy, &[0_u32, 1, 2, 3]));
    say_result(result, |loss| if loss.is_finite() { "a loss".into() } else { format!("a loss of {loss}") });
    training.backward();
    let mut gradients = Net::init(2);
    say_result(training.gradients(&mut gradients), |()| "gradients".into());
    let mut outputs = vec![[0.0; 16]; 4];
    say_result(training.outputs(&mut outputs), |()| format!("trains {}", close(&outputs, &expected[..4])));
}

/// One batch on the GPU, twice.
fn predict() {
    let (net, x) = (Net::init(1), inputs(4));
    let cuda = Cuda::new(0).unwrap();
    for _ in 0..2 {
        let mut outputs = vec![[0.0; 16]; 4];
        let result = Session::on(cuda.clone(), &*net, 4).and_then(|mut session| session.predict_into(&x, &mut outputs));
        say_result(result, |()| format!("predicts {}", close(&outputs, &net.predict(&x))));
    }
}

/// All kernels.
fn load() {
    say_result(Cuda::new(0).unwrap().load_kernels(), |()| "kernels".into());
}
