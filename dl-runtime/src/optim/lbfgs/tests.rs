//! Tests of L-BFGS against PyTorch, in double precision.

use super::*;

/// Rosenbrock's function of two numbers, which has its minimum at (1, 1) in a curved valley.
fn rosenbrock(x: &[f64]) -> Result<(f64, Vec<f64>)> {
    let &[x, y] = x else { panic!("two numbers") };
    let (a, b) = (1.0 - x, y - x * x);
    Ok((a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * x * b, 200.0 * b]))
}

/// PyTorch 2.15 with `max_iter` k and the same `history_size`: k and the loss. With 40 it ends earlier.
const LOSSES: [(usize, [(usize, f64); 8]); 2] = [
    (
        100,
        [
            (1, 4.146927102567213),
            (2, 4.125586713674038),
            (3, 4.121126775765638),
            (5, 4.084955376327375),
            (10, 2.859759140731463),
            (20, 0.24295150600035212),
            (30, 0.000312129799852444),
            (40, 4.221457511263308e-10),
        ],
    ),
    (
        3,
        [
            (1, 4.146927102567213),
            (2, 4.125586713674038),
            (3, 4.121126775765638),
            (5, 4.084915328090515),
            (10, 2.4932330882904994),
            (20, 0.4597434794356088),
            (30, 0.0046029710396208465),
            (40, 1.4645898550659997e-10),
        ],
    ),
];

#[test]
fn goes_the_way_of_pytorch() {
    for ((history, losses), evaluations) in LOSSES.into_iter().zip([43, 41]) {
        let mut x = [-1.2, 1.0];
        let lbfgs = Lbfgs::default().history(history).iterations(40);
        let minimum = lbfgs.minimum(&mut x, &mut rosenbrock).unwrap();
        for (k, expected) in losses {
            let found = if k == 40 { minimum.loss() } else { minimum.losses[k] };
            // Near the end, the loss is the square of a difference of almost equal numbers.
            let close = (found - expected).abs() < 1e-6 * expected + 1e-14;
            assert!(close, "{history}, {k}: {found} instead of {expected}");
        }
        assert_eq!((minimum.evaluations, minimum.kind), (evaluations, MinimumKind::Change));
        assert_eq!(minimum.loss(), rosenbrock(&x).unwrap().0);
    }
}

#[test]
fn ends_at_the_minimum() {
    let mut x = [-1.2, 1.0];
    let minimum = Lbfgs::default().tolerance_change(1e-15).minimum(&mut x, &mut rosenbrock).unwrap();
    assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-6), "{x:?}");
    assert!(minimum.kind != MinimumKind::Iterations && minimum.losses.len() < 60);
    // There it stays.
    let mut x = [1.0, 1.0];
    let minimum = Lbfgs::default().minimum(&mut x, &mut rosenbrock).unwrap();
    assert_eq!((x, minimum.evaluations, minimum.kind), ([1.0, 1.0], 1, MinimumKind::Gradient));
}

/// A wall beyond 2, where the function is infinite, and a slope towards it.
#[test]
fn steps_back_from_infinity() {
    let mut x = [0.0];
    let mut wall = |x: &[f64]| match x[0] < 2.0 {
        true => Ok((-x[0] + 1e-3 / (2.0 - x[0]), vec![-1.0 + 1e-3 / (2.0 - x[0]).powi(2)])),
        false => Ok((f64::INFINITY, vec![0.0])),
    };
    let minimum = Lbfgs::default().learning_rate(50.0).tolerance_change(1e-15).minimum(&mut x, &mut wall).unwrap();
    assert!((x[0] - (2.0 - 1e-3f64.sqrt())).abs() < 1e-6, "{x:?} {minimum:?}");
}
