//! The generated backward pass against differences of the forward pass, for weights and inputs.
#![allow(dead_code)]

#[path = "devices.rs"]
mod devices;

use devices::on_devices;
use dl::loss::Mse;
use dl::pod::{flat, flat_mut, zeroed_box};
use dl::prelude::*;
use dl::{Input, Output, Target};
use std::slice;

/// Deterministic numbers between -1 and 1.
pub fn noise(seed: u32, to: &mut [f32]) {
    for (i, x) in to.iter_mut().enumerate() {
        *x = ((i as f32 + 1.0) * 12.9898 + seed as f32 * 78.233).sin();
    }
}

/// The loss in f64 of `net` on a batch, in training mode.
fn loss<M: Model>(net: &M, inputs: &[Input<M>], targets: &[Output<M>]) -> f64
where
    Output<M>: dl::Pod<Element = f32>,
{
    let mut training = net.training(Cpu::with_threads(1), inputs.len()).unwrap();
    training.forward(inputs).unwrap();
    let mut outputs: Vec<Output<M>> = (0..inputs.len()).map(|_| *zeroed_box()).collect();
    training.outputs(&mut outputs).unwrap();
    let errors = flat(&outputs).iter().zip(flat(targets)).map(|(y, t)| f64::from(y - t).powi(2));
    errors.sum::<f64>() / (inputs.len() * <Output<M> as dl::Pod>::LEN) as f64
}

/// The gradients to weights and inputs against differences of the loss, along random directions.
pub fn check<M: Model>()
where
    Input<M>: dl::Pod<Element = f32>,
    Output<M>: dl::Pod<Element = f32> + dl::Pack<Row = Output<M>, Like<Output<M>> = Output<M>>,
{
    const N: usize = 5;
    let mut net = M::init(3);
    let mut inputs: Vec<Input<M>> = (0..N).map(|_| *zeroed_box()).collect();
    let mut targets: Vec<Output<M>> = (0..N).map(|_| *zeroed_box()).collect();
    noise(1, flat_mut(&mut inputs));
    noise(2, flat_mut(&mut targets));

    let mut found = Vec::new();
    on_devices!(|device| found.push(gradients(device, &*net, &inputs, |training| {
        training.loss(&Mse, &targets).unwrap();
    })));
    let [d_net, d_inputs] = the_same_on_all::<M>(found);
    each_alone(&*net, &inputs, [&d_net, &d_inputs], |training| {
        training.loss(&Mse, &targets).unwrap();
    });

    for seed in 0..3 {
        let mut direction = vec![0.0; M::LEN];
        noise(10 + seed, &mut direction);
        let expected = slope(&mut |by| {
            nudge(flat_mut(slice::from_mut(&mut *net)), &direction, by);
            loss(&*net, &inputs, &targets)
        });
        compare::<M>("weights", &d_net, &direction, expected);

        let mut direction = vec![0.0; flat(&inputs).len()];
        noise(20 + seed, &mut direction);
        let expected = slope(&mut |by| {
            nudge(flat_mut(&mut inputs), &direction, by);
            loss(&*net, &inputs, &targets)
        });
        compare::<M>("input", &d_inputs, &direction, expected);
    }
}

pub fn nudge(x: &mut [f32], direction: &[f32], by: f32) {
    x.iter_mut().zip(direction).for_each(|(x, d)| *x += by * d);
}

/// The derivative by central differences of fourth order; `loss_after` moves by its argument and stays there.
pub fn slope(loss_after: &mut dyn FnMut(f32) -> f64) -> f64 {
    const H: f32 = 0.0078125;
    let [far_right, right, left, far_left] = [2.0 * H, -H, -2.0 * H, -H].map(&mut *loss_after);
    loss_after(2.0 * H);
    (far_left - far_right + 8.0 * (right - left)) / (12.0 * f64::from(H))
}

pub fn compare<M: Model>(what: &str, gradient: &[f32], direction: &[f32], expected: f64) {
    let product: f64 = gradient.iter().zip(direction).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
    let scale: f64 = gradient.iter().zip(direction).map(|(g, d)| f64::from(g * d).abs()).sum();
    let tolerance = 2e-4 * scale + 2e-5;
    assert!((product - expected).abs() < tolerance, "{} {what}: {product} is not {expected} ± {tolerance}", M::NAME);
}

/// The gradients to weights and inputs of what `loss` computes.
fn gradients<M: Model, D: Device>(
    device: D,
    net: &M,
    inputs: &[Input<M>],
    loss: impl Fn(&mut dl::Training<M, D>),
) -> [Vec<f32>; 2]
where
    Input<M>: dl::Pod<Element = f32>,
{
    let mut training = net.training(device, inputs.len()).unwrap().with_input_gradients().unwrap();
    let mut d_net = zeroed_box::<M>();
    let mut d_inputs: Vec<Input<M>> = inputs.iter().map(|_| *zeroed_box()).collect();
    // Twice: the second pass finds the memory as the first left it.
    for _ in 0..2 {
        training.zero_gradients();
        training.forward(inputs).unwrap();
        loss(&mut training);
        training.backward();
        training.gradients(&mut d_net).unwrap();
        training.input_gradients(&mut d_inputs).unwrap();
    }
    [flat(slice::from_ref(&*d_net)).to_vec(), flat(&d_inputs).to_vec()]
}

/// Without input gradients, and where all tensors but one are frozen, the gradients are the same bits, and those of frozen tensors 0.
fn each_alone<M: Model>(
    net: &M,
    inputs: &[Input<M>],
    [d_net, d_inputs]: [&[f32]; 2],
    loss: impl Fn(&mut dl::Training<M>),
) where
    Input<M>: dl::Pod<Element = f32>,
{
    let trained: Vec<_> = M::TENSORS.iter().filter(|tensor| tensor.role != dl::Role::Statistic).collect();
    for alone in [None].into_iter().chain(trained.iter().map(Some)) {
        let frozen = || trained.iter().filter(|tensor| alone.is_some_and(|alone| alone.name != tensor.name));
        let mut expected = d_net.to_vec();
        frozen().for_each(|tensor| expected[tensor.range()].fill(0.0));
        for with_input in [true, false] {
            let mut training = net.training(Cpu::with_threads(1), inputs.len()).unwrap();
            frozen().for_each(|tensor| training.freeze(&tensor.name).unwrap());
            if with_input {
                training = training.with_input_gradients().unwrap();
            }
            training.forward(inputs).unwrap();
            loss(&mut training);
            training.backward();
            let (mut found, what) = (zeroed_box::<M>(), alone.map_or("all tensors", |tensor| &tensor.name));
            training.gradients(&mut found).unwrap();
            assert!(flat(slice::from_ref(&*found)) == expected, "{}: {what}, input gradients: {with_input}", M::NAME);
            if with_input {
                let mut found: Vec<Input<M>> = inputs.iter().map(|_| *zeroed_box()).collect();
                training.input_gradients(&mut found).unwrap();
                assert!(flat(&found) == d_inputs, "{}: the input, if {what} is trained", M::NAME);
            }
        }
    }
}

/// The gradients that the CPU found, which CUDA found too, to rounding of the largest.
fn the_same_on_all<M: Model>(found: Vec<[Vec<f32>; 2]>) -> [Vec<f32>; 2] {
    let mut found = found.into_iter();
    let cpu = found.next().expect("the CPU is the first");
    for cuda in found {
        for (what, cpu, cuda) in [("weights", &cpu[0], &cuda[0]), ("input", &cpu[1], &cuda[1])] {
            let scale = cpu.iter().fold(1e-3, |scale: f32, g| scale.max(g.abs()));
            for (i, (cpu, cuda)) in cpu.iter().zip(cuda).enumerate() {
                let close = (cpu - cuda).abs() <= 1e-5 * scale;
                assert!(close, "{} {what}: number {i} is {cuda} on CUDA, {cpu} on the CPU", M::NAME);
            }
        }
    }
    cpu
}

/// The same for the model's own loss.
pub fn check_objective<M: Objective>(targets: &[Target<M>])
where
    Input<M>: dl::Pod<Element = f32>,
    Output<M>: dl::Pod<Element = f32> + dl::Pack<Row = Output<M>, Like<Output<M>> = Output<M>>,
{
    let n = targets.len();
    let mut net = M::init(3);
    let mut inputs: Vec<Input<M>> = (0..n).map(|_| *zeroed_box()).collect();
    noise(1, flat_mut(&mut inputs));
    let mut found = Vec::new();
    on_devices!(|device| found.push(gradients(device, &*net, &inputs, |training| {
        let total = training.objective(targets).unwrap();
        let terms = training.terms().iter().zip(M::TERMS).map(|(mean, term)| mean * term.weight);
        assert!((terms.sum::<f32>() - total).abs() < 1e-5 * (1.0 + total.abs()));
    })));
    let [d_net, d_inputs] = the_same_on_all::<M>(found);
    each_alone(&*net, &inputs, [&d_net, &d_inputs], |training| _ = training.objective(targets).unwrap());
    // A loss from outside still goes through the body alone.
    let mut body = net.training(Cpu::new(), n).unwrap();
    body.forward(&inputs).unwrap();
    let mut outputs: Vec<Output<M>> = (0..n).map(|_| *zeroed_box()).collect();
    body.outputs(&mut outputs).unwrap();
    body.loss(&Mse, &outputs).unwrap();
    body.backward();
    let mut none = zeroed_box::<M>();
    body.gradients(&mut none).unwrap();
    assert!(flat(slice::from_ref(&*none)).iter().all(|d| *d == 0.0), "{}: nothing to learn", M::NAME);

    let of = |net: &M, inputs: &[Input<M>]| {
        let mut training = net.training(Cpu::with_threads(1), n).unwrap();
        training.forward(inputs).unwrap();
        training.objective(targets).unwrap();
        training.losses().iter().map(|&loss| f64::from(loss)).sum::<f64>() / n as f64
    };
    for seed in 0..3 {
        let mut direction = vec![0.0; M::LEN];
        noise(10 + seed, &mut direction);
        let expected = slope(&mut |by| {
            nudge(flat_mut(slice::from_mut(&mut *net)), &direction, by);
            of(&net, &inputs)
        });
        compare::<M>("weights", &d_net, &direction, expected);
        let mut direction = vec![0.0; flat(&inputs).len()];
        noise(20 + seed, &mut direction);
        let expected = slope(&mut |by| {
            nudge(flat_mut(&mut inputs), &direction, by);
            of(&net, &inputs)
        });
        compare::<M>("input", &d_inputs, &direction, expected);
    }
}
