//! `dl import`: an ONNX file, or a program that PyTorch exported, becomes the source of a `model!`, and a safetensors file with its weights.
//!
//! The way of a network: `aten` writes the nodes of PyTorch as those of ONNX, `graph` reads nodes, `constants` evaluates those that no sample flows into, and `importer` translates the others
//! to the layers of `network`, each kind in a file of its own (`images`, `pooling`, `rows`, `norms`, `recurrent`, `attention`, `maths`). What only moves elements
//! is a view (`movement`), so that attention and LSTMs are recognised however their heads and sequences are moved about. `source` finds the
//! parts that are equal, and writes. In a network that this library exported, names are those of its fields (`fields`), and `placing` finds
//! the blocks of what has no name.

mod array;
mod aten;
mod attention;
mod constants;
mod fields;
mod functions;
mod graph;
mod images;
mod importer;
mod inline;
mod maths;
mod movement;
mod network;
mod norms;
mod only_torch;
mod placing;
mod pooling;
mod recurrent;
mod rotary;
mod rows;
mod source;
mod values;

use crate::file::pt2::{self, Program};
use crate::{Error, Result};
use aten::Lowered;
use dl_onnx::Weights;
use dl_runtime::io::safetensors::Writer;
use dl_runtime::io::write_atomic;
use fields::Fields;
use graph::Node;
use importer::Network;
use network::Layer;
use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::path::Path;

/// The settings of an import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Batch norms after convolutions and dense layers become a part of their weights.
    pub fold_batch_norm: bool,
    /// The name of the model; by default that of its class in PyTorch, or of the file.
    pub name: Option<String>,
}

/// A network as source, with its weights.
#[derive(Debug)]
pub struct Imported {
    /// A Rust file with one `model!`.
    pub source: String,
    /// The tensors under the names of the model: name, shape, numbers.
    pub tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
}

/// Something in a file that no layer of the language does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// The name of the node.
    pub node: String,
    /// Its operator.
    pub operator: String,
    /// The module that it is in.
    pub scope: String,
    /// Why it is unknown, and what to do, if there is more to say than that no layer does it.
    pub help: String,
}

impl Unknown {
    fn text(text: String) -> Self {
        Unknown { operator: text, ..Unknown::default() }
    }
    fn node(node: &Node, help: String) -> Self {
        Unknown { node: node.name.clone(), operator: node.operator.clone(), scope: node.path.join("."), help }
    }
    fn layer(layer: &Layer) -> Self {
        let (node, operator) = (layer.node.clone(), layer.operator.clone());
        Unknown { node, operator, scope: layer.path.join("."), help: String::new() }
    }
}

impl Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operator)?;
        if !self.node.is_empty() {
            write!(f, " (node `{}`)", self.node)?;
        }
        if !self.scope.is_empty() {
            write!(f, " in `{}`", self.scope)?;
        }
        if !self.help.is_empty() {
            write!(f, ": {}", self.help)?;
        }
        Ok(())
    }
}

/// Reads the ONNX file at `path`, or the program of `torch.export.save` if its name ends in `.pt2`.
///
/// # Errors
/// Returns an error for a file that cannot be read or is damaged, and [`Error::Unknown`] with everything that cannot be translated.
pub fn import(path: impl AsRef<Path>, options: &Options) -> Result<Imported> {
    let path = path.as_ref();
    if path.extension().is_some_and(|extension| extension == "pt2") {
        return Ok(source(&of_program(path, &pt2::read(path)?, options)?, path, options));
    }
    Ok(source(&of_onnx(path, options)?, path, options))
}

/// Reads a program of `torch.export.save` that is in memory.
///
/// # Errors
/// Returns the errors of [`import`], with the path [`dl_runtime::IN_MEMORY`].
pub fn import_program(bytes: Vec<u8>, options: &Options) -> Result<Imported> {
    let path = Path::new(dl_runtime::IN_MEMORY);
    Ok(source(&of_program(path, &Program::new(path, bytes.into())?, options)?, path, options))
}

fn source(network: &Network, path: &Path, options: &Options) -> Imported {
    let part = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let class = network.classes.get("").and_then(|class| class.rsplit('.').next()).map(String::from);
    let name = options.name.clone().or(network.name.clone()).or(class).unwrap_or_else(|| part(path.file_stem()));
    source::write(network, &source::names::model(&name), &part(path.file_name()))
}

fn of_onnx(path: &Path, options: &Options) -> Result<Network> {
    let model = dl_onnx::read(path)?;
    let mut graph = model.graph.ok_or_else(|| Error::Onnx { text: format!("{}: it has no graph", path.display()) })?;
    let unknown = |unknown| Error::Unknown { path: path.into(), unknown };
    inline::inline(&mut graph, model.functions).map_err(unknown)?;
    let fields = (model.producer_name.as_deref() == Some("dl")).then(|| Fields::of(&graph));
    importer::translate(&graph, &Weights::of(path), options.clone(), fields).map_err(unknown)
}

fn of_program(path: &Path, program: &Program, options: &Options) -> Result<Network> {
    let Lowered { graph, operators } =
        aten::lower(program).map_err(|(expected, found)| pt2::broken(path, &expected, found))?;
    let network = importer::translate(&graph, &Weights::in_memory(), options.clone(), None);
    network.map_err(|mut unknown| {
        // Errors are about the file, and not about what its nodes became.
        for one in &mut unknown {
            if let Some(operator) = operators.get(&one.node) {
                one.operator.clone_from(operator);
            }
        }
        unknown.dedup();
        Error::Unknown { path: path.into(), unknown }
    })
}

impl Imported {
    /// Writes the source to `out`, and the weights beside it, as a safetensors file of the same name.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written.
    pub fn write(&self, out: &Path) -> Result<()> {
        let writer = Writer::new().metadata("format", "pt");
        let writer =
            self.tensors.iter().fold(writer, |writer, (name, shape, numbers)| writer.tensor(name, shape, numbers));
        writer.write(out.with_extension("safetensors"))?;
        write_atomic(out, |to| to.write_all(self.source.as_bytes()))?;
        Ok(())
    }
}
