//! Data sets and their sources: the digits in this crate, readers of files, arrays of `ndarray`, series, and text; normalisation, and batches
//! of sequences of similar lengths.

#[cfg(feature = "csv")]
mod csv;
mod dataset;
mod digits;
pub mod idx;
mod lengths;
mod mnist;
#[cfg(feature = "ndarray")]
mod ndarray;
mod normalize;
mod sample;
mod series;
pub mod text;

#[cfg(feature = "csv")]
pub use csv::{Blank, Csv};
pub use dataset::{Dataset, Split, check_labels};
pub use digits::{Digit, digits};
pub use lengths::similar_lengths;
pub use mnist::{MnistImage, mnist};
#[cfg(feature = "ndarray")]
pub use ndarray::{array, samples};
pub use normalize::Normalizer;
pub use sample::{Number, Sample};
pub use series::{forecasts, streams, windows};
