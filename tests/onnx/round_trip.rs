//! What is exported comes back: the source that `dl import` writes of a file exports the same file again.
//!
//! A program only runs what it was compiled with, so the sources lie in `imported`, and the tests compare them with what is written now.
//! `DL_BLESS=1` writes them again; the source of a new network begins as any model of its name.

use crate::harness::trained;
use dl::Model;
use dl_cli::import::{Imported, Options, import};
use std::path::Path;

/// Declares a module for each source.
macro_rules! sources {
    ($folder:literal: $($name:ident),* $(,)?) => {
        $(mod $name {
            include!(concat!(env!("CARGO_MANIFEST_DIR"), "/onnx/imported/", $folder, ".", stringify!($name), ".rs"));
        })*
    };
}
pub(crate) use sources;

/// Declares a test for each network, whose source has a model of the name after the arrow.
macro_rules! come_back {
    ($folder:literal: $($name:ident: $from:ty => $back:ident;)*) => {
        mod come_back {
            use super::*;
            crate::round_trip::sources! { $folder: $($name),* }
            $(#[test]
            fn $name() {
                crate::round_trip::comes_back::<$from, $name::$back>(concat!($folder, ".", stringify!($name)));
            })*
        }
    };
}
pub(crate) use come_back;

/// Exports `M`, imports the file, and exports the imported model, `N`.
pub fn comes_back<M: Model, N: Model>(name: &str) {
    let first = trained::<M>().to_onnx().unwrap();
    let imported = imported(name, first.clone());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("onnx/imported/{name}.rs"));
    if std::env::var_os("DL_BLESS").is_some() {
        return std::fs::write(path, &imported.source).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == imported.source, "imported/{name}.rs is not what is written now:\n{}", imported.source);
    let second = load::<N>(&imported).to_onnx().unwrap();
    assert!(first == second, "{name} differs:\n{}", difference(first, second));
}

fn imported(name: &str, file: Vec<u8>) -> Imported {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.onnx"));
    std::fs::write(&path, file).unwrap();
    import(path, &Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Loads the model from the file that an import writes.
fn load<N: Model>(imported: &Imported) -> Box<N> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("net.rs");
    imported.write(&out).unwrap();
    N::load(out.with_extension("safetensors")).unwrap_or_else(|error| panic!("{error}\n{}", imported.source))
}

/// Returns the first lines in which the texts of two files differ.
fn difference(a: Vec<u8>, b: Vec<u8>) -> String {
    let text = |bytes: Vec<u8>| {
        let model = dl_onnx::decode(bytes).unwrap();
        let mut graph = model.graph.clone().unwrap();
        let mut lines = vec![format!("{:?} {:?}", model.doc_string, graph.name)];
        for tensor in std::mem::take(&mut graph.initializer) {
            lines.push(format!(
                "{} {:?} {:?}",
                tensor.name(),
                tensor.dims,
                &tensor.raw_data().iter().take(24).collect::<Vec<_>>()
            ));
        }
        for node in std::mem::take(&mut graph.node) {
            lines.push(format!(
                "{} {} {:?} -> {:?} {:?}",
                node.op_type(),
                node.name(),
                node.input,
                node.output,
                node.attribute
            ));
        }
        lines.push(format!("{graph:?}"));
        lines
    };
    let (a, b) = (text(a), text(b));
    let lines = a.iter().map(Some).chain([None; 1]).zip(b.iter().map(Some).chain([None; 1]));
    let differ = lines.filter(|(a, b)| a != b).take(12);
    differ.map(|(a, b)| format!("- {}\n+ {}\n", a.map_or("", |a| a), b.map_or("", |b| b))).collect()
}
