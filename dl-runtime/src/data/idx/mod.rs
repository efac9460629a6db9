//! Reads IDX, the format of MNIST: a header of big-endian sizes, followed by the numbers (<http://yann.lecun.com/exdb/mnist/>).

mod header;
mod read;
mod source;
#[cfg(test)]
mod tests;

use super::Sample;
use crate::{Error, IN_MEMORY, Result};
use std::fs::File;
use std::path::Path;

/// The name of the format in errors.
const FORMAT: &str = "IDX";

/// Reads the samples of an IDX file. Its first bytes show whether it is compressed with gzip.
///
/// The first size in the file is the number of samples, and the other sizes must be those of `T`; leading sizes of 1, such as one
/// channel, are optional. Numbers of the types u8, i8, i16, i32, f32 and f64 are converted to `T`'s `f32` or `u32`; they are not scaled.
///
/// The memory for samples grows with the bytes that the file really contains, whatever its header claims.
///
/// ```no_run
/// # use dl_runtime as dl;
/// let images: Vec<[[f32; 28]; 28]> = dl::data::idx::read("train-images-idx3-ubyte.gz")?;
/// let labels: Vec<u32> = dl::data::idx::read("train-labels-idx1-ubyte.gz")?;
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// Returns [`Error::Io`], [`Error::OtherFormat`] for a file of another format, such as a zip archive, and [`Error::Format`] for a file
/// that is truncated, too long, of another shape, or contains numbers that `T` cannot represent (NaN, infinities, and for `u32` negative
/// numbers and fractions).
pub fn read<T: Sample>(path: impl AsRef<Path>) -> Result<Vec<T>> {
    let path = path.as_ref();
    read::samples(source::open(Box::new(File::open(path).map_err(Error::io(path))?), path)?)
}

/// Reads the samples of an IDX file in memory, as [`read`] does.
///
/// # Errors
/// Returns the errors of [`read`], with [`IN_MEMORY`] as the path.
pub fn parse<T: Sample>(bytes: &[u8]) -> Result<Vec<T>> {
    read::samples(source::open(Box::new(bytes), Path::new(IN_MEMORY))?)
}
