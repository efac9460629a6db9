//! Trainings whose every bit is told, so that WebAssembly and native code can be compared: `tests/wasm/run`.

use dl::data::Digit;
use dl::pod::flat;
use dl::prelude::*;
use std::fmt::Write as _;

model! {
    LeNet(image: [1, 8, 8]) -> [10] {
        image
            -> conv2d(16, 3, padding: 1) -> relu -> max_pool2d(2)
            -> conv2d(32, 3, padding: 1) -> relu -> max_pool2d(2)
            -> flatten -> dropout(0.1)
            -> dense(64) -> relu
            -> dense(10) as logits
    }

    /// The rows of a digit as a sequence, through most of the other kernels.
    Rows(image: [1, 8, 8]) -> [10] {
        image
            -> conv2d(6, 3, padding: 1, bias: false) -> batch_norm -> gelu
            -> flatten -> reshape([8, 48])
            -> dense(32)
            -> residual { layer_norm -> attention(4) }
            -> lstm(24) -> tanh
            -> flatten -> dense(10) -> log_softmax
    }
}

/// Trains both networks on the digits; returns the losses, the accuracies and the weights, all bits of them.
pub fn report() -> String {
    let mut text = String::new();
    train::<LeNet>(&mut text, "LeNet", CrossEntropy);
    train::<Rows>(&mut text, "Rows", Nll);
    text
}

fn train<M>(text: &mut String, name: &str, loss: impl Loss<[f32; 10], Target = u32>)
where
    M: Model<Input = Digit, Output = [f32; 10]>,
{
    let digits = dl::data::digits();
    let shifted = digits.train.augmented(|image, rng, to| {
        *to = *image;
        dl::data::augment::crop(to, 1, rng);
    });
    let mut net = M::init(42);
    let mut trainer = Trainer::new(Adam::new(3e-3)).loss(loss).validate(&digits.test).quiet();
    for (kind, epochs) in [("as they are", 3), ("shifted", 1)] {
        trainer = trainer.epochs(epochs);
        let history = match kind {
            "shifted" => trainer.fit_source(&mut net, &shifted),
            _ => trainer.fit(&mut net, &digits.train),
        };
        for epoch in history.expect("it trains").epochs {
            let validation = epoch.validation.expect("it was asked for");
            let losses = [epoch.train.loss, validation.loss];
            let bits = losses.map(|loss| format!("{:016x}", loss.to_bits())).join(" ");
            _ = writeln!(text, "{name}, {kind}: losses {losses:.4?} ({bits}), accuracy {:.4}", validation.metrics[0]);
        }
    }
    let bytes = net.to_bytes().expect("memory");
    let again = M::from_bytes(&bytes).expect("written above");
    let scores = again.predict(&digits.test.inputs);
    let right = scores.iter().zip(&digits.test.targets).filter(|(scores, label)| best(scores) == **label).count();
    let one = again.predict_one(&digits.test.inputs[0]);
    let sums = [flat(std::slice::from_ref(&*again)), flat(&scores), &*one].map(|x| format!("{:016x}", hash(x)));
    _ = writeln!(text, "{name}: {right} of {} right; weights, scores, one score: {}", scores.len(), sums.join(" "));
}

/// The class with the highest score.
fn best(scores: &[f32; 10]) -> u32 {
    (0..10).max_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize])).expect("ten")
}

/// FNV-1a (Fowler, Noll, Vo) over the bits.
fn hash(numbers: &[f32]) -> u64 {
    let bytes = numbers.iter().flat_map(|x| x.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(target_family = "wasm")]
mod exports {
    //! The functions that `tests/wasm/run.mjs` calls.

    use super::*;
    use std::panic::{PanicHookInfo, set_hook};

    unsafe extern "C" {
        /// Prints `len` bytes of UTF-8.
        safe fn print(text: *const u8, len: usize);
    }

    fn show(text: &str) {
        print(text.as_ptr(), text.len());
    }

    /// Prints the report.
    #[unsafe(no_mangle)]
    pub extern "C" fn train() {
        set_hook(Box::new(|info: &PanicHookInfo<'_>| show(&format!("{info}\n"))));
        show(&report());
    }

    /// Checks that functions that need files return typed errors, and that those that would use threads work on the only one.
    #[unsafe(no_mangle)]
    pub extern "C" fn files_and_threads() {
        let mut net = LeNet::init(1);
        let digits = dl::data::digits();
        let errors = [
            net.save("net.safetensors").unwrap_err(),
            LeNet::load("net.safetensors").unwrap_err(),
            dl::data::mnist("folder").unwrap_err(),
            dl::tensorboard::EventFile::create("folder").unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, dl::Error::Io { .. }), "{error}");
            show(&format!("{error}\n"));
        }
        let trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(1);
        let error = trainer.checkpoint("net.checkpoint").fit(&mut net, &digits.train).unwrap_err();
        show(&format!("{error}\n"));
        let squares = dl::train::sweep(&[1, 2, 3], 2, 0, |x, _| Ok::<_, dl::Error>(x * x)).expect("a thread");
        assert_eq!(squares.into_iter().flatten().collect::<Vec<_>>(), [1, 4, 9]);
        assert_eq!(Cpu::new().threads().count(), 1);
        let mut trainer = Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(1);
        let history = trainer.fit(&mut net, &digits.train).expect("it trains, and prints to nobody");
        assert_eq!((history.epochs[0].seconds, history.epochs[0].samples_per_second), (0.0, 0.0));
    }
}
