//! Data sets and where they come from: the packed digits, readers of files, arrays, and normalisation.

mod dataset;
mod digits;

pub use dataset::{Dataset, Split, check_labels};
pub use digits::{Digit, digits};
