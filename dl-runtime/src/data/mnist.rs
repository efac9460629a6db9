//! Reads MNIST, and other data sets in the same four files, such as Fashion-MNIST.

use super::idx;
use super::{Dataset, Sample, Split};
use crate::tensor::pod::flat_mut;
use crate::{Error, Result};
use std::io::ErrorKind;
use std::path::Path;

/// One image, with the channel as the first dimension: 0 is background, 1 is ink.
pub type MnistImage = [[[f32; 28]; 28]; 1];

/// Reads the four files of MNIST from a folder, plain or compressed (`.gz`), with grey values scaled to 0..=1.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`. Their authors are Y. LeCun, C. Cortes and C. Burges.
///
/// # Errors
/// Returns the errors of [`idx::read`], [`Error::UnequalLengths`], and [`Error::LabelOutOfRange`] for a label above 9.
pub fn mnist(folder: impl AsRef<Path>) -> Result<Split<MnistImage, u32>> {
    let folder = folder.as_ref();
    Ok(Split { train: part(folder, "train")?, test: part(folder, "t10k")? })
}

fn part(folder: &Path, part: &str) -> Result<Dataset<MnistImage, u32>> {
    let mut images: Vec<MnistImage> = read(folder, &format!("{part}-images-idx3-ubyte"))?;
    scale(flat_mut(&mut images));
    let set = Dataset::new(images, read(folder, &format!("{part}-labels-idx1-ubyte"))?)?;
    set.check_labels(10)?;
    Ok(set)
}

/// A separate function is optimised with this crate and not with the user's.
#[inline(never)]
fn scale(greys: &mut [f32]) {
    greys.iter_mut().for_each(|grey| *grey /= 255.0);
}

/// Reads the file of this name, or the compressed one.
fn read<T: Sample>(folder: &Path, name: &str) -> Result<Vec<T>> {
    match idx::read(folder.join(name)) {
        Err(Error::Io { path, source }) if source.kind() == ErrorKind::NotFound => {
            // If neither file exists, the error names the plain one.
            match idx::read(folder.join(format!("{name}.gz"))) {
                Err(Error::Io { source: packed, .. }) if packed.kind() == ErrorKind::NotFound => {
                    Err(Error::Io { path, source })
                }
                result => result,
            }
        }
        result => result,
    }
}
