//! Learns any table: `cargo run --release --example tabular -- --data FILE.csv`.
//!
//! Finds out which columns are numbers and which are categories, and whether the target is a class or a number; splits the rows into 60 %
//! for training, 20 % to end it in time and 20 % to test it (with the same share of every class); trains an MLP on normalised columns with
//! early stopping; and saves it with everything that new rows need to one file, from which `tabular_predict` predicts. The shapes of a
//! network are part of its type, but the columns of a table are not known before: `common/tabular.rs` says how they come together.
//!
//! The last line is the accuracy and the macro F1 score of the test rows, or R² and the mean absolute error in the unit of the target. Blank
//! cells are filled with the mean or the most frequent category of their column, before the split.

use clap::{Parser, ValueEnum};
use common::tabular::{CLASSES, Classifier, Regressor, Row, Table, Task, csv};
use dl::data::{ColumnSummary, Csv, Dataset, Normalizer, Sample, stratified_split};
use dl::prelude::*;
use dl::train::{ClassScores, ConfusionMatrix, Criterion, ExternalLoss, F1, MeanAbsoluteError, R2};
use dl::{Error, Result};
use std::path::PathBuf;

/// A column of texts with more different ones than this is left out: of names or notes there is nothing to learn.
const CATEGORIES: usize = 100;
/// A target of at most as many whole numbers is a class.
const WHOLE: usize = 20;
const BATCH: usize = 32;

/// Learns to predict a column of a table from the others
#[derive(Parser)]
struct Options {
    /// CSV file with names in its first line
    #[arg(long)]
    data: PathBuf,
    /// Column to predict; the last one if there is no other wish
    #[arg(long)]
    target: Option<String>,
    /// The kind of the target: a class or a number
    #[arg(long)]
    task: Option<Kind>,
    /// Character between fields
    #[arg(long, default_value_t = ',')]
    delimiter: char,
    /// Columns of numbers to be read as categories
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// How often all rows are seen at most
    #[arg(long, default_value_t = 500)]
    epochs: usize,
    /// File to write the network to
    #[arg(long, default_value = "tabular.safetensors")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Kind {
    Classification,
    Regression,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let reader = csv(options.delimiter)?;
    let columns = reader.describe(&options.data, CATEGORIES)?;
    // Columns without names hold the numbers of rows.
    let (named, names): (Vec<&ColumnSummary>, Vec<String>) =
        columns.iter().filter(|column| !column.name.is_empty()).map(|column| (column, column.name.clone())).unzip();
    let find = |name: &String| {
        let no_column = || Error::Column { path: options.data.clone(), column: name.clone(), columns: names.clone() };
        named.iter().find(|column| column.name == *name).copied().ok_or_else(no_column)
    };
    options.categories.iter().try_for_each(|name| find(name).map(|_| ()))?;
    let target = match &options.target {
        Some(name) => find(name)?,
        None => named.last().copied().ok_or(Error::Empty { what: "first line of the table" })?,
    };
    if target.rows == 0 {
        return Err(Error::Empty { what: "table" });
    }

    let (mut inputs, mut categories) = (Vec::new(), Vec::new());
    for column in named.into_iter().filter(|column| column.name != target.name) {
        let what = match &column.values {
            Some(values) if values.is_empty() => "left out: all its cells are blank".into(),
            _ if is_number(column) && !options.categories.contains(&column.name) => "number".into(),
            Some(values) => {
                categories.push(column.name.clone());
                format!("category: {}", list(values))
            }
            None => format!("left out: more than {CATEGORIES} different texts"),
        };
        println!("{:>24}  {what}", column.name);
        if !what.starts_with("left out") {
            inputs.push(column.name.clone());
        }
    }
    let reader = reader.inputs(inputs).categories(categories).target(&target.name);
    let whole = target.whole == target.numbers && target.values.as_ref().is_some_and(|values| values.len() <= WHOLE);
    let is_class = options.task.map_or(!is_number(target) || whole, |task| task == Kind::Classification);

    if is_class { classify(&options, reader, target) } else { regress(&options, reader, target) }
}

/// Learns a class, and prints how many of the test rows it gets right.
fn classify(options: &Options, reader: Csv, target: &ColumnSummary) -> Result<()> {
    use dl::train::ClassMetric;
    let classes = target.values.clone().unwrap_or_default();
    if !(2..=CLASSES).contains(&classes.len()) {
        let found = if target.values.is_none() { format!("more than {CATEGORIES}") } else { classes.len().to_string() };
        let (setting, expected) = ("--target", format!("a column of 2 to {CLASSES} classes, or `--task regression`"));
        return Err(Error::Setting { setting, of: "tabular", expected, found: format!("one of {found}") });
    }
    println!("{:>24}  the target, a class: {}", target.name, list(&classes));
    let (rows, encoding) = reader.classes(&classes).learn::<Row, u32>(&options.data)?;
    let (rest, test) = stratified_split(&rows.targets, 0.8, 42)?.of(&rows);
    let (train, validation) = stratified_split(&rest.targets, 0.75, 42)?.of(&rest);
    let table = Table::new(&target.name, Task::Classes(classes.clone()), encoding, &train)?;
    let net: Box<Classifier> = fit(CrossEntropy, &table.apply(&train)?, &table.apply(&validation)?, options.epochs)?;
    table.save(&*net, &options.out)?;

    let (mut matrix, mut f1) = (ConfusionMatrix::new(classes.len()), F1::default());
    for (output, label) in net.predict(&table.apply(&test)?.inputs).iter().zip(&test.targets) {
        let scores = ClassScores::logits(&output[..classes.len()]);
        matrix.add(scores, *label);
        f1.add(scores, *label);
    }
    let names: Vec<&str> = classes.iter().map(String::as_str).collect();
    println!("saved to {}\n\n{}", options.out.display(), matrix.table(&names)?);
    let (accuracy, f1) = (100.0 * matrix.accuracy(), f1.value(classes.len()));
    println!("{} test rows: accuracy {accuracy:.1}%, macro F1 {f1:.3}", test.len());
    Ok(())
}

/// Learns a number, and prints how far it is off for the test rows.
fn regress(options: &Options, reader: Csv, target: &ColumnSummary) -> Result<()> {
    println!("{:>24}  the target, a number", target.name);
    let (mut rows, encoding) = reader.learn::<Row, [f32; 1]>(&options.data)?;
    rows.shuffle(42);
    let (rest, test) = rows.split(0.8);
    let (mut train, mut validation) = rest.split(0.75);
    // Otherwise the training would be spent on finding the mean of the target.
    let units = Normalizer::per_feature(&train.targets)?;
    units.apply(&mut train.targets);
    units.apply(&mut validation.targets);
    let table = Table::new(&target.name, Task::Number(units.clone()), encoding, &train)?;
    let net: Box<Regressor> = fit(Mse, &table.apply(&train)?, &table.apply(&validation)?, options.epochs)?;
    table.save(&*net, &options.out)?;

    let mut outputs = net.predict(&table.apply(&test)?.inputs);
    units.undo(&mut outputs);
    let (r2, distance) = (score(R2::default(), &outputs, &test), score(MeanAbsoluteError::default(), &outputs, &test));
    println!("saved to {}\n", options.out.display());
    println!("{} test rows: R² {r2:.3}, mean absolute error {distance:.2}", test.len());
    Ok(())
}

/// The value of a metric of numbers.
fn score(
    mut metric: impl dl::train::Metric<[f32; 1], [f32; 1]>,
    outputs: &[[f32; 1]],
    test: &Dataset<Row, [f32; 1]>,
) -> f64 {
    outputs.iter().zip(&test.targets).for_each(|(output, target)| metric.add(output, target));
    metric.value()
}

/// A column whose cells are mostly numbers should have numbers alone: a text in it is an error, which says where it is.
fn is_number(column: &ColumnSummary) -> bool {
    2 * column.numbers > column.rows - column.blanks
}

/// The first of many names.
fn list(names: &[String]) -> String {
    let first = names.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 8 { format!("{first}, … ({} in all)", names.len()) } else { first }
}

/// Trains a network until the validation loss no longer falls. Ctrl-C ends it earlier, with the best weights so far.
fn fit<M: Model<Input = Row>, T: Sample, L>(
    loss: L,
    train: &Dataset<Row, T>,
    validation: &Dataset<Row, T>,
    epochs: usize,
) -> Result<Box<M>>
where
    ExternalLoss<L>: Criterion<M, Target = T>,
{
    let mut net = M::init(42);
    let trainer = Trainer::new(AdamW::new(1e-3).weight_decay(0.1)).loss(loss).epochs(epochs).batch_size(BATCH);
    // A last batch of one row has no deviation for `batch_norm`.
    let trainer = trainer.drop_last(train.len() >= BATCH).validate(validation).early_stopping(50).stop_on_ctrl_c();
    let history = trainer.quiet().fit(&mut net, train)?;
    println!("\n{}", history.ending());
    Ok(net)
}
