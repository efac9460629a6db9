//! Regression three ways: `cargo run --release --example regression -- --data diabetes.csv`.
//!
//! A line, a polynomial of degree two and an MLP learn how far diabetes progresses in a year from ten measurements of 442
//! patients (Efron, Hastie, Johnstone, Tibshirani, "Least angle regression", 2004). The file is scikit-learn's
//! `load_diabetes(scaled=False, as_frame=True).frame` written as CSV. Prints the mean squared error of each model and
//! draws what it predicts.

use clap::Parser;
use dl::data::{Csv, Dataset, Normalizer};
use dl::plot::Chart;
use dl::prelude::*;
use std::path::PathBuf;

/// Measurements of a patient.
const N: usize = 10;
/// With the products of every two of them.
const TERMS: usize = N + N * (N + 1) / 2;

model! {
    /// A weighted sum of the measurements.
    pub Line(x: [N]) -> [1] { x -> dense(1) }

    /// A weighted sum of measurements and products.
    pub Polynomial(terms: [TERMS]) -> [1] { terms -> dense(1) }

    /// Makes its own features from the measurements.
    pub Mlp(x: [N]) -> [1] { x -> dense(32) -> gelu -> dropout(0.2) -> dense(16) -> gelu -> dense(1) }
}

/// Predicts the progression of diabetes with three models.
#[derive(Parser)]
struct Options {
    /// CSV file with names in the first line; the column `target` is what to predict
    #[arg(long, env = "DIABETES_CSV")]
    data: PathBuf,
    /// SVG file to draw
    #[arg(long, default_value = "regression.svg")]
    plot: PathBuf,
}

fn main() -> dl::Result<()> {
    let options = Options::parse();
    let mut patients: Dataset<[f32; N], [f32; 1]> = Csv::new().target("target").read(&options.data)?;
    patients.shuffle(42);
    let (mut train, mut test) = patients.split(0.8);

    // Every column with mean 0 and deviation 1, as measured on the training set alone: the test set is the future.
    let columns = Normalizer::per_feature(&train.inputs)?;
    columns.apply(&mut train.inputs);
    columns.apply(&mut test.inputs);
    // The targets too, or the training would be spent on finding their mean.
    let target = Normalizer::per_feature(&train.targets)?;
    target.apply(&mut train.targets);

    let terms = |set: &Dataset<[f32; N], [f32; 1]>| set.clone().map_inputs(|x, y| *y = products(*x));
    let mut predictions = [
        ("line", fit::<Line>(&train, 0.0)?.predict(&test.inputs)),
        ("polynomial", fit::<Polynomial>(&terms(&train), 1.0)?.predict(&terms(&test).inputs)),
        ("mlp", fit::<Mlp>(&train, 1.0)?.predict(&test.inputs)),
    ];
    let mut chart = Chart::new("Progression of diabetes").axes("measured", "predicted");
    println!("mean squared error on {} patients that were not learned from:", test.len());
    for (name, predictions) in &mut predictions {
        target.undo(predictions);
        let pairs = || predictions.iter().zip(&test.targets).map(|([y], [t])| (f64::from(*t), f64::from(*y)));
        let error = pairs().map(|(t, y)| (y - t).powi(2)).sum::<f64>() / test.len() as f64;
        println!("{name:>12} {error:8.1}");
        chart = chart.points(*name, pairs());
    }
    chart.line("exact", [(0.0, 0.0), (350.0, 350.0)]).save(&options.plot)?;
    println!("drawn to {}", options.plot.display());
    Ok(())
}

/// Trains a model. Weight decay keeps one with many weights from learning its patients by heart.
fn fit<M: Model<Output = [f32; 1]>>(train: &Dataset<M::Input, [f32; 1]>, decay: f64) -> dl::Result<Box<M>> {
    let mut net = M::init(42);
    let trainer = Trainer::new(AdamW::new(3e-3).weight_decay(decay)).loss(Mse).epochs(100);
    trainer.quiet().fit(&mut net, train)?;
    Ok(net)
}

/// The measurements, and the product of every two of them.
fn products(x: [f32; N]) -> [f32; TERMS] {
    let pairs = (0..N).flat_map(|i| (i..N).map(move |j| x[i] * x[j]));
    let mut terms = [0.0; TERMS];
    terms.iter_mut().zip(x.into_iter().chain(pairs)).for_each(|(to, term)| *to = term);
    terms
}
