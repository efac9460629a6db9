//! Data sets and where they come from: the packed digits, readers of files, arrays, and normalisation.

#[cfg(feature = "csv")]
mod csv;
mod dataset;
mod digits;
pub mod idx;
mod mnist;
mod sample;

#[cfg(feature = "csv")]
pub use csv::Csv;
pub use dataset::{Dataset, Split, check_labels};
pub use digits::{Digit, digits};
pub use mnist::{MnistImage, mnist};
pub use sample::{Number, Sample};
