//! The command `dl`.

use clap::{Parser, Subcommand, ValueEnum};
use dl_cli::convert::{To, convert};
use dl_cli::file::File;
use dl_cli::import::{Options, import};
use dl_cli::inspect::Report;
use dl_cli::{Error, Result};
use dl_runtime::io::{Rules, transformers};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Looks into files of models, converts them, and imports networks.
#[derive(Parser)]
#[command(name = "dl", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows what is in a file: safetensors (also an index of several), a checkpoint, GGUF, ONNX, PT2
    Inspect {
        /// The file
        file: PathBuf,
        /// Reads all numbers: minimum, maximum, mean, and how many are NaN
        #[arg(long)]
        statistics: bool,
        /// Writes JSON
        #[arg(long)]
        json: bool,
    },
    /// Writes a safetensors file with other names, layouts or precision
    ///
    /// Names are patterns: `{i}` is a number, and `*` between dots is any further parts of a name.
    /// An axis is that of the tensor in the file.
    Convert(Box<Convert>),
    /// Writes an ONNX file, or a program of `torch.export.save` (.pt2), as the source of a `model!`, and its weights beside it
    ///
    /// What cannot be translated is listed, and nothing is written.
    Import {
        /// The ONNX or PT2 file
        file: PathBuf,
        /// The Rust file to write
        #[arg(short, long)]
        out: PathBuf,
        /// The name of the model
        #[arg(long)]
        name: Option<String>,
        /// Makes batch norms a part of the convolution or dense layer before them
        #[arg(long)]
        fold_batch_norm: bool,
    },
}

#[derive(clap::Args)]
struct Convert {
    /// The file: safetensors (also an index of several), a checkpoint, GGUF, ONNX, PT2
    file: PathBuf,
    /// The safetensors file to write
    out: PathBuf,
    /// Gives tensors another name: 'encoder.layer.{i}.*=layer{i}.*'
    #[arg(long, value_name = "FILE=MODEL")]
    rename: Vec<String>,
    /// Transposes matrices: [in, out] becomes [out, in]
    #[arg(long, value_name = "FILE")]
    transpose: Vec<String>,
    /// Splits tensors into equal parts along an axis: 'h.{i}.qkv.weight:0=h.{i}.q.weight,h.{i}.k.weight,h.{i}.v.weight'
    #[arg(long, value_name = "FILE:AXIS=MODEL,MODEL…")]
    split: Vec<String>,
    /// Joins tensors along an axis: 'gate.weight,up.weight:0=gate_up.weight'
    #[arg(long, value_name = "FILE,FILE…:AXIS=MODEL")]
    join: Vec<String>,
    /// Leaves tensors out
    #[arg(long, value_name = "FILE")]
    drop: Vec<String>,
    /// The rules of a model of the Python library `transformers`
    #[arg(long, value_enum)]
    rules: Vec<Model>,
    /// The type of the numbers
    #[arg(long, value_enum, default_value = "f32")]
    to: Precision,
}

/// The models whose rules `dl::io::transformers` has.
#[derive(Clone, Copy, ValueEnum)]
enum Model {
    Gpt2,
    Bert,
    Llama,
    Marian,
    Vit,
}

#[derive(Clone, Copy, ValueEnum)]
enum Precision {
    F32,
    F16,
    Bf16,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Inspect { file, statistics, json } => {
            let report = Report::new(&File::open(file)?, statistics);
            let text = if json {
                serde_json::to_string_pretty(&report).expect("names, texts and numbers") + "\n"
            } else {
                report.to_string()
            };
            print(&text);
        }
        Command::Import { file, out, name, fold_batch_norm } => {
            let imported = import(&file, &Options { name, fold_batch_norm })?;
            imported.write(&out)?;
            let (lines, tensors) = (imported.source.lines().count(), imported.tensors.len());
            print(&format!("{}: {lines} lines, {tensors} tensors\n", out.display()));
        }
        Command::Convert(arguments) => {
            let to = match arguments.to {
                Precision::F32 => To::F32,
                Precision::F16 => To::F16,
                Precision::Bf16 => To::BF16,
            };
            let rules = rules(&arguments)?;
            let written = convert(&File::open(&arguments.file)?, &rules, to, &arguments.out)?;
            for name in &written.left_out {
                eprintln!("note: `{name}` counts batches, which models do not; it was left out");
            }
            print(&format!("{}: {} tensors, {} bytes\n", arguments.out.display(), written.tensors, written.bytes));
        }
    }
    Ok(())
}

/// Writes to the standard output; a reader that has seen enough, such as `head`, is no error.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Makes rules of the arguments. A rule that the user wrote must fit a tensor.
fn rules(arguments: &Convert) -> Result<Rules> {
    let mut rules = Rules::new();
    let wrong = |argument, expected, found: &str| Error::Argument { argument, expected, found: found.into() };
    for text in &arguments.rename {
        let (file, model) = text.split_once('=').ok_or_else(|| wrong("rename", "FILE=MODEL", text))?;
        rules = rules.rename(file, model);
    }
    for text in &arguments.split {
        let parsed = sides(text).ok_or_else(|| wrong("split", "FILE:AXIS=MODEL,MODEL", text))?;
        rules = rules.split(parsed.files, parsed.axis, parsed.models.split(',').collect::<Vec<_>>());
    }
    for text in &arguments.join {
        let parsed = sides(text).ok_or_else(|| wrong("join", "FILE,FILE:AXIS=MODEL", text))?;
        rules = rules.join(parsed.files.split(',').collect::<Vec<_>>(), parsed.axis, parsed.models);
    }
    rules = arguments.transpose.iter().fold(rules, |rules, file| rules.transpose(file));
    rules = arguments.drop.iter().fold(rules, |rules, file| rules.skip(file));
    if arguments.rules.is_empty() {
        return Ok(rules.strict(true));
    }
    // Rules of a library are for files of several versions.
    let library = arguments.rules.iter().map(|model| match model {
        Model::Gpt2 => transformers::gpt2(),
        Model::Bert => transformers::bert(),
        Model::Llama => transformers::llama(),
        Model::Marian => transformers::marian(),
        Model::Vit => transformers::vit(),
    });
    Ok(library.fold(rules, Rules::and))
}

/// The parts of FILE:AXIS=MODEL.
struct Sides<'a> {
    files: &'a str,
    axis: usize,
    models: &'a str,
}

fn sides(text: &str) -> Option<Sides<'_>> {
    let (left, models) = text.split_once('=')?;
    let (files, axis) = left.rsplit_once(':')?;
    Some(Sides { files, axis: axis.parse().ok()?, models })
}
