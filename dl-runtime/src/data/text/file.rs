//! Files of tokenizers: JSON, as serde writes it.

use crate::io::write_atomic;
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::{fs, path::Path};

/// Writes a tokenizer.
pub fn save(tokenizer: &impl Serialize, path: &Path) -> Result<()> {
    write_atomic(path, |file| Ok(serde_json::to_writer(file, tokenizer)?))
}

/// Reads a tokenizer; `expected` says in errors what the file should hold.
pub fn load<T: DeserializeOwned>(path: &Path, expected: &str) -> Result<T> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Format {
        path: path.to_path_buf(),
        format: "JSON",
        expected: expected.into(),
        found: error.to_string(),
    })
}
