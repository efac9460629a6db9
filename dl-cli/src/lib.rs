//! The command `dl`, as a library for its tests: looks into files of models ([`inspect`]) and converts them ([`convert`]).

pub mod convert;
pub mod error;
pub mod file;
pub mod inspect;

pub use error::{Error, Result};
