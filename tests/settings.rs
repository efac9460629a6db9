//! Every public function that a value can misuse, with all the values that misuse it: an error that names setting, value and
//! range before anything is computed, or a finite result. Never a panic.

use dl::data::text::{BytePairs, Tokenizer, windows};
use dl::data::{Dataset, Normalizer};
use dl::optim::schedule::{
    Constant, Cosine, Exponential, OneCycle, Plateau, Polynomial, Schedule, Step, WarmRestarts, WarmUp,
};
use dl::optim::{Adagrad, Adamax, Clip, Coupling, Lamb, Lbfgs, Lion, Muon, NAdam, Optimizer, RAdam};
use dl::prelude::*;
use dl::sampling::Sampler;
use dl::train::{ConfusionMatrix, Every, TopK};
use dl::{Error, Result};

dl::model! { Classes(x: [2]) -> [3] { x -> dense(4) -> tanh -> dense(3) } }
dl::model! { Numbers(x: [2]) -> [1] { x -> dense(1) } }

const X: [[f32; 2]; 4] = [[0.5, -1.0], [1.0, 0.25], [-0.5, 0.75], [0.125, 1.0]];

fn classes() -> Dataset<[f32; 2], u32> {
    Dataset::new(X.to_vec(), vec![0, 1, 2, 1]).unwrap()
}

fn numbers() -> Dataset<[f32; 2], [f32; 1]> {
    Dataset::new(X.to_vec(), vec![[1.0], [0.0], [1.0], [0.5]]).unwrap()
}

fn cpu() -> Cpu {
    Cpu::with_threads(1)
}

/// The values that misuse a number.
const VALUES: [f64; 10] = [-1.0, -1e-3, 0.0, 5e-324, 0.5, 1.0, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

/// A value as errors write it.
fn text(value: f64) -> String {
    if value != 0.0 && value.is_finite() && !(1e-5..1e9).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// Calls `run` with a value: `Ok` with numbers that are all finite where the value is good, else the error.
fn one(name: &str, value: &str, good: bool, run: impl FnOnce() -> Result<Vec<f32>>) {
    match run() {
        Ok(numbers) => {
            assert!(good, "{name} takes {value}");
            assert!(numbers.iter().all(|number| number.is_finite()), "{name} of {value} gives {numbers:?}");
        }
        Err(error) => {
            assert!(!good, "{name} refuses {value}: {error}");
            assert!(matches!(error, Error::Setting { .. }), "{name} of {value}: {error}");
            let text = error.to_string();
            // Such as "`learning_rate` of `Adam` is -0.01; it must be a finite number of at least 0".
            let (found, range) = text.split_once("; it must be ").unwrap_or_else(|| panic!("{name}: {text}"));
            assert!(found.starts_with(&format!("{name} is {value}")), "{name} of {value}: {text}");
            assert!(!range.is_empty());
        }
    }
}

/// All values that misuse one setting. `name` is what errors call it, and `good` says what is in its range.
fn setting(name: &str, good: impl Fn(f64) -> bool, run: impl Fn(f64) -> Result<Vec<f32>>) {
    VALUES.into_iter().for_each(|value| one(name, &text(value), good(value), || run(value)));
}

/// The values that misuse a number of `f32`.
const SINGLE: [f32; 9] = [-1.0, 0.0, 1e-45, 0.5, 1.0, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];

/// [`setting`] of `f32`.
fn single(name: &str, good: impl Fn(f32) -> bool, run: impl Fn(f32) -> Result<Vec<f32>>) {
    SINGLE.into_iter().for_each(|value| {
        let large = value.is_finite() && value.abs() > 1e9;
        let text = if large || value == 1e-45 { format!("{value:e}") } else { value.to_string() };
        one(name, &text, good(value), || run(value));
    });
}

fn weights<M: dl::Model>(net: &M) -> Vec<f32> {
    dl::pod::flat(std::slice::from_ref(net)).to_vec()
}

type OfNumbers = Trainer<'static, Numbers, [f32; 1], Sgd>;
type OfClasses = Trainer<'static, Classes, u32, Sgd>;

/// Trains by the trainer; a network whose training was refused is as it was.
fn fit<O: Optimizer>(optimizer: O) -> Result<Vec<f32>> {
    fit_with(Trainer::new(optimizer))
}
fn fit_with<O: Optimizer>(trainer: Trainer<'_, Numbers, [f32; 1], O>) -> Result<Vec<f32>> {
    let mut net = Numbers::init(1);
    let before = weights(&*net);
    let result = trainer.loss(Mse).on(cpu()).epochs(2).batch_size(2).quiet().fit(&mut net, &numbers());
    assert!(result.is_ok() || weights(&*net) == before);
    Ok(result.map(|_| weights(&*net))?)
}

/// Two steps of a loop written by hand.
fn steps<O: Optimizer>(optimizer: O, clip: Option<Clip>) -> Result<Vec<f32>> {
    let mut net = Numbers::init(1);
    let mut training = net.training(cpu(), 4)?;
    for _ in 0..2 {
        training.forward(&X)?;
        training.loss(&Mse, &numbers().targets)?;
        training.backward();
        if let Some(clip) = clip {
            training.clip(clip)?;
        }
        training.step(&optimizer)?;
    }
    training.store(&mut net)?;
    Ok(weights(&*net))
}

fn finite(value: f64) -> bool {
    value >= 0.0 && value <= f64::from(f32::MAX)
}
fn positive(value: f64) -> bool {
    finite(value) && value > 0.0
}
fn kept(value: f64) -> bool {
    (0.0..1.0).contains(&value)
}
fn epsilon(value: f64) -> bool {
    finite(value) && value >= 1e-18
}

/// One setting of an optimizer, by the trainer and by hand.
fn of_optimizer<O: Optimizer>(name: &str, good: fn(f64) -> bool, with: impl Fn(f64) -> O) {
    setting(name, good, |value| fit(with(value)));
    setting(name, good, |value| steps(with(value), None));
}

#[test]
fn settings_of_optimizers() {
    of_optimizer("`learning_rate` of `Sgd`", finite, Sgd::new);
    of_optimizer("`momentum` of `Sgd`", kept, |value| Sgd::new(0.1).momentum(value));
    of_optimizer("`weight_decay` of `Sgd`", finite, |value| Sgd::new(0.1).weight_decay(value));
    let nesterov = |value| value > 0.0 && value < 1.0;
    of_optimizer("`momentum` of `Sgd`", nesterov, |value| Sgd::new(0.1).momentum(value).nesterov());
    of_optimizer("`learning_rate` of `Adam`", finite, Adam::new);
    of_optimizer("`beta1` of `Adam`", kept, |value| Adam::new(0.1).betas(value, 0.999));
    of_optimizer("`beta2` of `Adam`", kept, |value| Adam::new(0.1).betas(0.9, value));
    of_optimizer("`epsilon` of `Adam`", epsilon, |value| Adam::new(0.1).epsilon(value));
    of_optimizer("`weight_decay` of `Adam`", finite, |value| Adam::new(0.1).weight_decay(value));
    // With a learning rate of 1 it takes the whole weight.
    of_optimizer("`learning_rate` of `AdamW`", finite, |value| AdamW::new(value).weight_decay(0.0));
    of_optimizer("`beta1` of `AdamW`", kept, |value| AdamW::new(0.1).betas(value, 0.999));
    of_optimizer("`beta2` of `AdamW`", kept, |value| AdamW::new(0.1).betas(0.9, value));
    of_optimizer("`epsilon` of `AdamW`", epsilon, |value| AdamW::new(0.1).epsilon(value));
    of_optimizer("`weight_decay` of `AdamW`", finite, |value| AdamW::new(0.1).weight_decay(value));
    of_optimizer("`epsilon` of `Adam`", epsilon, |value| Adam::new(0.1).epsilon(value).amsgrad(true));
    /// The settings that most relatives of Adam share.
    macro_rules! relatives {
        ($($name:ident),*) => {$(
            let of = |setting: &str| format!("`{setting}` of `{}`", stringify!($name));
            of_optimizer(&of("learning_rate"), finite, $name::new);
            of_optimizer(&of("beta1"), kept, |value| $name::new(0.1).betas(value, 0.999));
            of_optimizer(&of("beta2"), kept, |value| $name::new(0.1).betas(0.9, value));
            of_optimizer(&of("weight_decay"), finite, |value| {
                $name::new(0.1).coupling(Coupling::Coupled).weight_decay(value)
            });
        )*};
    }
    macro_rules! without_coupling {
        ($($name:ident),*) => {$(
            let of = |setting: &str| format!("`{setting}` of `{}`", stringify!($name));
            of_optimizer(&of("learning_rate"), finite, |value| $name::new(value).weight_decay(0.0));
            of_optimizer(&of("beta1"), kept, |value| $name::new(0.1).betas(value, 0.999));
            of_optimizer(&of("beta2"), kept, |value| $name::new(0.1).betas(0.9, value));
            of_optimizer(&of("epsilon"), epsilon, |value| $name::new(0.1).epsilon(value));
        )*};
    }
    without_coupling!(Lamb, Muon);
    of_optimizer("`weight_decay` of `Lamb`", finite, |value| Lamb::new(0.1).weight_decay(value));
    let within = |value| (0.0..=10.0).contains(&value);
    of_optimizer("`weight_decay` of `Muon`", within, |value| Muon::new(0.1).weight_decay(value));
    of_optimizer("`momentum` of `Muon`", kept, |value| Muon::new(0.1).momentum(value));
    relatives!(NAdam, RAdam, Adamax, Lion);
    of_optimizer("`epsilon` of `NAdam`", epsilon, |value| NAdam::new(0.1).epsilon(value));
    of_optimizer("`momentum_decay` of `NAdam`", finite, |value| NAdam::new(0.1).momentum_decay(value));
    of_optimizer("`epsilon` of `RAdam`", epsilon, |value| RAdam::new(0.1).epsilon(value));
    of_optimizer("`epsilon` of `Adamax`", epsilon, |value| Adamax::new(0.1).epsilon(value));
    of_optimizer("`learning_rate` of `Adagrad`", finite, Adagrad::new);
    of_optimizer("`learning_rate_decay` of `Adagrad`", finite, |value| Adagrad::new(0.1).learning_rate_decay(value));
    of_optimizer("`initial_sum` of `Adagrad`", finite, |value| Adagrad::new(0.1).initial_sum(value));
    of_optimizer("`epsilon` of `Adagrad`", epsilon, |value| Adagrad::new(0.1).epsilon(value));
    of_optimizer("`weight_decay` of `Adagrad`", finite, |value| Adagrad::new(0.1).weight_decay(value));
    of_optimizer("`learning_rate` of `RmsProp`", finite, RmsProp::new);
    of_optimizer("`alpha` of `RmsProp`", kept, |value| RmsProp::new(0.1).alpha(value));
    of_optimizer("`epsilon` of `RmsProp`", epsilon, |value| RmsProp::new(0.1).epsilon(value));
    of_optimizer("`momentum` of `RmsProp`", kept, |value| RmsProp::new(0.1).momentum(value));
    of_optimizer("`momentum` of `RmsProp`", kept, |value| RmsProp::new(0.1).momentum(value).centered());
    of_optimizer("`weight_decay` of `RmsProp`", finite, |value| RmsProp::new(0.1).weight_decay(value));
}

#[test]
fn settings_of_lbfgs() {
    let minimise = |lbfgs: Lbfgs| {
        let mut net = Numbers::init(1);
        let mut training = net.training(cpu(), 4)?;
        let minimum = lbfgs.minimise(&mut training, |training| {
            training.forward(&X)?;
            let loss = training.loss(&Mse, &numbers().targets)?;
            training.backward();
            Ok(loss)
        })?;
        training.store(&mut net)?;
        assert!(minimum.loss() <= minimum.losses[0]);
        Ok(weights(&*net))
    };
    let lbfgs = Lbfgs::default();
    setting("`learning_rate` of `Lbfgs`", positive, |value| minimise(lbfgs.learning_rate(value)));
    setting("`tolerance_gradient` of `Lbfgs`", finite, |value| minimise(lbfgs.tolerance_gradient(value)));
    setting("`tolerance_change` of `Lbfgs`", finite, |value| minimise(lbfgs.tolerance_change(value)));
    count("`iterations` of `Lbfgs`", |value| value > 0, |value| minimise(lbfgs.iterations(value)));
    count("`history` of `Lbfgs`", |value| value > 0, |value| minimise(lbfgs.history(value)));
}

fn message(result: Result<Vec<f32>>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn errors_read_well() {
    assert_eq!(
        message(fit(Adam::new(-0.01))),
        "`learning_rate` of `Adam` is -0.01; it must be a finite number of at least 0"
    );
    assert_eq!(
        message(fit(Adam::new(0.01).betas(1.5, 0.999))),
        "`beta1` of `Adam` is 1.5; it must be at least 0 and below 1"
    );
    assert_eq!(
        message(fit(Sgd::new(0.1).nesterov())),
        "`momentum` of `Sgd` is 0; it must be above 0 and below 1 with `nesterov`"
    );
    // Twice the weight would be taken from each weight.
    assert_eq!(
        message(fit(AdamW::new(0.01).weight_decay(200.0))),
        "`weight_decay` of `AdamW` is 200; it must be at most 100 with a learning rate of 0.01, or a step takes more than the \
         whole weight"
    );
    assert!(fit(AdamW::new(0.01).weight_decay(100.0)).is_ok());
    assert_eq!(
        message(fit_with(Trainer::new(Sgd::new(0.1)).clip(Clip::Norm(-1.0)))),
        "`Norm` of `Clip` is -1; it must be a number above 0 (infinity for no limit)"
    );
    assert_eq!(
        message(fit_with(Trainer::new(Sgd::new(0.1)).schedule(Cosine::over(0.0)))),
        "`length` of `Cosine` is 0; it must be a finite number above 0"
    );
}

#[test]
fn settings_of_clipping() {
    let good = |value| value > 0.0;
    for (name, clip) in [("`Norm` of `Clip`", Clip::Norm as fn(f64) -> Clip), ("`Value` of `Clip`", Clip::Value)] {
        setting(name, good, |value| fit_with(Trainer::new(Sgd::new(0.1)).clip(clip(value))));
        setting(name, good, |value| steps(Sgd::new(0.1), Some(clip(value))));
    }
}

#[test]
fn settings_of_schedules() {
    fn of_schedule<S: Schedule + 'static>(name: &str, good: impl Fn(f64) -> bool, with: impl Fn(f64) -> S) {
        setting(name, &good, |value| fit_with(Trainer::new(Sgd::new(0.1)).schedule(with(value))));
        setting(name, &good, |value| fit_with(Trainer::new(Sgd::new(0.1)).schedule_by_epoch(with(value))));
    }
    let divisor = |value| finite(value) && value >= 1e-6;
    let share = |value| (0.0..=1.0).contains(&value);
    of_schedule("`every` of `Step`", positive, Step::every);
    of_schedule("`gamma` of `Step`", finite, |value| Step::every(2.0).gamma(value));
    of_schedule("`gamma` of `Exponential`", finite, Exponential::new);
    of_schedule("`length` of `Cosine`", positive, Cosine::over);
    of_schedule("`floor` of `Cosine`", finite, |value| Cosine::over(4.0).floor(value));
    of_schedule("`length` of `WarmUp`", finite, WarmUp::over);
    of_schedule("`from` of `WarmUp`", share, |value| WarmUp::over(4.0).from(value));
    of_schedule("`length` of `Cosine`", positive, |value| WarmUp::over(2.0).then(Cosine::over(value)));
    of_schedule("`length` of `OneCycle`", positive, OneCycle::over);
    of_schedule("`rise` of `OneCycle`", share, |value| OneCycle::over(4.0).rise(value));
    of_schedule("`start` of `OneCycle`", divisor, |value| OneCycle::over(4.0).divisors(value, 1e4));
    of_schedule("`end` of `OneCycle`", divisor, |value| OneCycle::over(4.0).divisors(25.0, value));
    of_schedule("`length` of `Polynomial`", positive, Polynomial::over);
    of_schedule("`power` of `Polynomial`", finite, |value| Polynomial::over(4.0).power(value));
    of_schedule("`length` of `WarmRestarts`", positive, WarmRestarts::every);
    of_schedule("`length` of `WarmRestarts`", positive, |value| WarmRestarts::every(value).multiple(1.5));
    let from_one = |value| finite(value) && value >= 1.0;
    of_schedule("`multiple` of `WarmRestarts`", from_one, |value| WarmRestarts::every(2.0).multiple(value));
    of_schedule("`floor` of `WarmRestarts`", finite, |value| WarmRestarts::every(2.0).floor(value));
    of_schedule("`until` of `Sequence`", finite, |value| Constant.until(value, Constant));
    of_schedule("`length` of `Cosine`", positive, |value| Constant.until(1.0, Cosine::over(value)));
    of_schedule("`length` of `Cosine`", positive, |value| Constant.times(Cosine::over(value)));
    let of_plateau = |name: &str, good: &dyn Fn(f64) -> bool, with: &dyn Fn(f64) -> Plateau| {
        setting(name, good, |value| fit_with(Trainer::new(Sgd::new(0.1)).plateau(with(value))));
    };
    of_plateau("`factor` of `Plateau`", &kept, &|value| Plateau::default().factor(value));
    of_plateau("`threshold` of `Plateau`", &kept, &|value| Plateau::default().threshold(value));
    of_plateau("`floor` of `Plateau`", &share, &|value| Plateau::default().floor(value));
    // A closure is known only by what it returns.
    of_schedule("`factor` of `schedule`", |value| finite(value * 0.1), |value| move |_: f64| value);
}

#[test]
fn settings_of_losses() {
    fn of_classes<L: Loss<[f32; 3], Target = u32>>(name: &str, good: fn(f32) -> bool, with: impl Fn(f32) -> L) {
        single(name, good, |value| {
            let mut net = Classes::init(1);
            Trainer::new(Sgd::new(0.1)).loss(with(value)).on(cpu()).epochs(2).quiet().fit(&mut net, &classes())?;
            Ok(weights(&*net))
        });
        single(name, good, |value| {
            let mut training = Classes::init(1).training(cpu(), 4)?;
            training.forward(&X)?;
            Ok(vec![training.loss(&with(value), &classes().targets)?])
        });
    }
    fn of_numbers<L: Loss<[f32; 1], Target = [f32; 1]>>(name: &str, good: fn(f32) -> bool, with: impl Fn(f32) -> L) {
        single(name, good, |value| {
            let mut net = Numbers::init(1);
            Trainer::new(Sgd::new(0.1)).loss(with(value)).on(cpu()).epochs(2).quiet().fit(&mut net, &numbers())?;
            Ok(weights(&*net))
        });
        single(name, good, |value| {
            let mut training = Numbers::init(1).training(cpu(), 4)?;
            training.forward(&X)?;
            Ok(vec![training.loss(&with(value), &numbers().targets)?])
        });
    }
    let share = |value: f32| (0.0..=1.0).contains(&value);
    let not_negative = |value: f32| value >= 0.0 && value.is_finite();
    let positive = |value: f32| value > 0.0 && value.is_finite();
    of_classes("`label_smoothing` of `CrossEntropy`", share, |value| CrossEntropy.label_smoothing(value));
    of_classes("`gamma` of `Focal`", not_negative, |gamma| Focal { gamma });
    of_classes("`margin` of `MultiMargin`", |value| value > 0.0 && value <= 1e18, |margin| MultiMargin { margin });
    of_numbers("`delta` of `Huber`", positive, |delta| Huber { delta });
    of_numbers("`gamma` of `SigmoidFocal`", not_negative, |gamma| SigmoidFocal { gamma, alpha: 0.25 });
    of_numbers("`alpha` of `SigmoidFocal`", share, |alpha| SigmoidFocal { gamma: 2.0, alpha });
    // Those that stand only in the `loss` clause of a model are checked by the compiler, and once more where they are called.
    use dl::loss::Pairs;
    let signs = [1.0, -1.0];
    single(
        "`margin` of `CosineEmbedding`",
        |value| (-1.0..=1.0).contains(&value),
        |margin| Pairs::CosineEmbedding { margin }.check(&signs).map(|()| vec![]),
    );
    single(
        "`margin` of `Contrastive`",
        |value| value > 0.0 && value <= 1e18,
        |margin| Pairs::Contrastive { margin }.check(&signs).map(|()| vec![]),
    );
}

/// Counts that misuse a setting.
const COUNTS: [usize; 6] = [0, 1, 2, 1 << 40, 1 << 62, usize::MAX];

fn count(name: &str, good: impl Fn(usize) -> bool, run: impl Fn(usize) -> Result<Vec<f32>>) {
    COUNTS.into_iter().for_each(|value| one(name, &value.to_string(), good(value), || run(value)));
}

#[test]
fn counts_of_the_trainer() {
    let folder = tempfile::tempdir().unwrap();
    let train = |change: &dyn Fn(OfNumbers) -> OfNumbers| {
        let mut net = Numbers::init(1);
        let trainer =
            change(Trainer::new(Sgd::new(0.1)).epochs(2).quiet().checkpoint(folder.path().join("c.safetensors")));
        trainer.on(cpu()).loss(Mse).fit(&mut net, &numbers())?;
        Ok(weights(&*net))
    };
    count("`batch_size` of `Trainer`", |value| value > 0, |value| train(&|trainer| trainer.batch_size(value)));
    let every = "`checkpoint_every` of `Trainer`";
    count(every, |value| value > 0, |value| train(&|trainer| trainer.checkpoint_every(Every::Epochs(value))));
    count(every, |value| value > 0, |value| train(&|trainer| trainer.checkpoint_every(Every::Steps(value as u64))));
    // 0 is as good as 1: an epoch that is no better ends the training.
    count("`early_stopping` of `Trainer`", |_| true, |value| train(&|trainer| trainer.early_stopping(value)));
    count("`seed` of `Trainer`", |_| true, |value| train(&|trainer| trainer.seed(value as u64)));
    // Without an epoch nothing changes.
    assert_eq!(train(&|trainer| trainer.epochs(0)).unwrap(), weights(&*Numbers::init(1)));
}

#[test]
fn sizes_of_sessions() {
    let (net, good) = (Numbers::init(1), |value| value > 0 && value <= 2);
    for value in COUNTS {
        let (session, training) = (net.session(cpu(), value), net.training(cpu(), value));
        let errors = [("Session", session.map(drop).err()), ("Training", training.map(drop).err())];
        for (of, error) in errors {
            // It depends on the machine whether there is memory for 2⁴⁰ samples.
            match error {
                None => assert!(good(value) || value == 1 << 40, "{of} of {value}"),
                Some(Error::Setting { .. }) if value != 1 << 40 => {
                    one(&format!("`samples` of `{of}`"), &value.to_string(), good(value), || {
                        if of == "Session" {
                            net.session(cpu(), value).map(|_| vec![])
                        } else {
                            net.training(cpu(), value).map(|_| vec![])
                        }
                    });
                }
                Some(error) => assert!(value == 1 << 40 && error.to_string().contains("out of memory"), "{error}"),
            }
        }
    }
}

/// A prediction that returns no error has no number for an input that is refused, and `predict_into` tells which it is.
#[test]
fn a_token_that_is_not_known_makes_all_of_its_output_nan() {
    dl::model! { Words(tokens: u32[2]) -> [2, 3] { tokens -> embedding(5, 3) } }
    let (net, inputs) = (Words::init(1), [[0, 4], [1, 5], [u32::MAX, 0]]);
    let nan = |output: &[[f32; 3]; 2]| output.as_flattened().iter().filter(|number| number.is_nan()).count();
    let outputs = net.predict(&inputs);
    assert_eq!([nan(&outputs[0]), nan(&outputs[1]), nan(&outputs[2])], [0, 6, 6]);
    let mut session = net.session(cpu(), 4).unwrap();
    for (input, output) in inputs.iter().zip(&outputs) {
        assert_eq!(nan(&net.predict_one(input)), nan(output));
        assert_eq!(nan(session.predict_one(input)), nan(output));
    }
    let error = session.predict_into(&inputs, &mut [[[0.0; 3]; 2]; 3]).unwrap_err().to_string();
    assert_eq!(error, "sample 1: token 5 is out of range; with a vocabulary of 5, tokens are 0 to 4");
}

/// Most samples of a class that a matrix of two classes has no row for.
#[test]
fn a_matrix_of_too_few_classes_is_refused_before_the_first_step() {
    let mut net = Classes::init(1);
    let mut trainer = Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).on(cpu()).quiet().metric(ConfusionMatrix::new(2));
    let error = trainer.fit(&mut net, &classes()).unwrap_err().to_string();
    let expected =
        "`classes` of `ConfusionMatrix` is 2; it must be 3, the number of classes in the output of the model";
    assert_eq!(error, expected);
    let mut trainer =
        Trainer::new(Sgd::new(0.1)).loss(CrossEntropy).on(cpu()).quiet().metric(ConfusionMatrix::default());
    let history = trainer.fit(&mut net, &classes()).unwrap();
    assert_eq!(history.confusion.map(|matrix| matrix.classes()), Some(3));
}

#[test]
fn counts_of_metrics() {
    let train = |metric: Box<dyn FnOnce(OfClasses) -> OfClasses>| {
        let mut net = Classes::init(1);
        let history = metric(Trainer::new(Sgd::new(0.1)).epochs(1).quiet())
            .on(cpu())
            .loss(CrossEntropy)
            .fit(&mut net, &classes())?;
        Ok(history.epochs[0].train.metrics.iter().map(|metric| *metric as f32).collect())
    };
    count(
        "`k` of `TopK`",
        |value| (1..=3).contains(&value),
        |value| train(Box::new(move |t| t.metric(TopK::new(value)))),
    );
    let matrix = |value| train(Box::new(move |trainer| trainer.metric(ConfusionMatrix::new(value))));
    count("`classes` of `ConfusionMatrix`", |value| value == 3, matrix);
    assert!(matrix(3).is_ok());
}

/// A chart leaves out what it has no place for.
#[test]
fn numbers_of_charts() {
    use dl::plot::Chart;
    for value in VALUES {
        let lists =
            [vec![(0.0, 1.0), (1.0, value), (value, 2.0)], vec![(0.0, 0.0), (value, value)], vec![(value, value)]];
        for (points, logarithmic) in lists.iter().flat_map(|points| [(points, false), (points, true)]) {
            let chart = Chart::new("chart").line("line", points.clone()).points("points", points.clone());
            let svg = if logarithmic { chart.logarithmic() } else { chart }.svg();
            assert!(svg.ends_with("</svg>\n") || svg.ends_with("</svg>"), "{value}");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{value}: {svg}");
        }
    }
}

#[test]
fn settings_of_sampling() {
    let logits: Vec<f32> = (0..6).map(|i| [0.5, -3.0, 80.0][i % 3]).collect();
    let draw = |sampler: Sampler| {
        let mut sampler = sampler;
        let candidates = sampler.distribution(&logits)?;
        let mut numbers: Vec<f32> = candidates.iter().map(|candidate| candidate.probability as f32).collect();
        numbers.push(sampler.sample(&logits)? as f32);
        Ok(numbers)
    };
    let temperature = |value| value > 0.0 && value <= f64::from(f32::MAX);
    setting("`temperature` of `Sampler`", temperature, |value| draw(Sampler::new(1).temperature(value)));
    setting("`temperature` of `Sampler`", temperature, |value| draw(Sampler::new(1).top_p(0.5).temperature(value)));
    setting("`top_p` of `Sampler`", |value| (0.0..=1.0).contains(&value), |value| draw(Sampler::new(1).top_p(value)));
    count("`top_k` of `Sampler`", |value| value > 0, |value| draw(Sampler::new(1).top_k(value)));
    count("`top_k` of `Sampler`", |value| value > 0, |value| draw(Sampler::greedy().top_k(value)));
}

#[test]
fn settings_of_texts() {
    let tokens: Vec<u32> = (0..20).collect();
    let strided = |stride| Ok(vec![windows::<4>(&tokens, stride)?.len() as f32]);
    count("`stride` of `windows`", |value| value > 0, strided);
    let trained = |vocabulary| Ok(vec![BytePairs::train("a text", vocabulary)?.vocabulary() as f32]);
    count("`vocabulary` of `BytePairs`", |_| false, trained);
    assert_eq!(trained(256).unwrap(), [256.0]);
}

#[test]
fn sizes_of_data_sets() {
    for value in COUNTS {
        // A size of 0 counts as 1.
        assert_eq!(numbers().batches(value).map(|(inputs, _)| inputs.len()).sum::<usize>(), 4);
        assert_eq!(numbers().split_at(value).0.len(), value.min(4));
        assert_eq!(Cpu::with_threads(value.min(2)).threads().count(), value.clamp(1, 2));
    }
    for value in VALUES {
        let (first, rest) = numbers().split(value);
        assert_eq!(first.len() + rest.len(), 4);
    }
}

#[test]
fn parts_of_a_normalizer() {
    let with = |mean: f32, deviation: f32| {
        let normalizer = Normalizer::<[f32; 2]>::from_parts(vec![mean, 0.0], vec![deviation, 1.0])?;
        let mut samples = X.to_vec();
        normalizer.apply(&mut samples);
        normalizer.undo(&mut samples);
        Ok(vec![])
    };
    single("`means` of `Normalizer`", f32::is_finite, |value| with(value, 1.0));
    single("`deviations` of `Normalizer`", |value| value > 0.0 && value.is_finite(), |value| with(0.0, value));
}
