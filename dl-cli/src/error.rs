//! The errors of the command, which name the file, the tensor, what was expected and what was found.

use std::path::{Path, PathBuf};

/// An error of the command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A file is not what its beginning or its name says.
    #[error("{path}: not a valid {format} file: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format that it should have.
        format: &'static str,
        /// The expected content.
        expected: String,
        /// The content that was found.
        found: String,
    },
    /// Tensors have elements that models do not have.
    #[error("{path}: models have numbers, which these tensors are not: {}; leave them out by `--drop`", list(tensors), path = path.display())]
    NotNumbers {
        /// The file.
        path: PathBuf,
        /// The names of the tensors, with their types.
        tensors: Vec<String>,
    },
    /// A number is finite in the file, and too large for the type it is converted to.
    #[error("{path}: tensor `{tensor}`: {value:e} at number {at} does not fit into {to}", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The name of the tensor.
        tensor: String,
        /// The number.
        value: f64,
        /// Its place among the numbers of the tensor.
        at: usize,
        /// The type it is converted to.
        to: &'static str,
    },
    /// An argument of the command has another form than expected.
    #[error("`--{argument} {found}`: expected {expected}")]
    Argument {
        /// The name of the argument.
        argument: &'static str,
        /// The form that it should have.
        expected: &'static str,
        /// Its value.
        found: String,
    },
    /// An ONNX file is damaged, or a tensor of it.
    #[error("{text}")]
    Onnx {
        /// The error, with the file.
        text: String,
    },
    /// A network has operators that cannot be translated.
    #[error("{path}: {} cannot be translated; nothing was written:{}", count(unknown), lines(unknown), path = path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// All of them.
        unknown: Vec<crate::import::Unknown>,
    },
    /// An error of the library.
    #[error(transparent)]
    Library(#[from] dl_runtime::Error),
}

/// The result of a function of the command.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<dl_onnx::Error> for Error {
    fn from(error: dl_onnx::Error) -> Error {
        Error::Onnx { text: error.to_string() }
    }
}

impl Error {
    /// Gives an error about ONNX in memory the path of the file.
    pub(crate) fn onnx(path: &Path, error: dl_onnx::Error) -> Error {
        Error::Onnx { text: error.to_string().replacen(dl_onnx::IN_MEMORY, &path.display().to_string(), 1) }
    }
    /// Makes an error of an error of the system about the file at `path`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error + use<> {
        let path = path.to_path_buf();
        |source| Error::Io { path, source }
    }
}

fn list(names: &[String]) -> String {
    const MOST: usize = 12;
    let more = names.len().saturating_sub(MOST);
    let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

fn count<T>(all: &[T]) -> String {
    if all.len() == 1 { "one operator".into() } else { format!("{} operators", all.len()) }
}

fn lines<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(|one| format!("\n  {one}")).collect()
}
