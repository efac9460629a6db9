//! Whole networks of every form that a directed acyclic graph takes: the generated backward pass against differences of the
//! forward pass, for the weights and for the input. What it catches is the macro's: a gradient forgotten, added twice, or
//! written over by the memory plan.

use dl::loss::Mse;
use dl::plain::{flat, flat_mut, zeroed_box};
use dl::prelude::*;
use dl::{Input, Output};
use std::slice;

model! {
    Chain(x: [6]) -> [4] {
        x -> dense(8) -> tanh -> dense(8) -> gelu -> dense(8) -> silu -> dense(4)
    }

    Residual(x: [6]) -> [4] {
        let a = x -> dense(6) -> sigmoid;
        let b = a + (a -> dense(6) -> tanh);
        let c = b + (b -> dense(6) -> gelu) + a;
        c -> dense(4)
    }

    Arithmetic(x: [6]) -> [6] {
        let a = x -> dense(6);
        let b = a -> softplus;
        let c = (a * b - x / b) * 0.5 + 1.0;
        let d = 2.0 / (c * c + 3.0) - a;
        (d + d) * (1.0 - x)
    }

    WeightsBesideNone(x: [6]) -> [6] {
        let a = x -> gelu -> softmax -> softplus;
        let b = a + (a -> softplus(beta: 2) -> dense(6));
        b -> dense(6)
    }

    InputTwice(x: [6]) -> [6] {
        let y = x * x + x;
        (y -> dense(6) -> tanh) + x - y
    }

    Weightless(x: [6]) -> [6] {
        let y = x -> tanh;
        (y * y + y) -> softmax -> sigmoid
    }

    FirstLayersWithoutWeights(x: [2, 3]) -> [5] {
        x -> tanh -> flatten -> silu -> dense(5)
    }

    Shared(x: [6]) -> [6] {
        let a = x -> dense(6) as twice -> tanh;
        a -> twice -> tanh
    }

    OutputReused(x: [6]) -> [6] {
        let a = x -> dense(6);
        let b = a -> tanh -> dense(6) -> tanh;
        a + b
    }

    Images(x: [2, 7, 6]) -> [3] {
        let a = x -> conv2d(4, 3, padding: 1) -> tanh;
        let b = (a + (a -> conv2d(4, 3, padding: 1, groups: 2, bias: false) -> gelu)) -> avg_pool2d(2);
        let c = b -> conv2d(5, [2, 1], stride: [1, 2], dilation: 1) -> silu;
        (c -> global_avg_pool2d -> dense(3)) + (c -> flatten -> layer_norm -> dense(3))
    }

    Normalised(x: [3, 4, 4]) -> [2] {
        let a = x -> conv2d(4, 3) -> batch_norm -> tanh;
        (a + (a -> batch_norm)) -> flatten -> dense(6) -> batch_norm -> sigmoid -> dense(2)
    }

    Flat(x: [2, 3]) -> [6] {
        x -> flatten
    }
}

// Drawn by a random generator of networks, a few hundred of which were compared like this.
model! {
    DrawnOne(x: [3, 4, 4]) -> [3] {
        let v0 = x -> conv2d(3, [3, 1], padding: [1, 0]) -> gelu -> tanh -> avg_pool2d(3, stride: 1, padding: 1);
        let w0 = x -> global_avg_pool2d -> dense(6);
        let v1 = w0 * (w0 -> dense(6) as s0);
        let v2 = w0 -> flatten -> sigmoid;
        let v3 = v2 -> flatten -> s0 -> s0;
        (v0 -> flatten -> dense(3)) + (v1 -> dense(3)) + (v3 -> dense(3))
    }

    DrawnTwo(x: [3, 4, 4]) -> [3] {
        let v0 = x - (x -> gelu -> avg_pool2d(3, stride: 1, padding: 1) -> batch_norm);
        let w0 = v0 -> global_avg_pool2d -> dense(6);
        let v1 = x -> conv2d(3, 1, bias: false) -> tanh -> conv2d(3, 3, padding: same, groups: 3);
        let v2 = (w0 -> dense(6) as s0) - (w0 -> s0 -> layer_norm(epsilon: 1e-2));
        let v3 = (v1 -> conv2d(3, 1, bias: false) -> tanh -> conv2d(3, 3, padding: 1) -> avg_pool2d(3, stride: 1, padding: 1)) + v1;
        (v2 -> dense(3)) + (v3 -> global_avg_pool2d -> dense(3))
    }

    DrawnThree(x: [6]) -> [3] {
        let v0 = x -> dense(6) -> gelu -> dense(6) -> silu;
        let v1 = v0 -> dense(6) as s0 -> gelu -> softplus;
        let v2 = v1 / 0.5 + x;
        let v3 = v0 -> layer_norm -> dense(6) as s1 -> dense(6);
        (v2 -> dense(3)) + (v3 -> dense(3))
    }

    DrawnFour(x: [3, 4, 4]) -> [3] {
        let v0 = x -> layer_norm -> batch_norm -> tanh;
        let v1 = v0 -> softmax;
        let v2 = v1 - (v1 -> avg_pool2d(3, stride: 1, padding: 1) -> conv2d(3, 3, padding: 1));
        let v3 = (v2 -> tanh) + v0;
        (v3 -> flatten -> dense(3))
    }

    DrawnFive(x: [3, 4, 4]) -> [3] {
        let v0 = (x -> conv2d(3, 3, padding: same, groups: 3) -> avg_pool2d(3, stride: 1, padding: 1) -> conv2d(3, 3, padding: same, groups: 3)) + (x -> gelu -> softmax -> conv2d(3, 1, bias: false) -> tanh);
        let v1 = v0 + (v0 -> softplus -> conv2d(3, 3, padding: same, groups: 3));
        (v1 -> global_avg_pool2d -> dense(3))
    }

    DrawnSix(x: [6]) -> [6] {
        let v0 = 0.5 * x - x;
        let v1 = x -> dense(6) as s0;
        let v2 = 2 - v1 * v0;
        let v3 = (v1 -> flatten) + v0;
        let v4 = v2 -> dense(6) as s1 -> gelu(approximate: tanh);
        v3 + v4
    }
}

/// Deterministic numbers between -1 and 1.
fn noise(seed: u32, to: &mut [f32]) {
    for (i, x) in to.iter_mut().enumerate() {
        *x = ((i as f32 + 1.0) * 12.9898 + seed as f32 * 78.233).sin();
    }
}

/// The loss in f64 of `net` on a batch, in training mode.
fn loss<M: Model>(net: &M, inputs: &[Input<M>], targets: &[Output<M>]) -> f64 {
    let mut training = net.training(Cpu::with_threads(1), inputs.len()).unwrap();
    training.forward(inputs).unwrap();
    let mut outputs: Vec<Output<M>> = (0..inputs.len()).map(|_| *zeroed_box()).collect();
    training.outputs(&mut outputs).unwrap();
    let errors = flat(&outputs).iter().zip(flat(targets)).map(|(y, t)| f64::from(y - t).powi(2));
    errors.sum::<f64>() / (inputs.len() * <Output<M> as dl::Plain>::LEN) as f64
}

fn check<M: Model>()
where
    Input<M>: dl::Plain<Element = f32>,
{
    const N: usize = 5;
    let mut net = M::init(3);
    let mut inputs: Vec<Input<M>> = (0..N).map(|_| *zeroed_box()).collect();
    let mut targets: Vec<Output<M>> = (0..N).map(|_| *zeroed_box()).collect();
    noise(1, flat_mut(&mut inputs));
    noise(2, flat_mut(&mut targets));

    let mut training = net.training(Cpu::new(), N).unwrap().with_input_gradients().unwrap();
    let (mut d_net, mut d_inputs) = (zeroed_box::<M>(), Vec::new());
    d_inputs.extend((0..N).map(|_| *zeroed_box::<Input<M>>()));
    // Twice: the second pass finds the memory as the first left it.
    for _ in 0..2 {
        training.forward(&inputs).unwrap();
        training.loss(&Mse, &targets).unwrap();
        training.backward();
        training.gradients(&mut d_net).unwrap();
        training.input_gradients(&mut d_inputs).unwrap();
    }
    let mut without = net.training(Cpu::new(), N).unwrap();
    without.forward(&inputs).unwrap();
    without.loss(&Mse, &targets).unwrap();
    without.backward();
    let mut same = zeroed_box::<M>();
    without.gradients(&mut same).unwrap();
    assert!(
        flat(slice::from_ref(&*same)) == flat(slice::from_ref(&*d_net)),
        "{}: with input gradients or without",
        M::NAME
    );

    // Statistics are not trained: what stands in their place is no gradient.
    let trained = |i: usize| {
        let tensor = M::TENSORS.iter().find(|t| (t.offset / 4..t.offset / 4 + t.len()).contains(&i)).unwrap();
        tensor.role != dl::Role::Statistic
    };
    for seed in 0..3 {
        let mut direction = vec![0.0; M::LEN];
        noise(10 + seed, &mut direction);
        direction.iter_mut().enumerate().filter(|(i, _)| !trained(*i)).for_each(|(_, d)| *d = 0.0);
        let expected = slope(&mut |by| {
            nudge(flat_mut(slice::from_mut(&mut *net)), &direction, by);
            loss(&*net, &inputs, &targets)
        });
        compare::<M>("weights", flat(slice::from_ref(&*d_net)), &direction, expected);

        let mut direction = vec![0.0; flat(&inputs).len()];
        noise(20 + seed, &mut direction);
        let expected = slope(&mut |by| {
            nudge(flat_mut(&mut inputs), &direction, by);
            loss(&*net, &inputs, &targets)
        });
        compare::<M>("input", flat(&d_inputs), &direction, expected);
    }
}

fn nudge(x: &mut [f32], direction: &[f32], by: f32) {
    x.iter_mut().zip(direction).for_each(|(x, d)| *x += by * d);
}

/// The derivative by central differences of fourth order; `loss_after` moves by its argument and stays there.
fn slope(loss_after: &mut dyn FnMut(f32) -> f64) -> f64 {
    const H: f32 = 0.0078125;
    let [far_right, right, left, far_left] = [2.0 * H, -H, -2.0 * H, -H].map(&mut *loss_after);
    loss_after(2.0 * H);
    (far_left - far_right + 8.0 * (right - left)) / (12.0 * f64::from(H))
}

fn compare<M: Model>(what: &str, gradient: &[f32], direction: &[f32], expected: f64) {
    let product: f64 = gradient.iter().zip(direction).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
    let scale: f64 = gradient.iter().zip(direction).map(|(g, d)| f64::from(g * d).abs()).sum();
    let tolerance = 2e-4 * scale + 2e-5;
    assert!((product - expected).abs() < tolerance, "{} {what}: {product} is not {expected} ± {tolerance}", M::NAME);
}

macro_rules! check {
    ($($test:ident: $model:ident),* $(,)?) => {$(
        #[test]
        fn $test() {
            check::<$model>();
        }
    )*};
}

check! {
    a_chain: Chain,
    residual_connections: Residual,
    arithmetic_on_values_and_numbers: Arithmetic,
    a_branch_with_weights_and_one_without: WeightsBesideNone,
    the_input_used_again: InputTwice,
    no_weights_at_all: Weightless,
    first_layers_without_weights: FirstLayersWithoutWeights,
    weights_used_twice: Shared,
    a_value_before_the_output: OutputReused,
    images: Images,
    normalised: Normalised,
    nothing_but_a_reshape: Flat,
    drawn_one: DrawnOne,
    drawn_two: DrawnTwo,
    drawn_three: DrawnThree,
    drawn_four: DrawnFour,
    drawn_five: DrawnFive,
    drawn_six: DrawnSix,
}
