//! Tests of the optimizers that treat whole tensors alike against their papers' formulas, in `f64`.

use super::*;

/// The weights of a tensor.
type Numbers = Vec<f64>;

/// Compares five steps of `optimizer` with five of `reference(tensor, t, w, g, kept)` on every tensor.
fn check(
    optimizer: impl Optimizer,
    most: f64,
    reference: impl Fn(&TrainedTensor, i32, &mut Numbers, &Numbers, &mut [Numbers; 2]),
) {
    let mut rng = Rng::new(2);
    let before = random(&mut rng, LEN);
    let gradients: Vec<_> = (0..5).map(|_| random(&mut rng, LEN)).collect();
    let (weights, (_, finite_check)) =
        on_every_device!(|device| steps(device, &optimizer, &CHECK, &before, &gradients));
    assert_eq!(finite_check, FiniteCheck::default());
    let mut expected: Numbers = before.iter().copied().map(f64::from).collect();
    for tensor in tensors() {
        let part = |numbers: &[f32]| numbers[tensor.range.clone()].iter().copied().map(f64::from).collect::<Numbers>();
        let (mut w, mut kept) = (part(&before), [vec![0.0; tensor.range.len()], vec![0.0; tensor.range.len()]]);
        for (t, gradients) in (1..).zip(&gradients) {
            reference(&tensor, t, &mut w, &part(gradients), &mut kept);
        }
        expected[tensor.range].copy_from_slice(&w);
    }
    for (i, (w, expected)) in weights.iter().zip(&expected).enumerate() {
        assert!((f64::from(*w) - expected).abs() <= most, "{optimizer:?}, weight {i}: {w} instead of {expected}");
    }
}

fn norm(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[test]
fn tensors_are_those_that_are_trained() {
    const TENSORS: crate::Tensors = crate::Tensors(&[
        crate::Entry::Tensor { name: "a", shape: &[2, 3], offset: 0, role: Role::Weight },
        crate::Entry::Tensor { name: "b", shape: &[0], offset: 24, role: Role::Bias },
        crate::Entry::Tensor { name: "c", shape: &[2], offset: 24, role: Role::Statistic },
        crate::Entry::Tensor { name: "d", shape: &[3], offset: 32, role: Role::Scale },
    ]);
    let expected = [(0..6, &[2, 3][..], Role::Weight), (8..11, &[3], Role::Bias)];
    let expected = expected.map(|(range, shape, role)| TrainedTensor { range, shape, role });
    assert_eq!(trained_tensors(TENSORS.iter()), expected);
}

#[test]
fn lamb() {
    fn reference(
        decay: f64,
        everything: bool,
    ) -> impl Fn(&TrainedTensor, i32, &mut Numbers, &Numbers, &mut [Numbers; 2]) {
        move |tensor, t, w, g, [m, v]| {
            let whole = everything || tensor.role == Role::Weight;
            let decay = if whole { decay } else { 0.0 };
            let direction = |i: usize| {
                m[i] = 0.8 * m[i] + 0.2 * g[i];
                v[i] = 0.95 * v[i] + 0.05 * g[i] * g[i];
                let (mean, square) = (m[i] / (1.0 - 0.8f64.powi(t)), v[i] / (1.0 - 0.95f64.powi(t)));
                mean / (square.sqrt() + 1e-4) + decay * w[i]
            };
            let u: Numbers = (0..w.len()).map(direction).collect();
            let trust = if whole { norm(w) / norm(&u) } else { 1.0 };
            w.iter_mut().zip(u).for_each(|(w, u)| *w -= 0.02 * trust * u);
        }
    }
    let lamb = Lamb::new(0.02).betas(0.8, 0.95).epsilon(1e-4);
    check(lamb, 3e-6, reference(0.01, false));
    check(lamb.weight_decay(0.3).decay_everything(), 3e-6, reference(0.3, true));
}

/// Without weights or without a direction, the factor is 1.
#[test]
fn lamb_of_zeros() {
    let gradients = [vec![0.5; LEN], vec![0.0; LEN]];
    for (gradients, before, expected) in [(&gradients[..1], 0.0, -0.1), (&gradients[1..], 0.5, 0.5)] {
        let lamb = Lamb::new(0.1).weight_decay(0.0);
        let (weights, _) = on_every_device!(|device| steps(device, &lamb, &CHECK, &[before; LEN], gradients));
        assert!(weights.iter().enumerate().all(|(i, w)| role(i) == Role::Statistic || (w - expected).abs() < 1e-5));
    }
}

/// `A·B` of matrices with these rows and columns.
fn product(a: &[f64], b: &[f64], [rows, inner, columns]: [usize; 3]) -> Numbers {
    let sum = |i: usize| (0..inner).map(|k| a[i / columns * inner + k] * b[k * columns + i % columns]).sum();
    (0..rows * columns).map(sum).collect()
}

fn transposed(a: &[f64], [rows, columns]: [usize; 2]) -> Numbers {
    (0..rows * columns).map(|i| a[i % rows * columns + i / rows]).collect()
}

/// The iteration of Newton and Schulz as the paper has it, on the wide form of the matrix.
fn orthogonal(u: &[f64], [rows, columns]: [usize; 2]) -> Numbers {
    if rows > columns {
        return transposed(&orthogonal(&transposed(u, [rows, columns]), [columns, rows]), [columns, rows]);
    }
    let size = norm(u).max(1e-7);
    let mut x: Numbers = u.iter().map(|u| u / size).collect();
    for _ in 0..5 {
        let y = product(&x, &transposed(&x, [rows, columns]), [rows, columns, rows]);
        let square = product(&y, &y, [rows, rows, rows]);
        let both: Numbers = y.iter().zip(&square).map(|(y, square)| -4.775 * y + 2.0315 * square).collect();
        let change = product(&both, &x, [rows, rows, columns]);
        x.iter_mut().zip(change).for_each(|(x, change)| *x = 3.4445 * *x + change);
    }
    x
}

#[test]
fn muon() {
    fn reference(
        nesterov: bool,
        scale: impl Fn(f64, f64) -> f64,
    ) -> impl Fn(&TrainedTensor, i32, &mut Numbers, &Numbers, &mut [Numbers; 2]) {
        move |tensor, t, w, g, [m, v]| {
            let decay = if tensor.role == Role::Weight { 0.1 } else { 0.0 };
            if let &[rows, columns] = tensor.shape {
                m.iter_mut().zip(g).for_each(|(m, g)| *m = 0.9 * *m + 0.1 * g);
                let ahead: Numbers = m.iter().zip(g).map(|(m, g)| 0.9 * m + 0.1 * g).collect();
                let x = orthogonal(if nesterov { &ahead } else { m }, [rows, columns]);
                let rate = 0.02 * scale(rows as f64, columns as f64);
                w.iter_mut().zip(x).for_each(|(w, x)| *w = *w * (1.0 - 0.02 * decay) - rate * x);
                return;
            }
            for i in 0..w.len() {
                m[i] = 0.8 * m[i] + 0.2 * g[i];
                v[i] = 0.95 * v[i] + 0.05 * g[i] * g[i];
                let (mean, square) = (m[i] / (1.0 - 0.8f64.powi(t)), v[i] / (1.0 - 0.95f64.powi(t)));
                w[i] = w[i] * (1.0 - 0.02 * decay) - 0.02 * mean / (square.sqrt() + 1e-8);
            }
        }
    }
    let muon = Muon::new(0.02).momentum(0.9).betas(0.8, 0.95);
    // The iteration multiplies small singular values, with their roundings, by up to 3.4445⁵ = 485.
    check(muon, 3e-5, reference(true, |rows, columns| 0.2 * rows.max(columns).sqrt()));
    let original = muon.scale(MuonScale::Original).nesterov(false);
    check(original, 3e-5, reference(false, |rows, columns| (rows / columns).max(1.0).sqrt()));
}
