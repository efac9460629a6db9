//! Predicts new rows with a network of `tabular`: `cargo run --release --example tabular_predict -- --model tabular.safetensors --data NEW.csv`.
//!
//! The file of the network holds everything that new rows need: the names of its columns, the categories, what blank cells are filled with,
//! means and deviations, and the names of the classes. Columns are found by name: they may be in another order, and there may be others,
//! such as the target. Writes one line for each row, as CSV: the class with its probability, or the number.

use clap::Parser;
use common::tabular::{Classifier, Regressor, Row, Table, Task, csv};
use dl::data::{Dataset, Unknown};
use dl::io::{Load, write_atomic};
use dl::prelude::*;
use dl::train::ClassScores;
use dl::{Error, Predictor, Result};
use std::path::PathBuf;

/// Predicts new rows of a table
#[derive(Parser)]
struct Options {
    /// File that `tabular` has written
    #[arg(long, default_value = "tabular.safetensors")]
    model: PathBuf,
    /// CSV file with the names of the columns in its first line
    #[arg(long)]
    data: PathBuf,
    /// Character between fields
    #[arg(long, default_value_t = ',')]
    delimiter: char,
    /// Accepts categories that the network does not know, as none of those that it knows
    #[arg(long)]
    unknown: bool,
    /// File to write; the standard output if there is no other wish
    #[arg(long)]
    out: Option<PathBuf>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let table = Table::read(&options.model)?;
    let unknown = if options.unknown { Unknown::Reserve } else { Unknown::Refuse };
    // No column is a target.
    let reader = csv(options.delimiter)?.targets([""; 0]).encoding(&table.encoding).unknown(unknown);
    let rows: Dataset<Row, [f32; 0]> = reader.read(&options.data)?;
    let inputs = table.apply(&rows)?.inputs;

    let mut lines = quoted(&table.target);
    match &table.task {
        Task::Classes(names) => {
            lines += ",probability\n";
            let net: Box<Classifier> = Load::new().load(&options.model)?;
            for output in net.predict(&inputs) {
                let probabilities = ClassScores::logits(&output[..names.len()]).to_probabilities();
                let best = probabilities.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
                let (class, probability) = best.ok_or(Error::Empty { what: "list of classes" })?;
                lines += &format!("{},{probability:.4}\n", quoted(&names[class]));
            }
        }
        Task::Number(units) => {
            lines.push('\n');
            let net: Box<Regressor> = Load::new().load(&options.model)?;
            Predictor::new(net).targets(units).predict(&inputs).iter().for_each(|[y]| lines += &format!("{y}\n"));
        }
    }
    match &options.out {
        Some(path) => write_atomic(path, |to| to.write_all(lines.as_bytes())),
        None => {
            print!("{lines}");
            Ok(())
        }
    }
}

/// A field of CSV, in quotes if it needs them.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}
