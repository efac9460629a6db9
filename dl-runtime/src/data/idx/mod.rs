//! The IDX format of MNIST: a header of big-endian sizes, then the numbers (<http://yann.lecun.com/exdb/mnist/>).

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

/// Reads the samples of an IDX file, plain or compressed with gzip; its first bytes show which.
///
/// The first size of the file is the number of samples, the others must be those of `T`; sizes of 1 at the front, such as
/// one channel, may be there or not. Numbers of the types u8, i8, i16, i32, f32 and f64 become `T`'s `f32` or `u32`; they
/// are not scaled.
///
/// The memory for samples grows with the bytes that the file really has, whatever its header says.
///
/// ```no_run
/// # use dl_runtime as dl;
/// let images: Vec<[[f32; 28]; 28]> = dl::data::idx::read("train-images-idx3-ubyte.gz")?;
/// let labels: Vec<u32> = dl::data::idx::read("train-labels-idx1-ubyte.gz")?;
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`], [`Error::OtherFormat`] for a file of another kind, such as a zip archive, and [`Error::Format`] for one that
/// is truncated, too long, of another shape, or holds numbers that `T` cannot (NaN, infinities, and for `u32` what is negative
/// or not whole).
pub fn read<T: Sample>(path: impl AsRef<Path>) -> Result<Vec<T>> {
    let path = path.as_ref();
    read::samples(source::open(Box::new(File::open(path).map_err(Error::io(path))?), path)?)
}

/// Reads the samples of an IDX file in memory, as [`read`].
///
/// # Errors
/// As [`read`], with [`IN_MEMORY`] for the path.
pub fn parse<T: Sample>(bytes: &[u8]) -> Result<Vec<T>> {
    read::samples(source::open(Box::new(bytes), Path::new(IN_MEMORY))?)
}
