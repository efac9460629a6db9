//! Losses of `loss` clauses: the same as those of the trainer, over constants and const parameters, and that they train.
#![allow(missing_docs)]

use dl::loss::Loss;
use dl::pod::flat;
use dl::prelude::*;
use dl::{Cpu, LossPasses, Objective, Pod};
use std::slice::from_ref;

const CLASSES: usize = 5;

model! {
    Own(x: [3, 4]) -> [CLASSES, 2] { x -> flatten -> dense(2 * CLASSES) -> reshape([CLASSES, 2]) }
    loss(classes: u32[2]) { cross_entropy(output, classes, label_smoothing: 0.1) }

    ExternalLoss(x: [3, 4]) -> [CLASSES, 2] { x -> flatten -> dense(2 * CLASSES) -> reshape([CLASSES, 2]) }

    OwnHuber(x: [4]) -> [6] { x -> dense(6) } loss(target: [6]) { huber(output, target, delta: 0.5) }
    GivenHuber(x: [4]) -> [6] { x -> dense(6) }

    /// Of any width.
    Auto<const N: usize>(x: [N]) -> [N] { x -> dense(3) -> tanh -> dense(N) } loss { mse(output, x) }

    Embedding(anchor: [2], positive: [2], negative: [2]) -> [3] {
        let a = anchor -> dense(8) as hidden -> tanh -> dense(3) as out;
        let p = positive -> hidden -> tanh -> out;
        let n = negative -> hidden -> tanh -> out;
        a
    } loss { triplet(a, p, n, margin: 1) }

    Views(a: [2], b: [2]) -> [3] {
        let x = a -> dense(16) as hidden -> tanh -> dense(3) as out;
        let y = b -> hidden -> tanh -> out;
        x
    } loss { nt_xent(x, y, temperature: 0.2) }
}

/// That a model with its own loss computes, bit for bit, what the trainer's loss does.
fn same<A, B, Y, L>(loss: &L, inputs: &[A::Input], targets: &[L::Target])
where
    Y: Pod<Element = f32>,
    L: Loss<Y>,
    A: Objective<Output = Y> + LossPasses<Target = L::Target>,
    B: Model<Input = A::Input, Output = Y>,
{
    let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let (a, b) = (A::init(7), B::init(7));
    let mut own = Training::on(Cpu::with_threads(1), &*a, inputs.len()).unwrap();
    let mut given = Training::on(Cpu::with_threads(1), &*b, inputs.len()).unwrap();
    own.forward(inputs).unwrap();
    given.forward(inputs).unwrap();
    assert_eq!(own.objective(targets).unwrap(), given.loss(loss, targets).unwrap());
    assert_eq!(bits(own.losses()), bits(given.losses()));
    own.backward();
    given.backward();
    let (mut d_a, mut d_b) = (A::init(0), B::init(0));
    own.gradients(&mut d_a).unwrap();
    given.gradients(&mut d_b).unwrap();
    assert_eq!(bits(flat(from_ref(&*d_a))), bits(flat(from_ref(&*d_b))));
    // As in prediction: together with the pass of inference, or after it.
    let evaluated = own.evaluate_objective(inputs, targets).unwrap();
    own.evaluate(inputs).unwrap();
    assert_eq!(own.objective(targets).unwrap(), evaluated);
    given.evaluate(inputs).unwrap();
    assert_eq!(given.loss(loss, targets).unwrap(), evaluated);
    assert_eq!((own.terms(), given.terms()), (&[evaluated][..], &[evaluated][..]));
}

#[test]
fn own_losses_are_those_of_the_trainer() {
    let x = |i: usize| ((i * 37 % 23) as f32 - 11.0) / 9.0;
    let inputs: Vec<[[f32; 4]; 3]> =
        (0..7).map(|n| std::array::from_fn(|i| std::array::from_fn(|j| x(12 * n + 4 * i + j)))).collect();
    let classes: Vec<[u32; 2]> = (0..7).map(|n| [n % 5, (n + 3) % 5]).collect();
    same::<Own, ExternalLoss, _, _>(&CrossEntropy.label_smoothing(0.1), &inputs, &classes);
    let targets: Vec<[f32; 6]> = (0..7).map(|n| std::array::from_fn(|i| x(n + 6 * i))).collect();
    same::<OwnHuber, GivenHuber, _, _>(&Huber { delta: 0.5 }, &inputs.as_flattened()[..7], &targets);
}

/// The mean loss after training on these inputs.
fn trained<M: Objective>(inputs: &[M::Input], targets: &[M::Target]) -> f32 {
    let mut training = Training::on(Cpu::with_threads(1), &*M::init(1), inputs.len()).unwrap();
    for _ in 0..300 {
        training.forward(inputs).unwrap();
        training.objective(targets).unwrap();
        training.backward();
        training.step(&Adam::new(0.02)).unwrap();
    }
    training.evaluate_objective(inputs, targets).unwrap()
}

#[test]
fn own_losses_train() {
    // Points on a curve, which three numbers tell apart.
    let curve = |t: f32| -> [f32; 6] { std::array::from_fn(|i| (t + 0.3 * i as f32).sin()) };
    let points: Vec<[f32; 6]> = (0..32).map(|n| curve(n as f32 / 5.0)).collect();
    let loss = trained::<Auto<6>>(&points, &[[]; 32]);
    assert!(loss < 0.01, "reconstructions: {loss}");

    // A ring around a disc, and pairs of neighbours: a straight line separates neither.
    let point = |radius: f32, n: usize| [radius * (n as f32).cos(), radius * (n as f32).sin()];
    let triplets: Vec<EmbeddingInput> = (0..64)
        .map(|n| {
            let (own, other) = if n % 2 == 0 { (0.3, 1.5) } else { (1.5, 0.3) };
            EmbeddingInput { anchor: point(own, n), positive: point(own, 3 * n), negative: point(other, 5 * n) }
        })
        .collect();
    let loss = trained::<Embedding>(&triplets, &[[]; 64]);
    assert!(loss < 0.05, "triplets: {loss}");
    let views: Vec<ViewsInput> = (0..8).map(|n| ViewsInput { a: point(1.0, n), b: point(1.1, n) }).collect();
    let loss = trained::<Views>(&views, &[[]; 8]);
    // By chance it is ln 15 = 2.7.
    assert!(loss < 0.3, "views: {loss}");
}
