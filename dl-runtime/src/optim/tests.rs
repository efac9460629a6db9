//! Tests of optimizers against their formulas, written a second time in `f64` and element by element, and tests of clipping and
//! schedules.

mod tensors;

use super::schedule::{Constant, Cosine, Exponential, OneCycle, Polynomial, Step, WarmRestarts, WarmUp};
use super::*;
use crate::random::Rng;
use crate::testing::{Results, TestDevice, on_every_device};
use crate::{Device, Role};

/// Two blocks and a part of a third, divided unevenly into weights, biases, statistics and weights.
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

/// The trained pieces as tensors: some of the first one are matrices, wide, high and square.
fn tensors() -> Vec<TrainedTensor> {
    const MATRICES: [(usize, &[usize]); 3] = [(5, &[20, 60]), (1205, &[60, 20]), (4000, &[17, 17])];
    let (mut tensors, mut start) = (Vec::new(), 0);
    let mut add = |shape: &'static [usize], start: usize, end: usize, role| {
        tensors.push(TrainedTensor { range: start..end, shape, role });
    };
    for (at, shape) in MATRICES {
        add(&[0], start, at, Role::Weight);
        start = at + shape.iter().product::<usize>();
        add(shape, at, start, Role::Weight);
    }
    for (end, role) in ENDS {
        if role != Role::Statistic {
            add(&[0], start, end, role);
        }
        start = end;
    }
    tensors.retain(|tensor| !tensor.range.is_empty());
    tensors
}

fn role(i: usize) -> Role {
    ENDS.iter().find(|(end, _)| i < *end).unwrap().1
}

fn random(rng: &mut Rng, len: usize) -> Vec<f32> {
    (0..len).map(|_| (rng.next_u32() >> 8) as f32 / 8e6 - 1.0).collect()
}

impl Results for FiniteCheck {
    fn tensors(&self) -> Vec<Vec<f64>> {
        let flags = [self.overflowed, self.from_gradients].map(|flag| f64::from(u8::from(flag)));
        vec![flags.to_vec(), vec![self.stopped().unwrap_or(0) as f64], vec![self.norm()]]
    }
}

/// The words of the finite check at the start of a training.
const CHECK: [u32; FiniteCheck::WORDS] = [0; FiniteCheck::WORDS];

/// The result of some steps: the weights, the optimizer's buffers, and the finite check.
type Trained = (Vec<f32>, (Vec<Vec<f32>>, FiniteCheck));

/// Takes one step for each of some gradients.
fn steps<D: Device>(
    device: &D,
    optimizer: &impl Optimizer,
    finite_check: &[u32],
    weights: &[f32],
    gradients: &[Vec<f32>],
) -> Trained {
    let (segments, tensors) = (Segments::on(device, &pieces()).unwrap(), tensors());
    let mut workspace = device.zeros(optimizer.workspace(&tensors)).unwrap();
    let (mut weights, mut finite_check) = (device.tensor(weights), device.tensor(finite_check));
    let mut state: Vec<_> = optimizer.buffers().iter().map(|_| device.zeros(LEN).unwrap()).collect();
    for (step, gradients) in (1..).zip(gradients) {
        let gradients = device.tensor(gradients);
        let (weights, gradients, finite_check) = (weights.data_mut(), gradients.data(), finite_check.data_mut());
        let (workspace, roles) = (Some(D::whole_mut(&mut workspace)), D::whole(&segments.roles));
        let segments = &segments.list;
        let tensors = &tensors;
        let weights = OptimizerStep { segments, roles, tensors, weights, gradients, finite_check, workspace };
        optimizer.update(device, step, weights, &mut state);
    }
    let read = |buffer: &D::Buffer<f32>| {
        let mut host = vec![0.0; LEN];
        device.download(D::whole(buffer), &mut host).unwrap();
        host
    };
    (weights.read(), (state.iter().map(read).collect(), FiniteCheck::read(&finite_check.read())))
}

/// Compares five steps of `optimizer` with five of `reference(t, w, g, kept)`, which returns the new weight. `decayed` tells whether the
/// current weight decays.
fn check<O: Optimizer>(optimizer: O, reference: impl Fn(i32, f64, f64, &mut [f64; 3], bool) -> f64, everything: bool) {
    let mut rng = Rng::new(1);
    let before = random(&mut rng, LEN);
    let gradients: Vec<_> = (0..5).map(|_| random(&mut rng, LEN)).collect();
    let (weights, (_, finite_check)) =
        on_every_device!(|device| steps(device, &optimizer, &CHECK, &before, &gradients));
    assert_eq!(finite_check, FiniteCheck::default());
    for (i, w) in weights.iter().enumerate() {
        let (mut expected, mut kept) = (f64::from(before[i]), [0.0; 3]);
        if role(i) != Role::Statistic {
            for (t, gradients) in (1..).zip(&gradients) {
                let decayed = everything || role(i) == Role::Weight;
                expected = reference(t, expected, f64::from(gradients[i]), &mut kept, decayed);
            }
        }
        // The tolerance allows for five steps with a few roundings each, of numbers up to about 1.
        let most = if role(i) == Role::Statistic { 0.0 } else { 3e-6 };
        assert!((f64::from(*w) - expected).abs() <= most, "{optimizer:?}, weight {i}: {w} instead of {expected}");
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

/// The mean of the gradient and of its square, with β₁ 0.8 and β₂ 0.95.
fn means(m: &mut [f64; 3], g: f64) {
    m[0] = 0.8 * m[0] + 0.2 * g;
    m[1] = 0.95 * m[1] + 0.05 * g * g;
}

#[test]
fn amsgrad() {
    let reference = |t, w: f64, g: f64, m: &mut [f64; 3], on| {
        means(m, g + if on { 0.3 * w } else { 0.0 });
        m[2] = m[2].max(m[1]);
        let (mean, square) = (m[0] / (1.0 - 0.8f64.powi(t)), m[2] / (1.0 - 0.95f64.powi(t)));
        w - 0.02 * mean / (square.sqrt() + 1e-4)
    };
    check(Adam::new(0.02).betas(0.8, 0.95).epsilon(1e-4).amsgrad(true).weight_decay(0.3), reference, false);
    let decoupled = |t, w: f64, g: f64, m: &mut [f64; 3], _| {
        let moved = reference(t, w, g, m, false);
        moved - w * 0.02 * 0.3
    };
    let adam_w = AdamW::new(0.02).betas(0.8, 0.95).epsilon(1e-4).amsgrad(true).weight_decay(0.3).decay_everything();
    check(adam_w, decoupled, true);
}

#[test]
fn n_adam() {
    let reference = |t: i32, w: f64, g: f64, m: &mut [f64; 3], on| {
        let g = g + if on { 0.3 * w } else { 0.0 };
        means(m, g);
        let momentum = |t: i32| 0.8 * (1.0 - 0.5 * 0.96f64.powf(f64::from(t) * 0.01));
        let product: f64 = (1..=t).map(momentum).product();
        let mean =
            momentum(t + 1) * m[0] / (1.0 - product * momentum(t + 1)) + (1.0 - momentum(t)) * g / (1.0 - product);
        w - 0.02 * mean / ((m[1] / (1.0 - 0.95f64.powi(t))).sqrt() + 1e-4)
    };
    let n_adam = NAdam::new(0.02).betas(0.8, 0.95).epsilon(1e-4).momentum_decay(0.01).weight_decay(0.3);
    check(n_adam, reference, false);
}

/// With β₂ 0.95, the first four steps are not adapted, and the fifth is.
#[test]
fn r_adam() {
    let reference = |t: i32, w: f64, g: f64, m: &mut [f64; 3], on| {
        means(m, g + if on { 0.3 * w } else { 0.0 });
        let (mean, power) = (m[0] / (1.0 - 0.8f64.powi(t)), 0.95f64.powi(t));
        let most = 2.0 / 0.05 - 1.0;
        let length = most - 2.0 * f64::from(t) * power / (1.0 - power);
        assert_eq!(length > 5.0, t > 5, "{length}");
        if length <= 5.0 {
            return w - 0.02 * mean;
        }
        let r = ((length - 4.0) * (length - 2.0) * most / ((most - 4.0) * (most - 2.0) * length)).sqrt();
        w - 0.02 * r * mean / ((m[1] / (1.0 - power)).sqrt() + 1e-4)
    };
    let r_adam = RAdam::new(0.02).betas(0.8, 0.95).epsilon(1e-4).weight_decay(0.3);
    check(r_adam, reference, false);
}

#[test]
fn adamax() {
    let reference = |t: i32, w: f64, g: f64, m: &mut [f64; 3], on| {
        let g = g + if on { 0.3 * w } else { 0.0 };
        m[0] = 0.8 * m[0] + 0.2 * g;
        m[1] = (0.95 * m[1]).max(g.abs() + 1e-4);
        w - 0.02 / (1.0 - 0.8f64.powi(t)) * m[0] / m[1]
    };
    check(Adamax::new(0.02).betas(0.8, 0.95).epsilon(1e-4).weight_decay(0.3), reference, false);
}

#[test]
fn adagrad() {
    let reference = |t: i32, w: f64, g: f64, m: &mut [f64; 3], on| {
        let g = g + if on { 0.3 * w } else { 0.0 };
        m[0] += g * g;
        w - 0.02 / (1.0 + 0.1 * f64::from(t - 1)) * g / ((m[0] + 0.01).sqrt() + 1e-3)
    };
    let adagrad = Adagrad::new(0.02).learning_rate_decay(0.1).initial_sum(0.01).epsilon(1e-3);
    check(adagrad.weight_decay(0.3), reference, false);
}

#[test]
fn lion() {
    let reference = |_, w: f64, g: f64, m: &mut [f64; 3], on| {
        let c = 0.8 * m[0] + 0.2 * g;
        m[0] = 0.95 * m[0] + 0.05 * g;
        w * if on { 1.0 - 0.02 * 0.3 } else { 1.0 } - 0.02 * if c == 0.0 { 0.0 } else { c.signum() }
    };
    check(Lion::new(0.02).betas(0.8, 0.95).weight_decay(0.3), reference, false);
}

/// Takes one step with gradients down to the smallest sizes of `f32`, and then steps with zeros.
#[test]
fn running_means_are_never_subnormal() {
    fn check<O: Optimizer>(optimizer: O) {
        let mut rng = Rng::new(5);
        let mut gradients: Vec<Vec<f32>> = vec![random(&mut rng, LEN)];
        // The gradients range down to sizes whose squares and means are subnormal.
        gradients[0].iter_mut().for_each(|g| *g *= 10f32.powi(-((rng.next_u32() % 38) as i32)));
        gradients.resize(4, vec![0.0; LEN]);
        let before = vec![0.5; LEN];
        let (weights, (state, _)) = on_every_device!(|device| steps(device, &optimizer, &CHECK, &before, &gradients));
        assert!(weights.iter().all(|w| w.is_finite()));
        for (buffer, name) in state.iter().zip(optimizer.buffers()) {
            let subnormal = buffer.iter().filter(|x| x.is_subnormal()).count();
            assert_eq!(subnormal, 0, "`{name}` of {optimizer:?}");
            // Most values are still numbers other than zero.
            assert!(buffer.iter().filter(|x| **x != 0.0).count() > LEN / 4, "`{name}` of {optimizer:?}");
        }
    }
    check(Sgd::new(0.1).momentum(0.5));
    check(Adam::new(0.1).betas(0.5, 0.5));
    check(AdamW::new(0.1).betas(0.5, 0.5));
    check(Adam::new(0.1).betas(0.5, 0.5).amsgrad(true));
    check(NAdam::new(0.1).betas(0.5, 0.5));
    check(RAdam::new(0.1).betas(0.5, 0.5));
    check(Adamax::new(0.1).betas(0.5, 0.5));
    check(Adagrad::new(0.1));
    check(Lion::new(0.1).betas(0.5, 0.5));
    check(RmsProp::new(0.1).alpha(0.5));
    check(RmsProp::new(0.1).alpha(0.5).momentum(0.5).centered());
}

#[test]
fn overflow_is_reported() {
    fn finite_check(optimizer: impl Optimizer, weight: f32, gradient: f32, odd: &[(usize, f32)]) -> FiniteCheck {
        let mut gradients = vec![gradient; LEN];
        odd.iter().for_each(|(i, odd)| gradients[*i] = *odd);
        let gradients = [gradients];
        on_every_device!(|device| steps(device, &optimizer, &CHECK, &[weight; LEN], &gradients)).1.1
    }
    let check_of_adam = |odd: &[(usize, f32)]| finite_check(Adam::new(0.1), 1.0, 0.5, odd);
    let infinite = finite_check(Sgd::new(0.1), 1.0, 0.5, &[(20_000, f32::INFINITY)]);
    assert!(infinite.overflowed && infinite.from_gradients && infinite.stopped().is_none());
    // The finite check ignores statistics.
    assert_eq!(check_of_adam(&[(20_010, f32::NAN)]), FiniteCheck::default());
    assert!(check_of_adam(&[(20_010, f32::NAN), (20_005, f32::NAN)]).from_gradients);
    let overflow = finite_check(Sgd::new(1.0), 3e38, -3e38, &[]);
    assert!(overflow.overflowed && !overflow.from_gradients);
}

#[test]
fn a_training_that_has_stopped_stays_as_it_is() {
    let gradients = [vec![0.5; LEN]];
    let stopped = |losses: &[f32], overflowed| {
        let (weights, (state, finite_check)) = on_every_device!(|device| {
            let (losses, mut finite_check) = (device.tensor(losses), device.tensor(&[0, overflowed, 0, 0]));
            device.finite_check(7, losses.data(), finite_check.data_mut());
            steps(device, &Adam::new(0.1), &finite_check.read(), &[1.0; LEN], &gradients)
        });
        assert!(state.iter().flatten().all(|x| *x == 0.0) == (weights == [1.0; LEN]));
        assert_eq!(weights == [1.0; LEN], finite_check.stopped() == Some(7));
        finite_check.stopped().is_some()
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
    let squares = g.iter().enumerate().filter(|(i, _)| role(*i) != Role::Statistic).map(|(_, g)| f64::from(*g).powi(2));
    let expected = squares.sum::<f64>().sqrt();
    // With an infinite norm the factor is 0, and the infinite element of the gradient becomes NaN.
    let (mut infinite, at) = (g.clone(), 20_000);
    infinite[at] = f32::INFINITY;
    let ([(scaled, finite_check), (same, _), (broken, broken_check)], clamped) = on_every_device!(|device| {
        let segments = Segments::on(device, &pieces()).unwrap();
        let by_norm = [(0.5 * expected, &g), (expected + 1.0, &g), (1.0, &infinite)].map(|(limit, g)| {
            let (mut g, mut finite_check) = (device.tensor(g), device.tensor(&CHECK));
            device.clip_norm(&segments, limit, g.data_mut(), finite_check.data_mut());
            (g.read(), FiniteCheck::read(&finite_check.read()))
        });
        let mut clamped = device.tensor(&g);
        device.clip_value(&segments, 0.3, clamped.data_mut());
        (by_norm, clamped.read())
    });
    assert!((finite_check.norm() / expected - 1.0).abs() < 1e-12);
    assert!(same == g);
    assert_eq!(Clip::factor(3.0, 2.0), 1.0);
    assert_eq!(Clip::factor(1.0, 4.0), 0.25 - 6.2e-8);
    let factor = Clip::factor(0.5 * expected, finite_check.norm());
    for (i, g) in g.iter().enumerate() {
        let statistic = role(i) == Role::Statistic;
        assert_eq!(scaled[i], if statistic { *g } else { factor * g });
        assert_eq!(clamped[i], if statistic { *g } else { g.clamp(-0.3, 0.3) });
    }
    assert!(broken_check.norm() == f64::INFINITY && broken[at].is_nan() && broken[0] == 0.0);
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
    assert_eq!(segments(TENSORS.iter()), expected.map(|(start, end, role)| Segment { start, end, role }));
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
    at(Polynomial::over(4.0).power(0.5), [0.0, 3.0, 4.0, 9.0], [1.0, 0.5, 0.0, 0.0]);
    at(WarmRestarts::every(4.0), [0.0, 2.0, 4.0, 1003.0], [1.0, 0.5, 1.0, 0.5 - 0.5f64.sqrt() / 2.0]);
    // The falls of a multiple of 3 start at 0, 2, 8, 26, 80, …
    let restarts = WarmRestarts::every(2.0).multiple(3.0).floor(0.2);
    at(restarts, [2.0, 5.0, 3.0f64.powi(20) - 1.0, 2.0 * 3.0f64.powi(20) - 1.0], [1.0, 0.6, 1.0, 0.6]);
    for multiple in [1.0, 1.0 + f64::EPSILON, 1.1, 7.0, 3e38] {
        for position in [0.0, 1.0, 1e9, 1e300, f64::MAX] {
            for length in [5e-324, 0.1, 1.0, 1e300] {
                let factor = WarmRestarts::every(length).multiple(multiple).factor(position);
                assert!((0.0..=1.0).contains(&factor), "{multiple}, {position}, {length}: {factor}");
            }
        }
    }
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
    let adam =
        |rest: &str| format!(r#"{{"learning_rate":0.001,"betas":[0.9,0.999],"epsilon":1e-8,"amsgrad":false,{rest}}}"#);
    check(Adam::new(1e-3), &adam(decay));
    // Earlier versions had no such setting.
    assert_eq!(serde_json::from_str::<Adam>(&adam(decay).replace(r#""amsgrad":false,"#, "")).unwrap(), Adam::new(1e-3));
    check(
        Adagrad::new(0.01),
        &format!(r#"{{"learning_rate":0.01,"learning_rate_decay":0.0,"initial_sum":0.0,"epsilon":1e-10,{decay}}}"#),
    );
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
