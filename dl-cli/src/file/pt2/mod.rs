//! Opens programs of `torch.export.save` (`.pt2`): a zip archive of a graph as JSON, and of weights as plain numbers. Nothing is unpickled.

mod archive;
pub mod schema;
mod tensors;

use super::{Content, File, Kind, Tensor};
use crate::{Error, Result};
use archive::Archive;
use dl_onnx::Bytes;
use schema::{Argument, ExportedProgram, InputSpec, OutputSpec, PayloadConfig, SymInt};
use std::collections::BTreeMap;
use std::path::Path;
pub use tensors::Stored;

const FORMAT: &str = "PT2";

/// The most bytes of all tensors for each byte of the file, of which several tensors may be the same part.
const MOST_PER_BYTE: usize = 64;

/// A program with its tensors.
#[derive(Debug)]
pub struct Program {
    /// The graph.
    pub exported: ExportedProgram,
    /// Weights and buffers, and then constants.
    pub tensors: Vec<Stored>,
}

/// Returns whether a file is an exported program: by its name, or by the first file of a zip archive.
pub(super) fn is_pt2(path: &Path, content: &[u8]) -> bool {
    let first_file = || {
        let len = usize::from(u16::from_le_bytes(content.get(26..28)?.try_into().ok()?));
        content.get(30..30 + len)
    };
    let begins = |name: &[u8]| {
        let inside = name.iter().position(|byte| *byte == b'/').map_or(name, |at| &name[at + 1..]);
        let known: [&[u8]; 5] = [b"data/weights/", b"data/constants/", b"models/", b"archive_format", b"serialized_"];
        known.iter().any(|known| inside.starts_with(known))
    };
    let zip = content.starts_with(b"PK\x03\x04");
    let named = path.extension().is_some_and(|extension| extension == "pt2");
    zip && (named || first_file().is_some_and(begins))
}

/// Reads the program in the file at `path`.
///
/// # Errors
/// Returns an error for a file that cannot be read, is damaged, or has weights that only Python can read.
pub fn read(path: &Path) -> Result<Program> {
    Program::new(path, super::map(path)?.shared())
}

/// Opens a file: its tensors, with what is known about the program as metadata.
pub(super) fn open(path: &Path, content: Content) -> Result<File> {
    let program = Program::new(path, content.shared())?;
    let metadata = metadata(&program.exported);
    let (mut tensors, mut contents) = (Vec::new(), Vec::new());
    for Stored { name, dtype, shape, bytes } in program.tensors {
        tensors.push(Tensor { name, dtype, shape, content: contents.len(), bytes: 0..bytes.len() });
        contents.push(Content::Shared(bytes));
    }
    Ok(File { path: path.into(), kind: Kind::Pt2, metadata, tensors, contents })
}

impl Program {
    /// Reads a program of the bytes of its file.
    ///
    /// # Errors
    /// As [`read`].
    pub fn new(path: &Path, content: Bytes) -> Result<Program> {
        let broken = |expected: &str, found: String| broken(path, expected, found);
        let archive = Archive::open(content).map_err(|found| broken("a zip archive without compression", found))?;
        if archive.file("serialized_exported_program.json").is_some() {
            return Err(broken(NEWER, "one of an older PyTorch, whose weights are a Python pickle".into()));
        }
        let models: Vec<&str> =
            archive.names().filter_map(|name| name.strip_prefix("models/")?.strip_suffix(".json")).collect();
        let [model] = models[..] else { return Err(broken("one model", format!("{models:?}"))) };
        if archive.file(&format!("data/weights/{model}.pt")).is_some() {
            return Err(broken(NEWER, "weights that are a Python pickle".into()));
        }
        let json = |name: &str| archive.file(name).ok_or_else(|| broken(name, "no such file".into()));
        let exported: ExportedProgram = serde_json::from_slice(&json(&format!("models/{model}.json"))?)
            .map_err(|error| broken("an exported program as JSON", error.to_string()))?;
        if exported.schema_version.major != schema::VERSION {
            let found = exported.schema_version.major.to_string();
            return Err(broken(&format!("version {} of the format", schema::VERSION), found));
        }
        let mut tensors: Vec<Stored> = Vec::new();
        for kind in ["weights", "constants"] {
            let folder = format!("data/{kind}");
            let config: PayloadConfig = serde_json::from_slice(&json(&format!("{folder}/{model}_{kind}_config.json"))?)
                .map_err(|error| broken(&format!("the list of {kind} as JSON"), error.to_string()))?;
            for (name, payload) in &config.config {
                let place = format!("{folder}/{}", payload.path_name);
                if payload.use_pickle {
                    return Err(broken(&format!("`{name}` as plain numbers"), format!("a Python pickle in {place}")));
                }
                let file = archive
                    .file(&place)
                    .ok_or_else(|| broken(&format!("`{name}` in {place}"), "no such file".into()))?;
                let tensor = Stored::new(name, payload, &file);
                tensors.push(
                    tensor.map_err(|wrong| broken(&format!("`{name}` in {place}: {}", wrong.expected), wrong.found))?,
                );
            }
        }
        let total = tensors.iter().fold(0_usize, |sum, tensor| sum.saturating_add(tensor.bytes.len()));
        if total > archive.len().saturating_mul(MOST_PER_BYTE) {
            return Err(broken(
                "tensors of its own bytes",
                format!("{total} bytes of tensors in {} bytes", archive.len()),
            ));
        }
        Ok(Program { exported, tensors })
    }
}

/// Makes an error about the file at `path`.
pub fn broken(path: &Path, expected: &str, found: String) -> Error {
    Error::Format { path: path.into(), format: FORMAT, expected: expected.into(), found }
}

const NEWER: &str = "an archive of `torch.export.save` in PyTorch 2.9 or later, which writes weights as plain numbers";

/// Returns who wrote a program, and its inputs, outputs and operators.
fn metadata(exported: &ExportedProgram) -> BTreeMap<String, String> {
    let (graph, signature) = (&exported.graph_module.graph, &exported.graph_module.signature);
    let declaration = |argument: &Argument| {
        let Argument::Tensor(name) = argument else { return "no tensor".to_owned() };
        let Some(meta) = graph.tensor_values.get(name) else { return name.clone() };
        let size = |size: &SymInt| match size {
            SymInt::AsInt(size) => size.to_string(),
            // A run-time size: `Symbol('s46', positive=True, integer=True)`.
            SymInt::AsExpr { expr_str } => expr_str.split('\'').nth(1).unwrap_or(expr_str).to_owned(),
        };
        let sizes = meta.sizes.iter().map(size).collect::<Vec<_>>().join(", ");
        format!("{name}: {}[{sizes}]", meta.element().map_or("?", |element| element.name()))
    };
    let inputs = signature.input_specs.iter().filter_map(|spec| match spec {
        InputSpec::UserInput { arg } => Some(declaration(arg)),
        _ => None,
    });
    let outputs = signature.output_specs.iter().filter_map(|spec| match spec {
        OutputSpec::UserOutput { arg } => Some(declaration(arg)),
        _ => None,
    });
    let mut operators: BTreeMap<&str, usize> = BTreeMap::new();
    graph.nodes.iter().for_each(|node| *operators.entry(operator(&node.target)).or_default() += 1);
    let operators: Vec<String> = operators.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let entries = [
        ("torch_version", exported.torch_version.clone()),
        ("schema_version", format!("{}.{}", exported.schema_version.major, exported.schema_version.minor)),
        ("inputs", inputs.collect::<Vec<_>>().join(", ")),
        ("outputs", outputs.collect::<Vec<_>>().join(", ")),
        ("operators", operators.join(", ")),
    ];
    entries.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Returns the name of an operator without what all have: `aten.conv2d.default`.
pub fn operator(target: &str) -> &str {
    target.strip_prefix("torch.ops.").unwrap_or(target)
}
