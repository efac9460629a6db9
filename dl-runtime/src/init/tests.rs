//! Tests the moments and bounds of every initialisation against theory, and that its numbers never change.

use super::{Init, rng};

const IN: usize = 150;
const OUT: usize = 50;

fn draw(init: Init, n: usize) -> Vec<f32> {
    let mut weights = vec![f32::NAN; n];
    init.fill(&mut weights, IN, OUT, &mut rng(42));
    weights
}

/// Returns the mean and the standard deviation.
fn moments(values: &[f32]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

#[test]
fn distributions_have_their_moments() {
    let (n, third) = (100_000, 1.0 / 3f64.sqrt());
    let cases = [
        (Init::PyTorch, third / (IN as f64).sqrt(), true),
        (Init::HeNormal, (2.0 / IN as f64).sqrt(), false),
        (Init::HeUniform, (2.0 / IN as f64).sqrt(), true),
        (Init::XavierNormal, (2.0 / (IN + OUT) as f64).sqrt(), false),
        (Init::XavierUniform, (2.0 / (IN + OUT) as f64).sqrt(), true),
        (Init::Normal { std: 0.02 }, 0.02, false),
        (Init::Uniform { bound: 0.5 }, 0.5 * third, true),
    ];
    for (init, std, bounded) in cases {
        let values = draw(init, n);
        let (mean, found) = moments(&values);
        // The tolerance is four standard errors; that of a standard deviation is at most std/√(2n).
        assert!(mean.abs() < 4.0 * std / (n as f64).sqrt(), "{init:?}: mean {mean}");
        assert!((found / std - 1.0).abs() < 4.0 / (2.0 * n as f64).sqrt(), "{init:?}: deviation {found}, not {std}");
        let largest = f64::from(values.iter().fold(0f32, |m, v| m.max(v.abs())));
        let bound = std / third;
        // The largest number of a uniform sample comes close to the bound, that of a normal one exceeds it.
        assert_eq!(largest <= bound * (1.0 + 1e-6), bounded, "{init:?}: largest {largest}, bound {bound}");
        assert!(largest > bound * 0.999, "{init:?}: largest {largest}, bound {bound}");
    }
}

#[test]
fn constants() {
    assert_eq!(draw(Init::Zeros, 3), [0.0; 3]);
    assert_eq!(draw(Init::Ones, 3), [1.0; 3]);
    assert_eq!(draw(Init::Constant(-2.5), 3), [-2.5; 3]);
}

#[test]
fn a_seed_gives_the_same_numbers_for_good() {
    assert_eq!(draw(Init::PyTorch, 70)[..3], [0.018446267, 0.079644114, 0.053213827]);
    assert_eq!(draw(Init::HeNormal, 70)[67..], [-0.051415555, -0.047637355, -0.036275573]);
}
