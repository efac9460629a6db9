//! The summary of a model: a table of its layers, with parameters, multiply-adds and memory.

use super::Model;
use crate::network::shape_text;
use crate::{LayerInfo, Pod};
use dl_drawing::grouped;
use std::fmt::{self, Display, Formatter};

/// The summary that [`Model::summary`] returns. It is displayed as a table for terminals.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The name of the struct.
    pub name: &'static str,
    /// All layers, in order of execution.
    pub layers: &'static [LayerInfo],
    /// The number of trained parameters.
    pub parameters: usize,
    /// The number of elements that are measured instead of trained: the running statistics of batch norm.
    pub statistics: usize,
    /// The number of multiply-adds of the forward pass for one sample.
    pub multiply_adds: u64,
    /// The memory that prediction needs.
    pub inference: Memory,
    /// The memory that training needs, without the state of the optimizer (Adam: two numbers for each parameter).
    pub training: Memory,
}

/// An amount of memory that grows with the batch size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The bytes for any batch size: weights, and gradients in training.
    pub fixed: usize,
    /// The bytes for each sample of a batch: input, output and intermediate values.
    pub per_sample: usize,
}

impl Memory {
    /// Returns the bytes for batches of `samples`.
    pub const fn bytes(self, samples: usize) -> usize {
        self.fixed + samples * self.per_sample
    }
}

impl Summary {
    pub(crate) fn of<M: Model>() -> Self {
        Summary {
            name: M::NAME,
            layers: M::LAYERS,
            parameters: M::PARAMETERS,
            statistics: <M as Pod>::LEN - M::PARAMETERS,
            multiply_adds: M::MULTIPLY_ADDS,
            inference: M::INFERENCE_MEMORY,
            training: M::TRAINING_MEMORY,
        }
    }
}

/// The cells of a row; the first three are left-aligned texts, the others right-aligned numbers.
type Row = [String; 5];

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let head = ["name", "layer", "output", "parameters", "multiply-adds"].map(String::from);
        let mut rows: Vec<Row> = Vec::new();
        add_rows(self.layers, 0, &mut rows);
        let sum = [self.name, "", "", &grouped(self.parameters as u64), &grouped(self.multiply_adds)].map(String::from);
        let mut widths = [0; 5];
        for row in rows.iter().chain([&head, &sum]) {
            widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.chars().count().max(*width));
        }
        let line = "─".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1) + 2);
        write_row(f, &head, &widths)?;
        writeln!(f, "{line}")?;
        rows.iter().try_for_each(|row| write_row(f, row, &widths))?;
        writeln!(f, "{line}")?;
        write_row(f, &sum, &widths)?;
        if self.statistics > 0 {
            writeln!(f, " running statistics, not trained: {}", grouped(self.statistics as u64))?;
        }
        writeln!(
            f,
            " memory to predict: {} + {} per sample",
            bytes(self.inference.fixed),
            bytes(self.inference.per_sample)
        )?;
        let Memory { fixed, per_sample } = self.training;
        write!(f, " memory to train:   {} + {} per sample, and the optimizer's", bytes(fixed), bytes(per_sample))
    }
}

/// Adds a row for each layer. The layers of a model inside the model follow its first use, indented.
fn add_rows(layers: &[LayerInfo], depth: usize, rows: &mut Vec<Row>) {
    for layer in layers {
        let mut cells = row(layer);
        cells[0].insert_str(0, &"  ".repeat(depth));
        rows.push(cells);
        let again = layer.parameters == 0 && layer.inside.iter().any(|inside| inside.parameters > 0);
        if !again {
            add_rows(layer.inside, depth + 1, rows);
        }
    }
}

fn row(layer: &LayerInfo) -> Row {
    // Zeros are left out, so that the layers that cost something stand out.
    let number = |n: u64| if n == 0 { String::new() } else { grouped(n) };
    [
        layer.name.to_string(),
        layer.layer.to_string(),
        shape_text(layer.output),
        number(layer.parameters as u64),
        number(layer.multiply_adds),
    ]
}

fn write_row(f: &mut Formatter<'_>, [name, layer, output, parameters, work]: &Row, widths: &[usize; 5]) -> fmt::Result {
    let [a, b, c, d, e] = *widths;
    let row = format!(" {name:a$}  {layer:b$}  {output:c$}  {parameters:>d$}  {work:>e$}");
    writeln!(f, "{}", row.trim_end())
}

/// Writes a number of bytes in the largest decimal unit with at least one of it: `241 kB`.
fn bytes(n: usize) -> String {
    let (mut value, mut unit) = (n as f64, "bytes");
    for larger in ["kB", "MB", "GB", "TB"] {
        // A value that would round to 1000 belongs to the next unit.
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    match value {
        _ if unit == "bytes" => format!("{n} {unit}"),
        ..9.95 => format!("{value:.1} {unit}"),
        _ => format!("{value:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        let cases = [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (9_949, "9.9 kB"),
            (9_950, "10 kB"),
            (246_824, "247 kB"),
            (999_600, "1.0 MB"),
            (500_000_000, "500 MB"),
            (8_000_000_000, "8.0 GB"),
        ];
        for (n, text) in cases {
            assert_eq!(bytes(n), text);
        }
    }

    const LINE: LayerInfo = LayerInfo {
        name: "",
        layer: "",
        output: &[],
        parameters: 0,
        multiply_adds: 0,
        inputs: &[],
        inside: &[],
        copies: 1,
        min_batch: 1,
    };

    #[test]
    fn the_table_is_aligned() {
        let layers = &[
            LayerInfo {
                name: "conv1",
                layer: "conv2d(6, 5, padding: 2)",
                output: &[6, 28, 28],
                parameters: 156,
                multiply_adds: 117_600,
                ..LINE
            },
            LayerInfo { name: "relu1", layer: "relu", output: &[6, 28, 28], parameters: 0, multiply_adds: 0, ..LINE },
            LayerInfo {
                name: "logits",
                layer: "dense(10)",
                output: &[10],
                parameters: 47_050,
                multiply_adds: 47_040,
                ..LINE
            },
        ];
        let summary = Summary {
            name: "Net",
            layers,
            parameters: 47_206,
            statistics: 12,
            multiply_adds: 164_640,
            inference: Memory { fixed: 188_824, per_sample: 21_992 },
            training: Memory { fixed: 377_648, per_sample: 59_000 },
        };
        let expected = "\
\x20name    layer                     output       parameters  multiply-adds
──────────────────────────────────────────────────────────────────────────
 conv1   conv2d(6, 5, padding: 2)  [6, 28, 28]         156        117,600
 relu1   relu                      [6, 28, 28]
 logits  dense(10)                 [10]             47,050         47,040
──────────────────────────────────────────────────────────────────────────
 Net                                                47,206        164,640
 running statistics, not trained: 12
 memory to predict: 189 kB + 22 kB per sample
 memory to train:   378 kB + 59 kB per sample, and the optimizer's";
        assert_eq!(summary.to_string(), expected);
        assert_eq!(summary.inference.bytes(2), 188_824 + 2 * 21_992);
    }
}
