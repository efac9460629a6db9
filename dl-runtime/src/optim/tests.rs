//! Optimizers against their formulas in `f64`, written once more and number by number; clipping; schedules.

use super::schedule::{Constant, Cosine, Exponential, OneCycle, Step, WarmUp};
use super::*;
use crate::random::Rng;
use crate::testing::Device;
use crate::{Cpu, Role};

/// Two blocks and a bit, in odd pieces: weights, biases, statistics, weights.
const LEN: usize = 2 * 16 * 1024 + 77;
const ENDS: [(usize, Role); 4] =
    [(20_001, Role::Weight), (20_008, Role::Bias), (20_019, Role::Statistic), (LEN, Role::Weight)];

fn pieces() -> Vec<Segment> {
    let mut start = 0;
    let piece = |(end, role)| {
        let from = std::mem::replace(&mut start, end);
        Segment { start: from, end, role }
    };
    ENDS.map(piece).to_vec()
}

fn role(i: usize) -> Role {
    ENDS.iter().find(|(end, _)| i < *end).unwrap().1
}

fn random(rng: &mut Rng, len: usize) -> Vec<f32> {
    (0..len).map(|_| (rng.next_u32() >> 8) as f32 / 8e6 - 1.0).collect()
}

/// One step; what the watch says.
fn step<O: Optimizer, D: crate::Device>(
    device: &D,
    optimizer: &O,
    t: u64,
    mut weights: D::Mut<'_, f32>,
    gradients: D::Ref<'_, f32>,
    state: &mut [D::Buffer<f32>],
) -> FiniteCheck {
    let segments = Segments::on(device, &pieces()).unwrap();
    let mut watch = device.zeros(FiniteCheck::WORDS).unwrap();
    let (weights, gradients) = (D::reborrow(&mut weights), D::shorten(gradients));
    let moved = OptimizerStep { segments: &segments, weights, gradients, finite_check: D::whole_mut(&mut watch) };
    optimizer.update(device, t, moved, state);
    let mut words = [0; FiniteCheck::WORDS];
    device.download(D::whole(&watch), &mut words).unwrap();
    FiniteCheck::read(&words)
}

/// Five steps of `optimizer` against five of `reference(t, w, g, kept)`, which returns the new weight. `decayed` is whether
/// the weight at hand is.
fn check<O: Optimizer>(optimizer: O, reference: impl Fn(i32, f64, f64, &mut [f64; 3], bool) -> f64, everything: bool) {
    let mut rng = Rng::new(1);
    let mut weights = random(&mut rng, LEN);
    let mut expected: Vec<f64> = weights.iter().map(|w| f64::from(*w)).collect();
    let mut kept = vec![[0.0; 3]; LEN];
    let mut others = [1, 3].map(|threads| (Cpu::with_threads(threads), weights.clone(), Vec::new()));
    let mut state = vec![vec![0.0; LEN]; optimizer.buffers().len()];
    others.iter_mut().for_each(|other| other.2 = state.clone());
    for t in 1..=5 {
        let gradients = random(&mut rng, LEN);
        let watch = step(&Device::with_threads(2), &optimizer, t, &mut weights, &gradients, &mut state);
        assert_eq!(watch, FiniteCheck::default());
        for (cpu, weights, state) in &mut others {
            step(cpu, &optimizer, t, weights, &gradients, state);
        }
        for (i, w) in expected.iter_mut().enumerate() {
            let g = f64::from(gradients[i]);
            *w = match role(i) {
                Role::Statistic => *w,
                role => reference(t as i32, *w, g, &mut kept[i], everything || role == Role::Weight),
            };
        }
    }
    for (i, (w, e)) in weights.iter().zip(&expected).enumerate() {
        // Five steps of a few roundings each, of numbers up to about 1.
        assert!((f64::from(*w) - e).abs() < 3e-6, "{optimizer:?}, weight {i}: {w} instead of {e}");
        assert!(role(i) != Role::Statistic || f64::from(*w) == *e, "{optimizer:?}, statistic {i}: {w} instead of {e}");
    }
    for (cpu, same, _) in &others {
        assert!(*same == weights, "{optimizer:?} depends on the number of threads: {cpu:?}");
    }
}

#[test]
fn sgd() {
    check(Sgd::new(0.1), |_, w, g, _, _| w - 0.1 * g, false);
    let decayed = Sgd::new(0.1).weight_decay(0.3);
    let reference = |_, w, g, _: &mut _, on| w - 0.1 * (g + if on { 0.3 * w } else { 0.0 });
    check(decayed, reference, false);
    check(decayed.decay_everything(), reference, true);
    let decoupled = |_, w, g, _: &mut _, on| if on { w * (1.0 - 0.1 * 0.3) - 0.1 * g } else { w - 0.1 * g };
    check(decayed.coupling(Coupling::Decoupled), decoupled, false);
}

#[test]
fn sgd_with_momentum() {
    let momentum = |_, w: f64, g, b: &mut [f64; 3], on| {
        let g = g + if on { 0.2 * w } else { 0.0 };
        b[0] = 0.9 * b[0] + g;
        w - 0.1 * b[0]
    };
    check(Sgd::new(0.1).momentum(0.9).weight_decay(0.2), momentum, false);
    let nesterov = |_, w: f64, g, b: &mut [f64; 3], _| {
        b[0] = 0.8 * b[0] + g;
        w - 0.1 * (g + 0.8 * b[0])
    };
    check(Sgd::new(0.1).momentum(0.8).nesterov(), nesterov, false);
}

#[test]
fn rms_prop() {
    let simple = |_, w: f64, g: f64, v: &mut [f64; 3], on| {
        let g = g + if on { 0.2 * w } else { 0.0 };
        v[0] = 0.95 * v[0] + 0.05 * g * g;
        w - 0.01 * g / (v[0].sqrt() + 1e-3)
    };
    check(RmsProp::new(0.01).alpha(0.95).epsilon(1e-3).weight_decay(0.2), simple, false);
    let full = |_, w: f64, g: f64, v: &mut [f64; 3], _| {
        v[0] = 0.5 * v[0] + 0.5 * g * g;
        v[1] = 0.5 * v[1] + 0.5 * g;
        v[2] = 0.8 * v[2] + g / ((v[0] - v[1] * v[1]).sqrt() + 0.1);
        w - 0.01 * v[2]
    };
    check(RmsProp::new(0.01).alpha(0.5).epsilon(0.1).momentum(0.8).centered(), full, false);
}

#[test]
fn adam_and_adam_w() {
    fn reference(coupled: f64, decoupled: f64) -> impl Fn(i32, f64, f64, &mut [f64; 3], bool) -> f64 {
        move |t, w, g, m, on| {
            let (coupled, decoupled) = if on { (coupled, decoupled) } else { (0.0, 0.0) };
            let g = g + coupled * w;
            m[0] = 0.8 * m[0] + 0.2 * g;
            m[1] = 0.95 * m[1] + 0.05 * g * g;
            let (mean, square) = (m[0] / (1.0 - 0.8f64.powi(t)), m[1] / (1.0 - 0.95f64.powi(t)));
            w * (1.0 - 0.02 * decoupled) - 0.02 * mean / (square.sqrt() + 1e-4)
        }
    }
    let adam = Adam::new(0.02).betas(0.8, 0.95).epsilon(1e-4);
    check(adam, reference(0.0, 0.0), false);
    check(adam.weight_decay(0.3), reference(0.3, 0.0), false);
    check(adam.weight_decay(0.3).decay_everything(), reference(0.3, 0.0), true);
    let adam_w = AdamW::new(0.02).betas(0.8, 0.95).epsilon(1e-4);
    check(adam_w, reference(0.0, 0.01), false);
    check(adam_w.weight_decay(0.3).decay_everything(), reference(0.0, 0.3), true);
}

#[test]
fn overflow_is_told() {
    let device = Device::with_threads(2);
    let (mut weights, mut gradients) = (vec![1.0; LEN], vec![0.5; LEN]);
    gradients[20_000] = f32::INFINITY;
    let watch = step(&device, &Sgd::new(0.1), 1, &mut weights, &gradients, &mut []);
    assert!(watch.overflowed && watch.from_gradients && watch.stopped().is_none());
    let mut gradients = vec![0.5; LEN];
    let adam = |gradients: &[f32]| {
        let (mut weights, mut state) = (vec![1.0; LEN], vec![vec![0.0; LEN]; 2]);
        step(&device, &Adam::new(0.1), 1, &mut weights, gradients, &mut state)
    };
    // Nobody looks at the place of a statistic.
    gradients[20_010] = f32::NAN;
    assert_eq!(adam(&gradients), FiniteCheck::default());
    gradients[20_005] = f32::NAN;
    assert!(adam(&gradients).from_gradients);
    let (mut weights, gradients) = (vec![3e38; LEN], vec![-3e38; LEN]);
    let watch = step(&device, &Sgd::new(1.0), 1, &mut weights, &gradients, &mut []);
    assert!(watch.overflowed && !watch.from_gradients);
}

#[test]
fn a_training_that_has_stopped_stays_as_it_is() {
    let (device, gradients) = (Device::with_threads(2), vec![0.5; LEN]);
    let segments = Segments::on(&device, &pieces()).unwrap();
    let stopped = |losses: &[f32], overflowed| {
        let mut watch = [0, overflowed, 0, 0];
        device.finite_check(7, losses, &mut watch[..]);
        let (mut weights, mut state) = (vec![1.0; LEN], vec![vec![0.0; LEN]; 2]);
        let moved = OptimizerStep {
            segments: &segments,
            weights: &mut weights,
            gradients: &gradients,
            finite_check: &mut watch[..],
        };
        Adam::new(0.1).update(&device, 1, moved, &mut state);
        assert!(state.iter().flatten().all(|x| *x == 0.0) == (weights == vec![1.0; LEN]));
        let stopped = FiniteCheck::read(&watch).stopped();
        assert_eq!(weights == vec![1.0; LEN], stopped == Some(7));
        stopped.is_some()
    };
    let mut losses = vec![1.0; 300];
    assert!(!stopped(&losses, 0));
    assert!(stopped(&losses, 1));
    losses[299] = f32::NAN;
    assert!(stopped(&losses, 0));
    losses[299] = f32::NEG_INFINITY;
    assert!(stopped(&losses, 0));
}

#[test]
fn clipping_spares_statistics() {
    let g = random(&mut Rng::new(3), LEN);
    let device = Device::with_threads(3);
    let segments = Segments::on(&device, &pieces()).unwrap();
    let expected: f64 =
        g.iter().enumerate().filter(|(i, _)| role(*i) != Role::Statistic).map(|(_, g)| f64::from(*g).powi(2)).sum();
    let (mut scaled, mut watch) = (g.clone(), [0; FiniteCheck::WORDS]);
    device.clip_norm(&segments, 0.5 * expected.sqrt(), &mut scaled, &mut watch);
    let norm = FiniteCheck::read(&watch).norm();
    assert!((norm / expected.sqrt() - 1.0).abs() < 1e-12);
    let (mut same, mut with_one) = (g.clone(), [0; FiniteCheck::WORDS]);
    device.clip_norm(&segments, norm + 1.0, &mut same, &mut watch);
    assert!(same == g);
    let one = Cpu::with_threads(1);
    one.clip_norm(&Segments::on(&one, &pieces()).unwrap(), norm + 1.0, &mut same, &mut with_one);
    assert_eq!(with_one, watch);
    assert_eq!(Clip::factor(3.0, 2.0), 1.0);
    assert_eq!(Clip::factor(1.0, 4.0), 0.25 - 6.2e-8);
    let factor = Clip::factor(0.5 * expected.sqrt(), norm);
    let mut clamped = g.clone();
    device.clip_value(&segments, 0.3, &mut clamped);
    for (i, g) in g.iter().enumerate() {
        let statistic = role(i) == Role::Statistic;
        assert_eq!(scaled[i], if statistic { *g } else { factor * g });
        assert_eq!(clamped[i], if statistic { *g } else { g.clamp(-0.3, 0.3) });
    }
    // An infinite norm leaves nothing that is a number where the gradient was none.
    let (mut g, at) = (g, 20_000);
    g[at] = f32::INFINITY;
    device.clip_norm(&segments, 1.0, &mut g, &mut watch);
    assert!(FiniteCheck::read(&watch).norm() == f64::INFINITY && g[at].is_nan() && g[0] == 0.0);
}

#[test]
fn neighbours_of_one_role_are_one_segment() {
    const fn tensor(offset: usize, shape: &'static [usize], role: Role) -> crate::Entry {
        crate::Entry::Tensor { name: "", shape, offset, role }
    }
    const TENSORS: crate::Tensors = crate::Tensors(&[
        tensor(0, &[2, 3], Role::Weight),
        tensor(24, &[2], Role::Bias),
        tensor(32, &[4], Role::Scale),
        tensor(48, &[0], Role::Bias),
        tensor(48, &[1], Role::Statistic),
    ]);
    let expected = [(0, 6, Role::Weight), (6, 12, Role::Bias), (12, 13, Role::Statistic)];
    assert_eq!(segments(TENSORS), expected.map(|(start, end, role)| Segment { start, end, role }));
}

#[test]
fn schedules() {
    fn at(schedule: impl Schedule, positions: [f64; 4], expected: [f64; 4]) {
        for (at, expected) in positions.into_iter().zip(expected) {
            assert!((schedule.factor(at) - expected).abs() < 1e-12, "{at}: {} {expected}", schedule.factor(at));
        }
    }
    at(Constant, [0.0, 1.0, 2.0, 9.0], [1.0; 4]);
    at(Step::every(6.0).gamma(0.3), [0.0, 5.9, 6.0, 12.0], [1.0, 1.0, 0.3, 0.09]);
    at(Exponential::new(0.5), [0.0, 1.0, 2.0, 3.0], [1.0, 0.5, 0.25, 0.125]);
    at(Cosine::over(8.0).floor(0.2), [0.0, 4.0, 8.0, 99.0], [1.0, 0.6, 0.2, 0.2]);
    let warm = WarmUp::over(4.0).from(0.2);
    at(warm, [0.0, 2.0, 4.0, 5.0], [0.2, 0.6, 1.0, 1.0]);
    at(warm.then(Cosine::over(2.0)), [3.0, 4.0, 5.0, 6.0], [0.8, 1.0, 0.5, 0.0]);
    let cycle = OneCycle::over(21.0).rise(11.0 / 21.0).divisors(10.0, 4.0);
    at(cycle, [0.0, 5.0, 10.0, 20.0], [0.1, 0.55, 1.0, 0.025]);
    at(|t: f64| 1.0 / (1.0 + t), [0.0, 1.0, 3.0, 4.0], [1.0, 0.5, 0.25, 0.2]);
}

#[test]
fn settings_are_read_from_a_file() {
    fn check<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(settings: T, json: &str) {
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(text, json);
        assert_eq!(serde_json::from_str::<T>(&text).unwrap(), settings);
    }
    let decay = r#""decay":{"weight_decay":0.0,"coupling":"coupled","everything":false}"#;
    check(Sgd::new(0.1).nesterov(), &format!(r#"{{"learning_rate":0.1,"momentum":0.0,"nesterov":true,{decay}}}"#));
    let adam = |rest: &str| format!(r#"{{"learning_rate":0.001,"betas":[0.9,0.999],"epsilon":1e-8,{rest}}}"#);
    check(Adam::new(1e-3), &adam(decay));
    check(AdamW::new(1e-3), &adam(r#""decay":{"weight_decay":0.01,"coupling":"decoupled","everything":false}"#));
    let rest = format!(r#""alpha":0.99,"epsilon":1e-8,"momentum":0.0,"centered":true,{decay}"#);
    check(RmsProp::new(0.01).centered(), &format!(r#"{{"learning_rate":0.01,{rest}}}"#));
    check(Clip::Norm(1.5), r#"{"norm":1.5}"#);
    let then = r#"{"length":15.0,"floor":0.0}"#;
    check(
        WarmUp::over(5.0).from(0.2).then(Cosine::over(15.0)),
        &format!(r#"{{"length":5.0,"from":0.2,"then":{then}}}"#),
    );
    // A misspelt setting is an error, and so is a missing one.
    assert!(
        serde_json::from_str::<Sgd>(&format!(r#"{{"learning_rat":0.1,"momentum":0.0,"nesterov":true,{decay}}}"#))
            .is_err()
    );
    assert!(serde_json::from_str::<Sgd>(r#"{"learning_rate":0.1}"#).is_err());
}
