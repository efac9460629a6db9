//! The errors of this crate, each with the file, and the tensor if there is one.

use std::path::PathBuf;

/// The path in errors about bytes that were not read from a file.
pub const IN_MEMORY: &str = "<memory>";

/// A result with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// An error about an ONNX file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file is not an ONNX model: it is cut off, damaged, or of another format.
    #[error("{path}: not an ONNX model: {reason}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The first thing that is wrong.
        reason: String,
    },
    /// A file is larger than the 2 GiB that protobuf allows.
    #[error("{path}: {found} bytes; an ONNX file has at most {most}, with larger weights in a file of their own", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The size in bytes.
        found: u64,
        /// The largest size in bytes.
        most: u64,
    },
    /// A file consists of so many empty parts that it needs far more memory than it has bytes.
    #[error("{path}: {found} bytes would need {wanted} bytes of memory, so this is no honest ONNX model", path = path.display())]
    Inflated {
        /// The file.
        path: PathBuf,
        /// The size in bytes.
        found: usize,
        /// The memory in bytes at which reading stopped.
        wanted: usize,
    },
    /// The numbers of a tensor cannot be read.
    #[error("{path}: tensor `{tensor}`: {reason}", path = path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The name of the tensor.
        tensor: String,
        /// The expected and the found value.
        reason: String,
    },
    /// The numbers of a tensor lie in another file, which cannot be read.
    #[error("{path}: the weights of tensor `{tensor}` lie in the file `{location}`: {reason}", path = path.display())]
    External {
        /// The ONNX file.
        path: PathBuf,
        /// The name of the tensor.
        tensor: String,
        /// The other file, as the ONNX file names it.
        location: String,
        /// Why it cannot be read.
        reason: String,
    },
}

impl Error {
    /// Returns a function that makes an [`Error::Io`] about `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
