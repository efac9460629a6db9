//! Data sets and their sources: the digits in this crate, readers of files, arrays of `ndarray`, and text; and normalisation of data.

#[cfg(feature = "csv")]
mod csv;
mod dataset;
mod digits;
pub mod idx;
mod mnist;
#[cfg(feature = "ndarray")]
mod ndarray;
mod normalize;
mod sample;
pub mod text;

#[cfg(feature = "csv")]
pub use csv::{Blank, Csv};
pub use dataset::{Dataset, Split, check_labels};
pub use digits::{Digit, digits};
pub use mnist::{MnistImage, mnist};
#[cfg(feature = "ndarray")]
pub use ndarray::{array, samples};
pub use normalize::Normalizer;
pub use sample::{Number, Sample};
