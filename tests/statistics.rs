//! Running statistics: moved by the forward pass of training, at each use, in order, as PyTorch moves them; by nothing else.
//!
//! Numbers in tables are PyTorch's 2.15, to the digits shown; all others follow from its rule, written once more in `f64`.

#[path = "common/devices.rs"]
mod devices;

use devices::on_devices;
use dl::data::Dataset;
use dl::pod::{flat, flat_mut, zeroed_box};
use dl::prelude::*;
use dl::{Error, Input, Objective, Pod, Role, Target, Training};
use std::slice::{from_mut, from_ref};

dl::layer! {
    /// Batch normalisation without its gradient: a layer with statistics of its own.
    pub struct Follow {
        /// 0 at first.
        pub running_mean: [f32; 1] as Statistic,
        /// 1 at first.
        pub running_var: [f32; 1] as Statistic,
        /// Of the output.
        pub scale: [f32; 1] as Scale,
    }
}

impl dl::Layer for Follow {
    type Input = [f32; 1];
    type Output = [f32; 1];

    fn init(&mut self, _: &mut dl::init::Rng) {
        (self.running_var, self.scale) = ([1.0], [1.0]);
    }
    fn forward(&self, inputs: &[[f32; 1]], outputs: &mut [[f32; 1]]) {
        for (x, y) in inputs.iter().zip(outputs) {
            *y = [self.scale[0] * (x[0] - self.running_mean[0]) / self.running_var[0].sqrt()];
        }
    }
    fn forward_in_training(&mut self, inputs: &[[f32; 1]], outputs: &mut [[f32; 1]]) {
        let n = inputs.len() as f32;
        let mean = inputs.iter().map(|x| x[0]).sum::<f32>() / n;
        let var = inputs.iter().map(|x| (x[0] - mean).powi(2)).sum::<f32>() / (n - 1.0);
        self.running_mean[0] += 0.1 * (mean - self.running_mean[0]);
        self.running_var[0] += 0.1 * (var - self.running_var[0]);
        self.forward(inputs, outputs);
    }
    fn backward(
        &self,
        inputs: &[[f32; 1]],
        _: &[[f32; 1]],
        d_outputs: &[[f32; 1]],
        d_weights: &mut Self,
        d_inputs: &mut [[f32; 1]],
    ) {
        for ((x, dy), dx) in inputs.iter().zip(d_outputs).zip(d_inputs) {
            d_weights.scale[0] += dy[0] * (x[0] - self.running_mean[0]) / self.running_var[0].sqrt();
            *dx = [dy[0] * self.scale[0] / self.running_var[0].sqrt()];
        }
    }
}

model! {
    block twins(a: [n], b: [n]) {
        let x = a -> batch_norm as norm;
        let y = b -> norm;
        x + y
    }
    block half_stopped(a: [n], b: [n]) {
        let p = a -> batch_norm as norm -> dense(1);
        let z = b -> norm -> stop_gradient;
        p - z
    }

    /// The same weights for both halves of what flows through.
    block halves(x: [n]) {
        let (a, b) = x -> split([1, 1]);
        concat(a -> batch_norm as norm, b -> norm)
    }

    Norm(x: [1]) -> [1] { x -> batch_norm }

    Siamese(a: [1], b: [1]) -> [1] { let x = a -> batch_norm as norm; let y = b -> norm; (x + y) -> dense(1) }
    SimSiam(a: [1], b: [1]) -> [1] { let p = a -> batch_norm as norm -> dense(1); let z = b -> norm -> stop_gradient; p - z }
    Stopped(a: [1], b: [1]) -> [1] {
        let (x, y) = (a -> batch_norm as norm, b -> norm);
        (x * y) -> stop_gradient -> dense(1)
    }

    InBlock(a: [1], b: [1]) -> [1] { a -> twins(b) -> dense(1) }
    StoppedInBlock(a: [1], b: [1]) -> [1] { a -> half_stopped(b) }

    Inside(a: [1], b: [1]) -> [1] { let x = a -> Norm as inner; let y = b -> inner; (x + y) -> dense(1) }
    StoppedInside(a: [1], b: [1]) -> [1] {
        let p = a -> Norm as inner -> dense(1);
        let z = b -> inner -> stop_gradient;
        p - z
    }
    AllInside(a: [1], b: [1]) -> [1] { Stopped(a, b) -> stop_gradient -> dense(1) }

    Generic<const N: usize>(a: [N], b: [N]) -> [1] {
        let p = a -> batch_norm as norm -> dense(1);
        p - (b -> norm -> stop_gradient -> dense(1))
    }
    OfGeneric(a: [1], b: [1]) -> [1] { Generic<1>(a, b) -> dense(1) }

    Own(a: [1], b: [1]) -> [1] { let x = a -> batch_norm as norm; let y = b -> norm; (x + y) -> dense(1) }
    loss(target: [1]) { mse(output, target) + 0.5 * mse(y, target) }

    OwnStopped(a: [1], b: [1]) -> [1] {
        let p = a -> Norm as inner -> dense(1);
        let z = b -> inner;
        p
    }
    loss(target: [1]) { mse(p, z -> stop_gradient) + mse(output, target) }

    Repeated(x: [2]) -> [1] { x -> repeat 2 { halves } -> dense(1) }
    StoppedRepeated(x: [2]) -> [1] { x -> repeat 2 { halves } -> stop_gradient -> dense(1) }

    Quick(a: [1], b: [1]) -> [1] { let x = a -> batch_norm(momentum: 0.9) as norm; let y = b -> norm; (x + y) -> dense(1) }
    Eleven(x: [1]) -> [1] {
        let h = (x -> batch_norm as norm) + (x -> norm) + (x -> norm) + (x -> norm) + (x -> norm);
        let more = (x -> norm) + (x -> norm) + (x -> norm) + (x -> norm) + (x -> norm) + (x -> norm);
        (h + more) -> dense(1)
    }
    Maps(x: [1, 1, 1]) -> [1] { x -> conv2d(1, 1) as conv -> batch_norm as norm -> flatten -> dense(1) as scores }
    SimClr(a: [1, 1, 1], b: [1, 1, 1]) -> [1] { let x = a -> Maps as body; let y = b -> body; (x + y) -> dense(1) }
    NormTwice(x: [1]) -> [1] { x -> repeat 2 { batch_norm } }
    Copies(a: [1], b: [1]) -> [1] {
        let x = a -> NormTwice as body;
        let y = b -> body -> stop_gradient;
        (x + y) -> dense(1)
    }

    OwnLayer(a: [1], b: [1]) -> [1] { let x = a -> crate::Follow: [1] as norm; let y = b -> norm; (x + y) -> dense(1) }
    OwnLayerStopped(a: [1], b: [1]) -> [1] {
        let x = a -> crate::Follow: [1] as norm;
        let y = b -> norm;
        (x * y) -> stop_gradient -> dense(1)
    }

    Head(x: [1]) -> [1] { x -> Norm as body -> stop_gradient -> dense(1) }
    Frozen(x: [1]) -> [1] { x -> batch_norm as norm -> stop_gradient -> dense(1) as out }
}

/// Two samples of `(a, b)`.
const PAIRS: [f32; 4] = [1.9, 3.8, 2.1, 4.2];

/// Batch norm of one feature by PyTorch's rule: `running += momentum·(batch - running)`, with the unbiased variance.
struct Reference {
    momentum: f64,
    running: [f64; 2],
}

impl Reference {
    fn new(momentum: f64) -> Self {
        Reference { momentum, running: [0.0, 1.0] }
    }
    fn forward(&mut self, x: &[f64]) -> Vec<f64> {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let var = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        for (running, batch) in self.running.iter_mut().zip([mean, var * n / (n - 1.0)]) {
            *running += self.momentum * (batch - *running);
        }
        x.iter().map(|x| (x - mean) / (var + 1e-5).sqrt()).collect()
    }
    /// One pass of the pairs: first all `a`, then all `b`.
    fn pairs(&mut self) -> [Vec<f64>; 2] {
        [0, 1].map(|k| self.forward(&[f64::from(PAIRS[k]), f64::from(PAIRS[2 + k])]))
    }
}

#[track_caller]
fn close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (f, e) in found.iter().zip(expected) {
        assert!((f64::from(*f) - e).abs() <= tolerance * e.abs().max(1.0), "{what}: {found:?}, not {expected:?}");
    }
}

fn batch<T: Pod<Element = f32>>(numbers: &[f32]) -> Vec<T> {
    let mut samples: Vec<T> = (0..numbers.len() / T::LEN).map(|_| *zeroed_box()).collect();
    flat_mut(&mut samples).copy_from_slice(numbers);
    samples
}

/// The running statistics in `net`, tensor after tensor.
fn statistics<M: Model>(net: &M) -> Vec<f32> {
    let tensors = M::TENSORS.iter().filter(|tensor| tensor.role == Role::Statistic);
    tensors.flat_map(|tensor| flat(from_ref(net))[tensor.range()].to_vec()).collect()
}

/// The running statistics in a session.
fn now<M: Model, D: Device>(training: &Training<M, D>) -> Vec<f32> {
    let mut net = M::init(0);
    training.store(&mut net).unwrap();
    statistics(&*net)
}

/// The running statistics after each of three steps on the pairs. Only the forward pass moves them.
fn steps<M: Model, D: Device>(device: D, loss: &impl Fn(&mut Training<M, D>)) -> [Vec<f32>; 3]
where
    Input<M>: Pod<Element = f32>,
{
    let inputs = batch::<Input<M>>(&PAIRS);
    let mut training = M::init(1).training(device, inputs.len()).unwrap();
    [1, 2, 3].map(|_| {
        let before = now(&training);
        training.evaluate(&inputs).unwrap();
        assert_eq!(now(&training), before, "{}: evaluation", M::NAME);
        training.forward(&inputs).unwrap();
        let moved = now(&training);
        loss(&mut training);
        training.backward();
        let mut gradients = M::init(0);
        flat_mut(from_mut(&mut *gradients)).fill(f32::NAN);
        training.gradients(&mut gradients).unwrap();
        assert!(statistics(&*gradients).iter().all(|d| *d == 0.0), "{}: a statistic has no gradient", M::NAME);
        assert!(training.clip(Clip::Norm(0.5)).unwrap().is_some_and(|norm| norm > 0.0));
        assert_eq!(training.clip(Clip::Value(1.0)).unwrap(), None);
        training.step(&AdamW::new(0.1).weight_decay(0.1)).unwrap();
        assert_eq!(now(&training), moved, "{}: backward and the optimizer", M::NAME);
        moved
    })
}

/// Compares with PyTorch's numbers after the first and third step on the pairs, one use after the other.
fn check(what: &str, found: [Vec<f32>; 3]) {
    let mut reference = Reference::new(0.1);
    for (step, found) in found.iter().enumerate() {
        reference.pairs();
        close(&format!("{what}, step {step}"), &found[..2], &reference.running, 1e-6);
    }
    close(what, &found[0][..2], &[0.58, 0.8198], 5e-5);
    close(what, &found[2][..2], &[1.4303, 0.5556], 5e-5);
}

fn follows<M: Model<Output = [f32; 1]>>()
where
    Input<M>: Pod<Element = f32>,
{
    let loss = |training: &mut Training<M, _>| _ = training.loss(&Mse, &[[0.3], [-0.2]]).unwrap();
    check(M::NAME, steps::<M, _>(Cpu::new(), &loss));
    #[cfg(feature = "cuda")]
    if let Some(cuda) = devices::cuda() {
        let loss = |training: &mut Training<M, _>| _ = training.loss(&Mse, &[[0.3], [-0.2]]).unwrap();
        check(M::NAME, steps::<M, _>(cuda, &loss));
    }
}

macro_rules! follows {
    ($($test:ident: $($model:ty),*;)*) => {$(
        #[test]
        fn $test() {
            $(follows::<$model>();)*
        }
    )*};
}

follows! {
    a_layer_used_twice: Siamese;
    a_layer_of_which_one_use_is_stopped: SimSiam;
    a_layer_behind_a_stopped_gradient: Stopped;
    in_blocks: InBlock, StoppedInBlock;
    in_a_model_inside: Inside, StoppedInside, AllInside;
    in_a_model_with_parameters: Generic<1>, OfGeneric;
    in_copies: Repeated, StoppedRepeated;
    with_a_loss_from_outside_instead_of_its_own: Own, OwnStopped;
    in_a_layer_written_by_hand: OwnLayer, OwnLayerStopped;
}

#[test]
fn in_maps_of_a_shared_encoder() {
    on_devices!(|device| {
        let mut net = SimClr::init(1);
        (net.body.conv.weight, net.body.conv.bias) = ([[[[1.0]]]], [0.0]);
        let mut training = net.training(device, 2).unwrap();
        training.forward(&batch(&PAIRS)).unwrap();
        close("maps", &now(&training), &[0.58, 0.8198], 5e-5);
    });
}

#[test]
fn in_copies_of_a_model_used_twice() {
    let mut copies = [Reference::new(0.1), Reference::new(0.1)];
    for half in [0, 1].map(|k| [f64::from(PAIRS[k]), f64::from(PAIRS[2 + k])]) {
        let after = copies[0].forward(&half);
        copies[1].forward(&after);
    }
    on_devices!(|device| {
        let mut training = Copies::init(1).training(device, 2).unwrap();
        training.forward(&batch(&PAIRS)).unwrap();
        close("copies", &now(&training), &[copies[0].running, copies[1].running].concat(), 1e-6);
    });
}

#[test]
fn in_a_trained_body_that_is_frozen() {
    // The statistics of the body are its own at first, and follow the new data.
    let x: Vec<f32> = (0..8).map(|i| 3.0 + i as f32).collect();
    on_devices!(|device| {
        let mut body = Norm::init(1);
        (body.batch_norm1.running_mean, body.batch_norm1.running_var) = ([1.0], [2.0]);
        let mut net = Head::init(1);
        net.body.copy_from(&body);
        let data = Dataset::new(batch::<[f32; 1]>(&x), vec![[0.5]; 8]).unwrap();
        let trainer = Trainer::new(AdamW::new(0.1)).loss(Mse).on(device).epochs(3).batch_size(4).shuffle(false);
        trainer.quiet().fit(&mut net, &data).unwrap();
        let mut reference = Reference { momentum: 0.1, running: [1.0, 2.0] };
        for _ in 0..3 {
            x.chunks(4).for_each(|x| _ = reference.forward(&x.iter().map(|x| f64::from(*x)).collect::<Vec<_>>()));
        }
        close("the body", &statistics(&*net), &reference.running, 1e-6);
        assert_eq!((net.body.batch_norm1.weight, net.body.batch_norm1.bias), ([1.0], [0.0]));
    });
}

#[test]
fn batches_of_one_step() {
    // Their gradients accumulate, their statistics follow one another.
    let batches = [[1.0, 2.0, 4.0], [3.0, 3.5, 5.0]];
    on_devices!(|device| {
        let (mut reference, mut training) = (Reference::new(0.1), Norm::init(1).training(device, 3).unwrap());
        for _ in 0..3 {
            for x in &batches {
                training.forward(&batch::<[f32; 1]>(x)).unwrap();
                training.loss(&Mse, &[[0.5]; 3]).unwrap();
                training.backward();
                reference.forward(&x.map(f64::from));
            }
            training.step(&Sgd::new(0.1)).unwrap();
            close("two batches a step", &now(&training), &reference.running, 1e-6);
        }
    });
}

#[test]
fn towards_the_models_own_loss() {
    fn own<M: Objective, D: Device>(device: D, targets: &[Target<M>])
    where
        Input<M>: Pod<Element = f32>,
    {
        let inputs = batch::<Input<M>>(&PAIRS);
        check(M::NAME, steps::<M, D>(device, &|training| _ = training.objective(targets).unwrap()));
        let mut training = M::init(1).training(Cpu::new(), 2).unwrap();
        training.evaluate_objective(&inputs, targets).unwrap();
        assert_eq!(now(&training), [0.0, 1.0], "evaluation moves nothing");
    }
    on_devices!(|device| {
        own::<Own, _>(device.clone(), &[[0.3], [-0.2]]);
        own::<OwnStopped, _>(device.clone(), &[[0.3], [-0.2]]);
    });
}

#[test]
fn every_copy_follows_what_flows_into_it() {
    // Nothing behind the stopped gradient is trained: scale 1 and shift 0 stay.
    let mut copies = [Reference::new(0.1), Reference::new(0.1)];
    let expected = [1, 2, 3].map(|_| {
        let halves = copies[0].pairs();
        halves.iter().for_each(|half| _ = copies[1].forward(half));
        [copies[0].running, copies[1].running].concat()
    });
    on_devices!(|device| {
        let found = steps::<StoppedRepeated, _>(device, &|training| _ = training.loss(&Mse, &[[0.3], [-0.2]]).unwrap());
        for (found, expected) in found.iter().zip(&expected) {
            close("copies", found, expected, 1e-6);
        }
    });
}

#[test]
fn a_variance_stays_above_zero() {
    let quick = batch::<Input<Quick>>(&PAIRS);
    // The mean and the unbiased variance of these are 0.0599 and 0.001458.
    let eleven = batch::<Input<Eleven>>(&[0.0329, 0.0869]);
    on_devices!(|device| {
        fn one_step<M: Model<Output = [f32; 1]>, D: Device>(device: D, inputs: &[Input<M>], expected: [f64; 2])
        where
            Input<M>: Clone,
        {
            let data = Dataset::new(inputs.to_vec(), vec![[0.0]; inputs.len()]).unwrap();
            let mut net = M::init(1);
            let trainer = Trainer::new(Adam::new(0.01)).loss(Mse).on(device).epochs(1).batch_size(2).shuffle(false);
            trainer.quiet().fit(&mut net, &data).unwrap();
            close(M::NAME, &statistics(&*net), &expected, 5e-5);
            let moved = statistics(&*net);
            assert!(net.predict_one(&inputs[0])[0].is_finite());
            assert_eq!(statistics(&*net), moved);
        }
        one_step::<Quick, _>(device.clone(), &quick, [3.78, 0.0838]);
        one_step::<Eleven, _>(device.clone(), &eleven, [0.0411, 0.3148]);
    });
}

#[test]
fn every_forward_pass_counts() {
    // Batches of a step that is taken later, and one that nobody goes on with.
    let batches = [[1.0, 2.0, 4.0], [3.0, 3.5, 5.0], [-1.0, 0.5, 0.0]];
    on_devices!(|device| {
        let (mut reference, mut training) = (Reference::new(0.1), Norm::init(1).training(device, 3).unwrap());
        for x in batches.iter().cycle().take(7) {
            training.forward(&batch::<[f32; 1]>(x)).unwrap();
            reference.forward(&x.map(f64::from));
            close("forward alone", &now(&training), &reference.running, 1e-6);
        }
        // A lone sample says nothing about the variance, and is refused.
        assert!(matches!(training.forward(&[[2.0]]), Err(Error::SmallBatch { found: 1, least: 2, .. })));
        close("one sample", &now(&training), &reference.running, 1e-6);
    });
}

#[test]
fn a_batch_that_overflows_leaves_statistics_that_can_be_used() {
    on_devices!(|device| {
        let mut training = Norm::init(1).training(device, 3).unwrap();
        for bad in [f32::NAN, f32::INFINITY, 1e30] {
            training.forward(&[[1.0], [bad], [3.0]]).unwrap();
            let told = training.loss(&Mse, &[[0.0]; 3]);
            // An input that is no number is told as such.
            let of_input = matches!(told, Err(Error::DataSet { set: "batch", .. }));
            assert!(
                of_input != bad.is_finite() && (of_input || matches!(told, Err(Error::NotFinite { .. }))),
                "{told:?}"
            );
            assert_eq!(now(&training), [0.0, 1.0], "after {bad}");
        }
        training.forward(&[[1.0], [2.0], [3.0]]).unwrap();
        close("a good batch", &now(&training), &[0.2, 1.0], 1e-6);
        assert!(training.loss(&Mse, &[[0.0]; 3]).unwrap().is_finite());
    });
}

#[test]
fn what_is_normalised_in_training_is_normalised_in_use() {
    // 200 samples around 5 with variance 1; what is to be learned is x - 5.
    let x: Vec<[f32; 1]> = (0..200).map(|i| [5.0 + 3f32.sqrt() * ((i * 37 % 200) as f32 / 99.5 - 1.0)]).collect();
    let y: Vec<[f32; 1]> = x.iter().map(|x| [x[0] - 5.0]).collect();
    let data = Dataset::new(x.clone(), y).unwrap();
    let mut reference = Reference::new(0.1);
    for _ in 0..40 {
        x.chunks(50).for_each(|x| _ = reference.forward(&x.iter().map(|x| f64::from(x[0])).collect::<Vec<_>>()));
    }
    on_devices!(|device| {
        let mut net = Frozen::init(1);
        let trainer = Trainer::new(Adam::new(0.05)).loss(Mse).on(device).epochs(40).batch_size(50).shuffle(false);
        let history = trainer.validate(&data).quiet().fit(&mut net, &data).unwrap();
        close("statistics", &statistics(&*net), &reference.running, 1e-5);
        let validation = history.epochs[39].validation.as_ref().unwrap().loss;
        // PyTorch, with `.detach()`: these statistics, a validation loss of 9.4e-5, and -0.0006 for 5.
        close("statistics", &statistics(&*net), &[5.000_914, 1.028_436], 1e-5);
        assert!(validation < 1e-3, "{validation}");
        assert!(net.predict_one(&[5.0])[0].abs() < 0.05, "{:?}", net.predict_one(&[5.0]));
    });
}

#[test]
fn a_normal_sample_behind_a_stopped_gradient() {
    // 5 + N(0, 1), and x - 5 to be learned, in the trainer's own order. PyTorch, of its own random numbers: statistics 4.965 and
    // 0.916, a validation loss of 0.00018, and 0.011 for 5.
    let mut rng = dl::random::Rng::new(3);
    let x: Vec<[f32; 1]> = (0..200).map(|_| [5.0 + rng.normal()]).collect();
    let mean = x.iter().map(|x| f64::from(x[0])).sum::<f64>() / 200.0;
    let var = x.iter().map(|x| (f64::from(x[0]) - mean).powi(2)).sum::<f64>() / 199.0;
    let data = Dataset::new(x.clone(), x.iter().map(|x| [x[0] - 5.0]).collect()).unwrap();
    on_devices!(|device| {
        let mut net = Frozen::init(1);
        let trainer = Trainer::new(Adam::new(0.05)).loss(Mse).on(device).epochs(40).batch_size(50);
        let history = trainer.validate(&data).quiet().fit(&mut net, &data).unwrap();
        let [m, v] = statistics(&*net)[..] else { panic!() };
        // Means of 50 deviate by 0.14, and the running mean averages some 19 of them; four times that.
        assert!((f64::from(m) - mean).abs() < 4.0 * 0.14 / 19f64.sqrt(), "{m}, not {mean}");
        assert!((f64::from(v) - var).abs() < 4.0 * 0.2 / 19f64.sqrt(), "{v}, not {var}");
        let validation = history.epochs[39].validation.as_ref().unwrap().loss;
        assert!(validation < 5e-3, "{validation}");
        assert!(net.predict_one(&[5.0])[0].abs() < 0.1, "{:?}", net.predict_one(&[5.0]));
    });
}
