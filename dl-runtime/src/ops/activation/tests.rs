//! Compares values with formulas in `f64`, and derivatives with central differences and formulas, up to extreme inputs.

use super::table::TABLE;
use super::{Activation, ActivationKernel, SavedForBackward};
use crate::Context;
use crate::tensor::Write;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};

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

/// Activations that are tested with positive numbers alone.
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
        // These are the constants of the paper, which the implementation rounds.
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

#[test]
fn every_entry_of_the_table_is_tested() {
    let tested: Vec<String> = ALL.iter().chain(&POSITIVE).map(|f| format!("{f:?}")).collect();
    for (name, _) in TABLE {
        assert!(tested.iter().any(|f| f.split(' ').next() == Some(name)), "{name}");
    }
}

/// `activations.cuh` has the same entries in the same order, whose derivatives read the same tensor.
#[cfg(feature = "cuda")]
#[test]
fn the_table_of_cuda_is_the_same() {
    let entries = include_str!("activations.cuh").lines().filter_map(|line| line.strip_prefix("ACTIVATION("));
    let saved = |f: SavedForBackward| if f == SavedForBackward::Output { ", y, " } else { ", x, " };
    let mut count = 0;
    for (entry, &(name, saves)) in entries.zip(TABLE) {
        assert!(
            entry.split(',').next() == Some(name) && entry.contains(saved(saves)),
            "{name} saves {saves:?}: {entry}"
        );
        count += 1;
    }
    assert_eq!(count, TABLE.len());
}

/// Returns inputs on all sides of the points where an activation is not smooth.
fn inputs() -> Vec<f32> {
    let mut x = numbers(1, 61);
    x.extend([-30.0, -12.0, -5.0, 5.0, 12.0, 30.0]);
    x
}

#[test]
fn values_and_gradients() {
    let n = inputs().len();
    let dy = numbers(2, n);
    for (f, positive) in ALL.map(|f| (f, false)).into_iter().chain(POSITIVE.map(|f| (f, true))) {
        let x: Vec<f32> = inputs().into_iter().map(|x| if positive { x.abs() + 0.1 } else { x }).collect();
        let all = |x: &[f64]| x.iter().map(|&x| reference(f, x)).collect::<Vec<_>>();
        let [y, y_in_place, dx, dx_in_place] = on_every_device!(|device| {
            let (mut y, mut y_in_place, mut dx_in_place) = (device.output(n), device.tensor(&x), device.tensor(&dy));
            let (x, dy) = (device.tensor(&x), device.tensor(&dy));
            device.activation_forward(f, x.data(), y.data_mut());
            device.activation_forward_in_place(f, y_in_place.data_mut());
            let kept = if f.saved_for_backward() == SavedForBackward::Output { &y } else { &x };
            let dx = device.set_and_add(n, |dx, write| {
                device.activation_backward(f, kept.data(), dy.data(), dx.data_mut(), write);
            });
            device.activation_backward_in_place(f, kept.data(), dx_in_place.data_mut());
            [y.read(), y_in_place.read(), dx, dx_in_place.read()]
        });
        // Each element is accurate to a few units in the last place.
        for ((x, y), expected) in x.iter().zip(&y).zip(all(&wide(&x))) {
            let error = (f64::from(*y) - expected).abs();
            assert!(error <= 4e-7 * expected.abs() + 1e-7 * f64::from(x.abs()), "{f:?}({x}) is {y}, not {expected}");
        }
        assert_close(&format!("gradient of {f:?}"), &dx, &gradient(all, &wide(&x), &dy), 1e-6);
        assert_eq!((y_in_place, dx_in_place), (y, dx), "{f:?}");
    }
}

/// Returns `f(x)` for every number.
fn values(f: Activation, x: &[f32]) -> Vec<f32> {
    on_every_device!(|device| {
        let mut x = device.tensor(x);
        device.activation_forward_in_place(f, x.data_mut());
        x.read()
    })
}

/// Returns the derivatives of `f`, given the numbers that the forward pass saved.
fn slopes(f: Activation, kept: &[f32]) -> Vec<f32> {
    on_every_device!(|device| {
        let (kept, mut d) = (device.tensor(kept), device.tensor(&vec![1.0; kept.len()]));
        device.activation_backward_in_place(f, kept.data(), d.data_mut());
        d.read()
    })
}

#[test]
fn extremes() {
    for f in ALL {
        let y = values(f, &[f32::NAN, 1e30, -1e30, f32::INFINITY]);
        assert!(y[0].is_nan(), "{f:?} hides NaN");
        assert!(!y[1].is_nan() && !y[2].is_nan(), "{f:?}: {y:?}");
        let x = [0.0, 80.0, -80.0];
        let d =
            if f.saved_for_backward() == SavedForBackward::Output { slopes(f, &values(f, &x)) } else { slopes(f, &x) };
        assert!(d.iter().all(|d| d.is_finite()), "{f:?}: {d:?}");
    }
    // At points without a derivative the value is PyTorch's.
    assert_eq!(slopes(Activation::Relu, &[0.0, -0.0]), [0.0, 0.0]);
    for (f, at, expected) in [
        (Activation::Abs, 0.0, 0.0),
        (Activation::Clamp { min: -1.0, max: 1.0 }, -1.0, 1.0),
        (Activation::Clamp { min: -1.0, max: 1.0 }, 1.0, 0.0),
        (Activation::HardSwish, 3.0, 1.0),
        (Activation::HardSwish, -3.0, 0.0),
        (Activation::HardTanh { min: -1.0, max: 1.0 }, -1.0, 0.0),
        (Activation::HardSigmoid, 0.0, 0.0),
        (Activation::HardSigmoid, 1.0, 0.0),
        (Activation::HardTanh { min: -1.0, max: 1.0 }, 1.0, 0.0),
        (Activation::Powi { exponent: 0 }, 0.0, 0.0),
    ] {
        assert_eq!(slopes(f, &[at]), [expected], "{f:?}");
    }
}

/// Returns `f'(x)` for inputs of any size. Where there is no derivative, it is that of the side that PyTorch chooses.
fn slope(f: Activation, x: f64) -> f64 {
    let inside = |yes: bool| f64::from(u8::from(yes));
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let bell = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    match f {
        Activation::Identity => 1.0,
        Activation::Relu => inside(x > 0.0),
        Activation::LeakyRelu { slope } => {
            if x > 0.0 {
                1.0
            } else {
                slope.into()
            }
        }
        Activation::Elu { alpha } => {
            if x > 0.0 {
                1.0
            } else {
                f64::from(alpha) * x.exp()
            }
        }
        Activation::Gelu => 0.5 * (1.0 + libm::erf(x / 2f64.sqrt())) + if x.abs() < 40.0 { x * bell(x) } else { 0.0 },
        Activation::GeluTanh => {
            let root = (2.0 / std::f64::consts::PI).sqrt();
            let t = (root * (x + 0.044715 * x.powi(3))).tanh();
            let rest = 0.5 * x * (1.0 - t * t) * root * (1.0 + 3.0 * 0.044715 * x * x);
            0.5 * (1.0 + t) + if x.abs() < 40.0 { rest } else { 0.0 }
        }
        Activation::Silu => sigmoid(x) + x * sigmoid(x) * sigmoid(-x),
        Activation::Sigmoid => sigmoid(x) * sigmoid(-x),
        Activation::Tanh => 1.0 - x.tanh().powi(2),
        Activation::Softplus { beta, threshold } => {
            let z = f64::from(beta) * x;
            if z > f64::from(threshold) { 1.0 } else { sigmoid(z) }
        }
        Activation::Selu => 1.0507009873554805 * if x > 0.0 { 1.0 } else { 1.6732632423543772 * x.exp() },
        Activation::Mish => {
            let t = x.exp().ln_1p().tanh();
            t + x * sigmoid(x) * (1.0 - t * t)
        }
        Activation::LogSigmoid => sigmoid(-x),
        Activation::Softsign => (1.0 + x.abs()).powi(-2),
        Activation::HardTanh { min, max } => inside(x > min.into() && x < max.into()),
        Activation::Clamp { min, max } => inside(x >= min.into() && x < max.into()),
        Activation::HardSigmoid => inside(x > -3.0 && x < 3.0) / 6.0,
        Activation::HardSwish => {
            if x <= -3.0 {
                0.0
            } else if x >= 3.0 {
                1.0
            } else {
                x / 3.0 + 0.5
            }
        }
        Activation::Exp => x.exp(),
        Activation::Log => 1.0 / x,
        Activation::Sqrt => 0.5 / x.sqrt(),
        Activation::Square => 2.0 * x,
        Activation::Abs => {
            if x == 0.0 {
                0.0
            } else {
                x.signum()
            }
        }
        Activation::Powi { exponent: 0 } => 0.0,
        Activation::Powi { exponent } => f64::from(exponent) * x.powi(exponent - 1),
    }
}

#[test]
fn the_far_ends() {
    let ends = [0.0, 1e-45, 1e-30, 1e-3, 3.0, 20.0, 88.0, 1e4, 1e12, 1e16, 1.8e19, 1e20, 3e37, 3.4e38];
    for (f, positive) in ALL.map(|f| (f, false)).into_iter().chain(POSITIVE.map(|f| (f, true))) {
        let signs = if positive { &[1.0_f32][..] } else { &[1.0, -1.0] };
        let x: Vec<f32> = signs.iter().flat_map(|sign| ends.map(|x| sign * x)).collect();
        let y = values(f, &x);
        let d = slopes(f, if f.saved_for_backward() == SavedForBackward::Output { &y } else { &x });
        let check = |what: &str, x: f32, found: f32, expected: f64, floor: f64| {
            // Values beyond the range of f32 are infinite.
            let exact = found == expected as f32;
            let error = (f64::from(found) - expected).abs();
            assert!(
                exact || error <= 4e-7 * expected.abs() + floor,
                "{what} of {f:?} at {x} is {found}, not {expected}"
            );
        };
        for ((&x, &y), &d) in x.iter().zip(&y).zip(&d) {
            // The tolerance is an ulp of the input, since formulas add numbers near 1, plus two of the smallest numbers.
            check("value", x, y, reference(f, x.into()), 1e-7 * f64::from(x.abs().min(1.0)) + 2.9e-45);
            check("slope", x, d, slope(f, x.into()), 1e-7);
        }
    }
}

#[test]
fn beyond_the_domain() {
    let y = values(Activation::Log, &[0.0, -1.0, f32::NAN]);
    assert!(y[0] == f32::NEG_INFINITY && y[1].is_nan() && y[2].is_nan());
    let y = values(Activation::Sqrt, &[0.0, -1.0, f32::NAN]);
    assert!(y[0] == 0.0 && y[1].is_nan() && y[2].is_nan());
    let y = values(Activation::Powi { exponent: -2 }, &[0.0, 4.0, f32::NAN]);
    assert!(y[0] == f32::INFINITY && y[1] == 0.0625 && y[2].is_nan());
}

#[test]
fn typed_passes() {
    type Sample = [[f32; 2]; 1];
    let [y, d, sum] = on_every_device!(|device| {
        let context = Context::new(device, 0);
        let (x, mut y, ones) = (device.tensor(&[-1.0, 2.0, 3.0, -4.0]), device.output(4), device.tensor(&[1.0; 4]));
        Activation::Relu.forward(&context, x.view::<Sample>(), y.view_mut());
        let (relu, mut d) = (y.read(), device.tensor(&[1.0; 4]));
        Activation::Relu.backward_in_place(&context, y.view::<Sample>(), d.view_mut());
        let leaky = Activation::LeakyRelu { slope: 0.5 };
        leaky.backward(&context, x.view(), ones.view(), y.grad::<Sample>(Write::Add));
        [relu, d.read(), y.read()]
    });
    assert_eq!((&y[..], &d[..]), (&[0.0, 2.0, 3.0, 0.0][..], &[0.0, 1.0, 1.0, 0.0][..]));
    assert_eq!(sum, [0.5, 3.0, 4.0, 0.5]);
}

#[test]
fn any_number_of_threads() {
    values(Activation::Gelu, &numbers(3, 70_001));
}
