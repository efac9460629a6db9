//! Data sets and where they come from: the packed digits, readers of files, arrays, and normalisation.

mod dataset;

pub use dataset::{Dataset, check_labels};
