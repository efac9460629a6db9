//! Losses of `loss` clauses: the same as those of the trainer, over constants and const parameters, and that they train.
#![allow(missing_docs)]

use dl::loss::{Dice, Jaccard, Loss, Reduction, SigmoidDice};
use dl::pod::flat;
use dl::prelude::*;
use dl::{Cpu, LossPasses, Objective, Pod};
use std::slice::from_ref;

const CLASSES: usize = 5;

model! {
    Own(x: [3, 4]) -> [CLASSES, 2] { x -> flatten -> dense(2 * CLASSES) -> reshape([CLASSES, 2]) }
    loss(classes: u32[2]) { cross_entropy(output, classes, label_smoothing: 0.1) }

    ExternalLoss(x: [3, 4]) -> [CLASSES, 2] { x -> flatten -> dense(2 * CLASSES) -> reshape([CLASSES, 2]) }

    OwnDice(x: [3, 4]) -> [CLASSES, 2] { x -> flatten -> dense(2 * CLASSES) -> reshape([CLASSES, 2]) }
    loss(classes: u32[2]) { dice(output, classes, ignore: 7, smooth: 0.5) }

    OwnJaccard(x: [3, 4]) -> [CLASSES, 2] { x -> flatten -> dense(2 * CLASSES) -> reshape([CLASSES, 2]) }
    loss(classes: u32[2]) { jaccard(output, classes, batch: true) }

    OwnMasks(x: [4]) -> [2, 1, 3] { x -> dense(6) -> reshape([2, 1, 3]) }
    loss(masks: [2, 1, 3]) { sigmoid_dice(output, masks, ignore: -1) }

    OwnPositive(x: [4]) -> [2, 1, 3] { x -> dense(6) -> reshape([2, 1, 3]) }
    loss(masks: [2, 1, 3]) { bce_with_logits(output, masks, pos_weight: [0.5, 4]) }

    Masks(x: [4]) -> [2, 1, 3] { x -> dense(6) -> reshape([2, 1, 3]) }

    OwnSum(x: [3, 4]) -> [CLASSES, 2] { x -> flatten -> dense(2 * CLASSES) -> reshape([CLASSES, 2]) }
    loss(classes: u32[2]) { cross_entropy(output, classes, reduction: sum) }

    OwnWeightedSum(x: [3, 4]) -> [CLASSES, 2] { x -> flatten -> dense(2 * CLASSES) -> reshape([CLASSES, 2]) }
    loss(classes: u32[2]) { cross_entropy(output, classes, weights: [1, 2, 0.5, 1, 3], reduction: sum) }

    OwnHuberSum(x: [4]) -> [6] { x -> dense(6) } loss(target: [6]) { huber(output, target, delta: 0.5, reduction: sum) }

    /// The logarithm of the hyperbolic cosine of the error.
    pub loss LogCosh<const N: usize>(y: [N], target: [N]) {
        let d = y - target;
        (d + ((0.0 - 2.0 * d) -> softplus) - std::f32::consts::LN_2) -> mean
    }

    OwnLogCosh(x: [4]) -> [6] { x -> dense(6) }
    loss(target: [6]) {
        let d = output - target;
        (d + ((0.0 - 2.0 * d) -> softplus) - std::f32::consts::LN_2) -> mean
    }

    Rows(x: [.., 4]) -> [.., 2] { x -> dense(2) }

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
    assert_eq!(bits(flat(from_ref(&*d_a))), bits(flat(from_ref(&*d_b))), "{}", A::NAME);
    // As in prediction: together with the pass of inference, or after it.
    let evaluated = own.evaluate_objective(inputs, targets).unwrap();
    own.evaluate(inputs).unwrap();
    assert_eq!(own.objective(targets).unwrap(), evaluated);
    given.evaluate(inputs).unwrap();
    assert_eq!(given.loss(loss, targets).unwrap(), evaluated);
    assert_eq!(own.terms(), given.terms());
    // The terms are means over the samples.
    let samples = if A::REDUCTION == Reduction::Sum { inputs.len() as f32 } else { 1.0 };
    assert!((own.terms()[0] * samples - evaluated).abs() <= 1e-6 * evaluated.abs(), "{:?} {evaluated}", own.terms());
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

#[test]
fn own_losses_of_segmentation_and_sums() {
    let x = |i: usize| ((i * 37 % 23) as f32 - 11.0) / 9.0;
    let inputs: Vec<[[f32; 4]; 3]> =
        (0..7).map(|n| std::array::from_fn(|i| std::array::from_fn(|j| x(12 * n + 4 * i + j)))).collect();
    let classes: Vec<[u32; 2]> = (0..7).map(|n| [n % 5, (n + 3) % 5]).collect();
    let with_void: Vec<[u32; 2]> = classes.iter().map(|[a, b]| [*a, if *a == 2 { 7 } else { *b }]).collect();
    same::<OwnDice, ExternalLoss, _, _>(&Dice::default().ignore(7).smooth(0.5), &inputs, &with_void);
    same::<OwnJaccard, ExternalLoss, _, _>(&Jaccard::default().batch(), &inputs, &classes);
    same::<OwnSum, ExternalLoss, _, _>(&CrossEntropy.sum(), &inputs, &classes);
    let weights = [1.0, 2.0, 0.5, 1.0, 3.0];
    same::<OwnWeightedSum, ExternalLoss, _, _>(&CrossEntropy.weights(&weights).sum(), &inputs, &classes);
    let inputs = &inputs.as_flattened()[..7];
    let masks = |void: f32| -> Vec<[[[f32; 3]; 1]; 2]> {
        let number = |n: usize, c: usize, i: usize| [0.0, 1.0, void, 1.0, 0.25][(n + 3 * c + i) % 5];
        (0..7).map(|n| std::array::from_fn(|c| [std::array::from_fn(|i| number(n, c, i))])).collect()
    };
    same::<OwnMasks, Masks, _, _>(&SigmoidDice::default().ignore(-1.0), inputs, &masks(-1.0));
    same::<OwnPositive, Masks, _, _>(&BceWithLogits.pos_weight(&[0.5, 4.0]), inputs, &masks(0.5));
    let targets: Vec<[f32; 6]> = (0..7).map(|n| std::array::from_fn(|i| x(n + 6 * i))).collect();
    same::<OwnHuberSum, GivenHuber, _, _>(&Huber { delta: 0.5 }.sum(), inputs, &targets);
    same::<OwnLogCosh, GivenHuber, _, _>(&LossOf::<LogCosh<6>>::new(), inputs, &targets);
}

/// The gradients of a loss that is written in `model!`, through another model, against differences.
#[test]
fn a_written_loss_has_the_gradients_of_its_differences() {
    let inputs: Vec<[f32; 4]> = (0..5).map(|n| std::array::from_fn(|i| ((3 * n + i) as f32).sin())).collect();
    let targets: Vec<[f32; 6]> = (0..5).map(|n| std::array::from_fn(|i| ((n + 2 * i) as f32).cos())).collect();
    let loss = LossOf::<LogCosh<6>>::new();
    let (_, gradients) = accumulated(&loss, &inputs, &targets, 5);
    let at = |weight: usize, by: f32| {
        let mut net = GivenHuber::init(7);
        dl::pod::flat_mut(std::slice::from_mut(&mut *net))[weight] += by;
        let outputs = net.predict(&inputs);
        let errors = flat(&outputs).iter().zip(flat(&targets)).map(|(y, t)| f64::from(y - t).cosh().ln());
        errors.sum::<f64>() / 30.0
    };
    for (weight, found) in gradients.iter().enumerate() {
        let expected = (at(weight, 0.01) - at(weight, -0.01)) / 0.02;
        assert!((f64::from(*found) - expected).abs() < 2e-4, "weight {weight}: {found}, not {expected}");
    }
}

#[test]
fn wrong_settings_are_errors_of_fit() {
    let data = dl::data::Dataset::new(vec![[0.0; 4]; 3], vec![[0.0; 6]; 3]).unwrap();
    fn error<L: Loss<[f32; 6], Target = [f32; 6]>>(loss: L, data: &dl::data::Dataset<[f32; 4], [f32; 6]>) -> String {
        let error = Trainer::new(Sgd::new(0.1)).loss(loss).quiet().fit(&mut GivenHuber::init(1), data).unwrap_err();
        assert!(matches!(error.error(), dl::Error::Setting { .. }), "{error}");
        error.error().to_string()
    }
    let number = "must be a finite number of at least 0";
    assert_eq!(
        error(BceWithLogits.pos_weight(&[1.0, 2.0]), &data),
        "`pos_weight` of `BceWithLogits` is a list of 2 numbers; it must be one number, or one for each of 6 outputs"
    );
    assert_eq!(
        error(BceWithLogits.pos_weight(&[-1.0]), &data),
        format!("`pos_weight` of `BceWithLogits` is -1; it {number}")
    );
    assert_eq!(
        error(BceWithLogits.pos_weight(&[f32::NAN]).sum(), &data),
        format!("`pos_weight` of `BceWithLogits` is NaN; it {number}")
    );
    let dice = SigmoidDice::default().smooth(-1.0);
    assert_eq!(error(dice, &data), "`smooth` of `Dice` is -1; it must be a finite number above 0");
}

/// The loss of each batch, and the gradients after all of them.
fn accumulated<L: Loss<[f32; 6], Target = [f32; 6]>>(
    loss: &L,
    inputs: &[[f32; 4]],
    targets: &[[f32; 6]],
    batch: usize,
) -> (Vec<f32>, Vec<f32>) {
    let net = GivenHuber::init(7);
    let mut training = Training::on(Cpu::with_threads(1), &*net, inputs.len()).unwrap();
    let losses = inputs.chunks(batch).zip(targets.chunks(batch)).map(|(inputs, targets)| {
        training.forward(inputs).unwrap();
        let value = training.loss(loss, targets).unwrap();
        training.backward();
        value
    });
    let losses = losses.collect();
    let mut gradients = GivenHuber::init(0);
    training.gradients(&mut gradients).unwrap();
    (losses, flat(from_ref(&*gradients)).to_vec())
}

#[test]
fn sums_of_batches_are_added() {
    let inputs: Vec<[f32; 4]> =
        (0..7).map(|n| std::array::from_fn(|i| (n as f32 - 3.0) / 4.0 + i as f32 / 3.0)).collect();
    let targets: Vec<[f32; 6]> = (0..7).map(|n| std::array::from_fn(|i| (n + i) as f32 / 5.0)).collect();
    let close = |a: f32, b: f32| (a - b).abs() <= 1e-5 * a.abs().max(1.0);
    let (whole, of_whole) = accumulated(&Mse.sum(), &inputs, &targets, 7);
    let (parts, of_parts) = accumulated(&Mse.sum(), &inputs, &targets, 3);
    assert_eq!(parts.len(), 3);
    assert!(close(whole[0], parts.iter().sum()), "{whole:?} {parts:?}");
    assert!(of_whole.iter().zip(&of_parts).all(|(a, b)| close(*a, *b)), "{of_whole:?} {of_parts:?}");
    // The mean over 7 samples of 6 numbers.
    let (mean, of_mean) = accumulated(&Mse, &inputs, &targets, 3);
    assert_eq!(mean.len(), 3);
    assert!(of_whole.iter().zip(&of_mean).all(|(sum, mean)| close(*sum, 42.0 * mean)), "{of_whole:?} {of_mean:?}");

    // Histories report the mean over the samples, whatever the batches are.
    let data = dl::data::Dataset::new(inputs, targets).unwrap();
    let first = |batch: usize| {
        let mut trainer = Trainer::new(Sgd::new(0.0)).loss(Mse.sum()).epochs(1).batch_size(batch).quiet();
        trainer.fit(&mut GivenHuber::init(7), &data).unwrap().epochs[0].train.loss
    };
    assert!(close(first(7) as f32, whole[0] / 7.0) && close(first(2) as f32, whole[0] / 7.0));
}

#[test]
fn sums_over_ragged_rows_count_every_row() {
    let row = |i: usize| std::array::from_fn(|j| ((i * 5 + j) % 7) as f32 / 7.0);
    let inputs: Vec<Vec<[f32; 4]>> = [3, 1, 5].iter().map(|rows| (0..*rows).map(row).collect()).collect();
    let targets: Vec<Vec<[f32; 2]>> = inputs.iter().map(|rows| vec![[0.5, -0.5]; rows.len()]).collect();
    let net = Rows::init(3);
    let mut training = Training::on(Cpu::with_threads(1), &*net, 3).unwrap();
    training.forward(&inputs).unwrap();
    let sum = training.loss(&Mse.sum(), &targets).unwrap();
    let expected: f32 = (inputs.iter().zip(&targets))
        .flat_map(|(rows, targets)| net.predict_one(rows).into_iter().zip(targets.clone()))
        .map(|(y, t): ([f32; 2], [f32; 2])| (y[0] - t[0]).powi(2) + (y[1] - t[1]).powi(2))
        .sum();
    assert!((sum - expected).abs() < 1e-5 * expected, "{sum} {expected}");
    assert_eq!(training.losses().len(), 9);
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
