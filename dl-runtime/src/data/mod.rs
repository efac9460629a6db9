//! Data sets and their sources: the digits in this crate, readers of files, arrays of `ndarray`, series, and text; normalisation, and batches
//! of sequences of similar lengths.

pub mod augment;
#[cfg(feature = "csv")]
mod csv;
mod dataset;
mod digits;
mod folds;
pub mod idx;
#[cfg(feature = "images")]
mod images;
mod lengths;
mod mnist;
#[cfg(feature = "ndarray")]
mod ndarray;
mod normalize;
#[cfg(feature = "parquet")]
mod parquet;
mod sample;
mod sampler;
mod scaling;
mod series;
mod source;
#[cfg(any(feature = "csv", feature = "parquet"))]
mod table;
pub mod text;

#[cfg(feature = "csv")]
pub use csv::{ColumnSummary, Csv, CsvSource};
pub use dataset::{Dataset, Split, check_labels};
pub use digits::{Digit, digits};
pub use folds::{Fold, group_k_fold, group_split, k_fold, stratified_k_fold, stratified_split};
#[cfg(feature = "images")]
pub use images::{ImageFolder, ImageSource};
pub use lengths::similar_lengths;
pub use mnist::{MnistImage, mnist};
#[cfg(feature = "ndarray")]
pub use ndarray::{array, samples};
pub use normalize::Normalizer;
#[cfg(feature = "parquet")]
pub use parquet::Parquet;
pub use sample::{Number, Sample};
pub use sampler::WeightedSampler;
pub(crate) use scaling::Scaling;
pub use series::{forecasts, streams, windows};
pub use source::{Augmented, Batches, FromFn, FromIter, Source, from_fn, from_iter};
#[cfg(any(feature = "csv", feature = "parquet"))]
pub use table::{Blank, Encoding, Unknown};
