//! Values and slopes against `f64` and central differences, extremes, and what is kept.

use super::{Activation, ActivationKernel, SavedForBackward};
use crate::tensor::{Grad, Write};
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, testing::Device};

const ALL: [Activation; 25] = [
    Activation::Identity,
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.01 },
    Activation::LeakyRelu { slope: 0.0 },
    Activation::Elu { alpha: 1.5 },
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Softplus { beta: 1.0, threshold: 20.0 },
    Activation::Softplus { beta: 2.0, threshold: 1.0 },
    Activation::Selu,
    Activation::Mish,
    Activation::LogSigmoid,
    Activation::Softsign,
    Activation::HardTanh { min: 0.0, max: 6.0 },
    Activation::HardTanh { min: -1.0, max: 0.5 },
    Activation::HardSigmoid,
    Activation::HardSwish,
    Activation::Clamp { min: -0.5, max: 1.5 },
    Activation::Exp,
    Activation::Square,
    Activation::Abs,
    Activation::Powi { exponent: 3 },
];

/// Those that are for positive numbers alone.
const POSITIVE: [Activation; 5] = [
    Activation::Log,
    Activation::Sqrt,
    Activation::Powi { exponent: -1 },
    Activation::Powi { exponent: -4 },
    Activation::Powi { exponent: 0 },
];

fn reference(f: Activation, x: f64) -> f64 {
    match f {
        Activation::Identity => x,
        Activation::Relu => x.max(0.0),
        Activation::LeakyRelu { slope } => x.max(0.0) + f64::from(slope) * x.min(0.0),
        Activation::Elu { alpha } => x.max(0.0) + f64::from(alpha) * x.min(0.0).exp_m1(),
        Activation::Gelu => x * 0.5 * (1.0 + libm::erf(x / 2f64.sqrt())),
        Activation::GeluTanh => {
            0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
        }
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Tanh => x.tanh(),
        Activation::Softplus { beta, threshold } => {
            let z = f64::from(beta) * x;
            if z > f64::from(threshold) { x } else { z.exp().ln_1p() / f64::from(beta) }
        }
        // The constants of the paper, to which the code's are rounded.
        Activation::Selu => 1.0507009873554805 * (x.max(0.0) + 1.6732632423543772 * x.min(0.0).exp_m1()),
        Activation::Mish => x * x.exp().ln_1p().tanh(),
        Activation::LogSigmoid => x.min(0.0) - (-x.abs()).exp().ln_1p(),
        Activation::Softsign => x / (1.0 + x.abs()),
        Activation::HardTanh { min, max } | Activation::Clamp { min, max } => x.clamp(min.into(), max.into()),
        Activation::HardSigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
        Activation::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        Activation::Exp => x.exp(),
        Activation::Log => x.ln(),
        Activation::Sqrt => x.sqrt(),
        Activation::Square => x * x,
        Activation::Abs => x.abs(),
        Activation::Powi { exponent } => x.powi(exponent),
    }
}

/// Inputs on all sides, with the bends of every activation between them.
fn inputs() -> Vec<f32> {
    let mut x = numbers(1, 61);
    x.extend([-30.0, -12.0, -5.0, 5.0, 12.0, 30.0]);
    x
}

#[test]
fn values_and_gradients() {
    let cpu = Device::with_threads(1);
    let n = inputs().len();
    let dy = numbers(2, n);
    for (f, positive) in ALL.map(|f| (f, false)).into_iter().chain(POSITIVE.map(|f| (f, true))) {
        let x: Vec<f32> = inputs().into_iter().map(|x| if positive { x.abs() + 0.1 } else { x }).collect();
        let all = |x: &[f64]| x.iter().map(|&x| reference(f, x)).collect::<Vec<_>>();
        let mut y = vec![f32::NAN; n];
        cpu.activation_forward(f, &x, &mut y);
        // Number by number, to a few units in the last place.
        for ((x, y), expected) in x.iter().zip(&y).zip(all(&wide(&x))) {
            let error = (f64::from(*y) - expected).abs();
            assert!(error <= 4e-7 * expected.abs() + 1e-7 * f64::from(x.abs()), "{f:?}({x}) is {y}, not {expected}");
        }
        let mut in_place = x.clone();
        cpu.activation_forward_in_place(f, &mut in_place);
        assert_eq!(in_place, y, "{f:?}");

        let kept = if f.saved_for_backward() == SavedForBackward::Output { &y } else { &x };
        let dx = set_and_add(n, |dx, write| cpu.activation_backward(f, kept, &dy, dx, write));
        let expected = gradient(all, &wide(&x), &dy);
        assert_close(&format!("gradient of {f:?}"), &dx, &expected, 1e-6);
        let mut in_place = dy.clone();
        cpu.activation_backward_in_place(f, kept, &mut in_place);
        assert_eq!(in_place, dx, "{f:?}");
    }
}

#[test]
fn extremes() {
    let cpu = Device::with_threads(1);
    for f in ALL {
        let mut y = [f32::NAN, 1e30, -1e30, f32::INFINITY];
        cpu.activation_forward_in_place(f, &mut y);
        assert!(y[0].is_nan(), "{f:?} hides NaN");
        assert!(!y[1].is_nan() && !y[2].is_nan(), "{f:?}: {y:?}");
        let mut d = [1.0; 3];
        let mut kept = [0.0_f32, 80.0, -80.0];
        if f.saved_for_backward() == SavedForBackward::Output {
            cpu.activation_forward_in_place(f, &mut kept);
        }
        cpu.activation_backward_in_place(f, &kept, &mut d);
        assert!(d.iter().all(|d| d.is_finite()), "{f:?}: {d:?}");
    }
    // PyTorch's choice where there is no derivative.
    let mut d = [1.0; 2];
    cpu.activation_backward_in_place(Activation::Relu, &[0.0, -0.0], &mut d);
    assert_eq!(d, [0.0, 0.0]);
    for (f, at, expected) in [
        (Activation::Abs, 0.0, 0.0),
        (Activation::Clamp { min: -1.0, max: 1.0 }, 1.0, 1.0),
        (Activation::HardTanh { min: -1.0, max: 1.0 }, 1.0, 0.0),
        (Activation::Powi { exponent: 0 }, 0.0, 0.0),
    ] {
        let mut d = [1.0];
        cpu.activation_backward_in_place(f, &[at], &mut d);
        assert_eq!(d, [expected], "{f:?}");
    }
}

#[test]
fn beyond_the_domain() {
    let cpu = Device::with_threads(1);
    let of = |f, mut x: [f32; 3]| {
        cpu.activation_forward_in_place(f, &mut x);
        x
    };
    let [zero, negative, nan] = of(Activation::Log, [0.0, -1.0, f32::NAN]);
    assert!(zero == f32::NEG_INFINITY && negative.is_nan() && nan.is_nan());
    let [zero, negative, nan] = of(Activation::Sqrt, [0.0, -1.0, f32::NAN]);
    assert!(zero == 0.0 && negative.is_nan() && nan.is_nan());
    let [zero, whole, nan] = of(Activation::Powi { exponent: -2 }, [0.0, 4.0, f32::NAN]);
    assert!(zero == f32::INFINITY && whole == 0.0625 && nan.is_nan());
}

#[test]
fn typed_passes() {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let (x, mut y, mut d) = ([-1.0, 2.0, 3.0, -4.0], vec![0.0; 4], vec![1.0; 4]);
    type Sample = [[f32; 2]; 1];
    Activation::Relu.forward(&context, view::<Sample>(&x), view_mut(&mut y));
    assert_eq!(y, [0.0, 2.0, 3.0, 0.0]);
    Activation::Relu.backward_in_place(&context, view::<Sample>(&y), view_mut(&mut d));
    assert_eq!(d, [0.0, 1.0, 1.0, 0.0]);
    let to = Grad { to: view_mut::<Sample>(&mut y), write: Write::Add };
    Activation::LeakyRelu { slope: 0.5 }.backward(&context, view(&x), view(&[1.0; 4]), to);
    assert_eq!(y, [0.5, 3.0, 4.0, 0.5]);
}

#[test]
fn any_number_of_threads() {
    let x = numbers(3, 70_001);
    same_on_any_threads(|cpu| {
        let mut y = x.clone();
        cpu.activation_forward_in_place(Activation::Gelu, &mut y);
        y
    });
}
