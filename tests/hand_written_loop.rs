//! A hand-written loop over a training session: gradients, outputs, evaluation, checkpoints, and clear errors.

#[path = "common/devices.rs"]
mod devices;
#[path = "common/places.rs"]
mod places;

use devices::on_devices;
use dl::optim::Schedule;
use dl::optim::schedule::Constant;
use dl::pod::{flat, zeroed_box};
use dl::prelude::*;
use dl::{Error, Training};

model! {
    Net(x: [3]) -> [2] { x -> dense(8) -> batch_norm -> tanh -> dropout(0.5) -> dense(2) as out }

    Two(x: [2]) -> [1] { x -> dense(1, bias: false) as w }

    Hundred(x: [100]) -> [1] { x -> dense(1, bias: false) as w }
    Line(x: [1]) -> [1] { x -> dense(1, bias: false) as out }
    Own(x: [1]) -> [1] { x -> dense(1, bias: false) as out } loss(target: [1]) { mse(output, target) }

    Steep(x: [2]) -> [1] { x -> dense(4) as first -> relu -> dense(4) as second -> relu -> dense(1) }
}

const X: [[f32; 3]; 5] = [[0.1, 0.2, 0.3], [1.0, -1.0, 0.5], [-0.7, 0.9, 0.0], [2.0, 1.0, 0.4], [0.0, 0.0, 1.0]];
const LABELS: [u32; 5] = [0, 1, 1, 0, 1];

fn step(training: &mut Training<Net>, adam: &Adam) -> f32 {
    training.forward(&X).unwrap();
    let loss = training.loss(&CrossEntropy, &LABELS).unwrap();
    training.backward();
    training.step(adam).unwrap();
    loss
}

fn bits<M: Model>(training: &Training<M>) -> Vec<u32> {
    let mut net = M::init(0);
    training.store(&mut net).unwrap();
    flat(std::slice::from_ref(&*net)).iter().map(|w| w.to_bits()).collect()
}

/// The state of the loop beside the session.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Progress {
    epoch: u32,
    best: Option<f32>,
}

#[test]
fn a_checkpoint_of_a_loop_goes_on_bit_for_bit() {
    let path = places::scratch().join("loop.safetensors");
    let adam = Adam::new(0.01 * Constant.factor(0.0));
    let mut whole = Net::init(1).training(Cpu::with_threads(1), 5).unwrap().seed(3);
    let losses: Vec<f32> = (0..6).map(|_| step(&mut whole, &adam)).collect();
    // Dropout differs from step to step, but not from run to run.
    let mut first = Net::init(1).training(Cpu::with_threads(1), 5).unwrap().seed(3);
    assert_eq!((0..3).map(|_| step(&mut first, &adam)).collect::<Vec<_>>(), losses[..3]);
    first.save_checkpoint(&path, &Progress { epoch: 12, best: None }).unwrap();
    let mut second = Net::init(2).training(Cpu::with_threads(2), 5).unwrap();
    let progress: Progress = second.load_checkpoint(&adam, &path).unwrap();
    assert_eq!(progress, Progress { epoch: 12, best: None });
    assert_eq!((0..3).map(|_| step(&mut second, &adam)).collect::<Vec<_>>(), losses[3..]);
    assert_eq!(second.steps(), 6);
    assert!(bits(&whole) == bits(&second));
    let error = second.load_checkpoint::<Progress, _>(&Sgd::new(0.1), &path).unwrap_err();
    assert!(matches!(error, Error::Checkpoint { what: "optimizer", .. }), "{error}");
    let error = second.load_checkpoint::<u32, _>(&adam, &path).unwrap_err().to_string();
    assert!(error.contains("expected the state of such a training, found invalid type: map"), "{error}");
    // After an error the session is as it was.
    assert!(bits(&whole) == bits(&second) && second.steps() == 6);
}

#[test]
fn the_gradient_reaches_the_input() {
    // Batch norm and dropout would mix samples and draw numbers; this network does neither.
    let net = Steep::init(5);
    let x = [[0.3, -0.8], [1.0, 0.5]];
    let mut training = net.training(Cpu::with_threads(1), 4).unwrap().with_input_gradients().unwrap();
    let mut loss = |x: &[[f32; 2]; 2]| {
        training.forward(x).unwrap();
        let loss = training.loss(&Mse, &[[1.0], [-1.0]]).unwrap();
        training.backward();
        let mut gradients = [[0.0; 2]; 2];
        training.input_gradients(&mut gradients).unwrap();
        (loss, gradients)
    };
    let (_, gradients) = loss(&x);
    for sample in 0..2 {
        for feature in 0..2 {
            let mut moved = |by: f32| {
                let mut x = x;
                x[sample][feature] += by;
                f64::from(loss(&x).0)
            };
            let h = 1e-2;
            let expected = (moved(h) - moved(-h)) / f64::from(2.0 * h);
            // Central differences of f32 losses: rounding over 2h, and the bend of a square.
            assert!((f64::from(gradients[sample][feature]) - expected).abs() < 1e-4);
        }
    }
}

#[test]
fn evaluation_is_prediction() {
    let net = Net::init(1);
    let mut training = net.training(Cpu::with_threads(1), 8).unwrap();
    let mut outputs = [[0.0; 2]; 5];
    training.evaluate(&X).unwrap();
    training.outputs(&mut outputs).unwrap();
    assert_eq!(outputs.to_vec(), net.predict(&X));
    let loss = training.loss(&CrossEntropy, &LABELS).unwrap();
    let mean = training.losses().iter().sum::<f32>() / 5.0;
    assert!((loss - mean).abs() < 1e-6);
    training.forward(&X).unwrap();
    let mut trained = [[0.0; 2]; 5];
    training.outputs(&mut trained).unwrap();
    assert_ne!(outputs, trained, "in training there are dropout and the batch's own statistics");
}

/// A weight whose gradient stops, and one whose gradient fades away with its error.
#[test]
fn running_means_that_fade_become_zero() {
    fn check<O: Optimizer>(optimizer: O) {
        let path = places::scratch().join(format!("faded-{}.safetensors", O::NAME));
        let mut training = Two::init(1).training(Cpu::with_threads(1), 1).unwrap();
        for step in 0..1500 {
            training.forward(&[[1.0, if step == 0 { 1.0 } else { 0.0 }]]).unwrap();
            training.loss(&Mse, &[[0.5]]).unwrap();
            training.backward();
            training.step(&optimizer).unwrap();
        }
        training.save_checkpoint(&path, &()).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        for buffer in optimizer.buffers() {
            let tensor = file.tensor(&format!("optimizer.{buffer}.w.weight")).unwrap();
            let numbers = tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            let numbers: Vec<f32> = numbers.collect();
            assert!(numbers.iter().all(|x| !x.is_subnormal()), "`{buffer}` of {optimizer:?}: {numbers:?}");
            assert_eq!(numbers[1], 0.0, "`{buffer}` of {optimizer:?}");
        }
    }
    check(Sgd::new(0.01).momentum(0.9));
    check(Adam::new(0.01).betas(0.9, 0.9));
    check(AdamW::new(0.01).betas(0.9, 0.9));
    check(RmsProp::new(0.001).alpha(0.9).momentum(0.9).centered());
}

/// The factor of a large norm is subnormal, and has fewer digits.
#[test]
fn clipping_brings_any_gradient_to_its_limit() {
    let clipped = |gradient: f32, clip| {
        let mut net = Hundred::init(1);
        net.w.weight = [[0.0; 100]];
        let mut training = net.training(Cpu::with_threads(1), 1).unwrap();
        training.forward(&[[gradient; 100]]).unwrap();
        training.loss(&Mae, &[[1.0]]).unwrap();
        training.backward();
        let norm = training.clip(clip).unwrap();
        training.step(&Sgd::new(1.0)).unwrap();
        training.store(&mut net).unwrap();
        assert!(net.w.weight[0].iter().all(|w| *w == net.w.weight[0][0]));
        (norm, net.w.weight[0][0])
    };
    let weights = [(1.0, 0.09999999), (1e20, 0.1), (1e30, 0.1), (1e38, 0.10000002)];
    for (gradient, weight) in weights {
        // A hundred gradients have ten times the norm of each.
        assert_eq!(clipped(gradient, Clip::Norm(1.0)), (Some(10.0 * f64::from(gradient)), weight));
        assert_eq!(clipped(gradient, Clip::Value(1.0)), (None, 1.0));
        assert_eq!(clipped(gradient, Clip::Norm(f64::INFINITY)).1, gradient);
    }
}

#[test]
fn wrong_sizes_are_errors() {
    let mut training = Net::init(1).training(Cpu::with_threads(1), 4).unwrap();
    let error = |result: dl::Result<()>| result.unwrap_err().to_string();
    assert_eq!(
        error(training.forward(&X)),
        "`batch size` of `Training` is 5; it must be from 1 to 4, the samples that the session was made for"
    );
    assert_eq!(
        error(training.forward(&[])),
        "`batch size` of `Training` is 0; it must be from 1 to 4, the samples that the session was made for"
    );
    training.forward(&X[..3]).unwrap();
    let result = training.loss(&CrossEntropy, &LABELS).map(drop);
    assert_eq!(error(result), "a data set needs one target per input: found 3 inputs and 5 targets");
    let result = training.loss(&CrossEntropy, &[0, 2, 1]).map(drop);
    assert_eq!(error(result), "sample 1: label 2 is out of range; with 2 classes, labels are 0 to 1");
    assert!(matches!(Net::init(1).training(Cpu::with_threads(1), 0), Err(Error::Setting { .. })));
    assert!(matches!(Net::init(1).session(Cpu::with_threads(1), 0), Err(Error::Setting { .. })));
}

#[test]
fn overflow_names_where_it_began() {
    let failed = |net: &mut Box<Steep>, input: f32, optimizer: Sgd| {
        let mut training = net.training(Cpu::with_threads(1), 1).unwrap();
        let result = (0..2).try_for_each(|_| {
            training.forward(&[[input, 0.0]])?;
            training.loss(&Mse, &[[0.0]])?;
            training.backward();
            training.step(&optimizer)
        });
        match result {
            Err(Error::NotFinite { step, layer }) => (step, layer),
            Err(error @ Error::DataSet { set: "batch", .. }) => (1, error.to_string()),
            other => panic!("{other:?}"),
        }
    };
    let mut net = Steep::init(0);
    // Every layer makes its input larger: 1e30 · 2 · 1e10.
    net.first.weight = [[2.0; 2]; 4];
    net.second.weight = [[1e10; 4]; 4];
    assert_eq!(failed(&mut net, 1e30, Sgd::new(0.1)), (1, "layer `second`".into()));
    assert_eq!(
        failed(&mut net, f32::INFINITY, Sgd::new(0.1)),
        (1, "sample 0 of the batch: input inf is not a finite number".into())
    );
    // The output is about 1e11 and the loss 1e22, but the gradient is that times an input of 1e30.
    net.first.weight = [[1e-20; 2]; 4];
    net.second.weight = [[1.0; 4]; 4];
    net.dense1.weight = [[1.0; 4]];
    assert_eq!(failed(&mut net, 1e30, Sgd::new(1e-3)), (1, "gradient of `first.weight`".into()));
    net.first.weight = [[1.0; 2]; 4];
    assert_eq!(failed(&mut net, 1.0, Sgd::new(1e38)), (1, "weight `first.weight`".into()));
}

#[test]
#[should_panic(expected = "`forward` and `loss` come before `backward`")]
fn the_order_of_calls_is_checked() {
    let mut training = Net::init(1).training(Cpu::with_threads(1), 5).unwrap();
    training.forward(&X).unwrap();
    training.backward();
}

/// The gradient to the only weight.
fn slope<M: Model, D: Device>(training: &Training<M, D>) -> f32 {
    let mut gradients = M::init(0);
    training.gradients(&mut gradients).unwrap();
    flat(std::slice::from_ref(&*gradients))[0]
}

#[test]
fn gradients_accumulate_by_samples() {
    // The derivative of (w·x - y)² at w = 0 is -2·x·y: -2 for the first sample, and 0 for each of the other three.
    let (x, y) = ([[1.0], [1.0], [2.0], [3.0]], [[1.0], [0.0], [0.0], [0.0]]);
    let parts = [0..1, 1..4];
    on_devices!(|device| {
        let mut net = Line::init(1);
        net.out.weight = [[0.0]];
        let mut training = net.training(device.clone(), 4).unwrap();
        let run = |training: &mut Training<Line, _>, part: std::ops::Range<usize>| {
            training.forward(&x[part.clone()]).unwrap();
            training.loss(&Mse, &y[part]).unwrap();
            training.backward();
        };
        run(&mut training, 0..4);
        assert_eq!(slope(&training), -0.5, "all in one batch");
        training.zero_gradients();
        for part in &parts {
            run(&mut training, part.clone());
        }
        assert_eq!(slope(&training), -0.5, "in two batches");
        training.step(&Sgd::new(1.0)).unwrap();
        training.store(&mut net).unwrap();
        assert_eq!(net.out.weight, [[0.5]]);
        // A step and other weights begin anew.
        training.reload(&zeroed_box()).unwrap();
        run(&mut training, 0..1);
        assert_eq!(slope(&training), -2.0);
        training.reload(&zeroed_box()).unwrap();
        run(&mut training, 1..4);
        assert_eq!(slope(&training), 0.0);

        let mut own = Own::init(1);
        own.out.weight = [[0.0]];
        let mut training = own.training(device, 4).unwrap();
        for part in &parts {
            training.forward(&x[part.clone()]).unwrap();
            training.objective(&y[part.clone()]).unwrap();
            training.backward();
        }
        assert_eq!(slope(&training), -0.5, "of the model's own loss");
    });
}

#[test]
fn accumulated_batches_are_the_step_of_all() {
    let steps = |sizes: &[usize]| {
        let mut training = Steep::init(5).training(Cpu::with_threads(1), 6).unwrap();
        let (x, y) = (
            [[0.3, -0.8], [1.0, 0.5], [-0.4, 0.2], [0.9, 0.9], [0.1, 0.0], [2.0, -1.0]],
            [[1.0], [-1.0], [0.5], [0.0], [2.0], [-0.5]],
        );
        for _ in 0..5 {
            let mut start = 0;
            for size in sizes {
                training.forward(&x[start..start + size]).unwrap();
                training.loss(&Mse, &y[start..start + size]).unwrap();
                training.backward();
                start += size;
            }
            training.step(&Adam::new(0.01)).unwrap();
        }
        let mut net = Steep::init(0);
        training.store(&mut net).unwrap();
        flat(std::slice::from_ref(&*net)).to_vec()
    };
    let expected = steps(&[6]);
    for sizes in [&[3, 3][..], &[1, 2, 3], &[4, 1, 1], &[1; 6]] {
        for (found, expected) in steps(sizes).iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5, "{sizes:?}: {found}, not {expected}");
        }
    }
}

#[test]
#[should_panic(expected = "`forward` and `loss` come before `backward`")]
fn backward_wants_a_forward_pass_of_its_own() {
    let mut training = Line::init(1).training(Cpu::with_threads(1), 1).unwrap();
    training.forward(&[[1.0]]).unwrap();
    training.loss(&Mse, &[[1.0]]).unwrap();
    training.backward();
    training.backward();
}
