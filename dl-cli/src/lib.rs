//! The command `dl`, as a library for its tests: looks into files of models ([`inspect`]), converts them ([`convert`]), and imports
//! networks as source ([`import`]).

pub mod convert;
pub mod error;
pub mod file;
pub mod import;
pub mod inspect;

pub use error::{Error, Result};
