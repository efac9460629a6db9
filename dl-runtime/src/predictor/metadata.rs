//! The things that belong to a network, as the metadata of a file: written, and checked against the model when it is read.

use super::Scaling;
use super::samples::row_len;
use crate::network::RUN_TIME;
use crate::tensor::Pack;
use crate::{Error, Passes, Result};
use serde::de::DeserializeOwned;
use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The keys. Files of other programs have metadata too, such as `classes`, in forms of their own.
const INPUTS: &str = "dl.inputs";
const TARGETS: &str = "dl.targets";
const CLASSES: &str = "dl.classes";
pub(super) const TOKENIZER: &str = "dl.tokenizer";
/// All keys that are no notes, with those that every file of a model has.
pub(super) const KEYS: [&str; 7] = [INPUTS, TARGETS, CLASSES, TOKENIZER, "format", "model", "dl"];

/// The things that belong to a network.
#[derive(Debug, Default)]
pub(super) struct Belongings {
    pub inputs: Option<Scaling>,
    pub targets: Option<Scaling>,
    pub classes: Vec<String>,
    /// JSON, whose type only the program knows.
    pub tokenizer: Option<String>,
    pub notes: BTreeMap<String, String>,
    path: Option<PathBuf>,
}

impl Belongings {
    /// Returns the file that this was read from, for errors.
    pub fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(crate::IN_MEMORY))
    }
    /// Returns keys and values for a file.
    pub fn to_metadata(&self) -> Result<Vec<(String, String)>> {
        let json = |key: &str, value: serde_json::Result<String>| match value {
            Ok(text) => Ok((key.to_owned(), text)),
            Err(error) => Err(Error::Metadata {
                path: self.path().into(),
                key: key.into(),
                expected: "what can be written as JSON".into(),
                found: error.to_string(),
            }),
        };
        let mut metadata: Vec<(String, String)> = self.notes.clone().into_iter().collect();
        for (key, scaling) in [(INPUTS, &self.inputs), (TARGETS, &self.targets)] {
            if let Some(scaling) = scaling {
                metadata.push(json(key, serde_json::to_string(scaling))?);
            }
        }
        if !self.classes.is_empty() {
            metadata.push(json(CLASSES, serde_json::to_string(&self.classes))?);
        }
        metadata.extend(self.tokenizer.iter().map(|text| (TOKENIZER.to_owned(), text.clone())));
        Ok(metadata)
    }
    /// Reads the metadata of a file of the model.
    pub fn of_metadata<M: Passes>(mut metadata: BTreeMap<String, String>, path: &Path) -> Result<Self> {
        let file = File { path, metadata: &metadata };
        let inputs = file.scaling::<M::Input>(INPUTS, M::INPUTS.first().map(|input| input.shape))?;
        let targets = file.scaling::<M::Output>(TARGETS, M::OUTPUTS.first().map(|output| output.shape))?;
        let classes = file.json::<Vec<String>>(CLASSES, "a list of names")?;
        if let Some(classes) = &classes {
            check_classes::<M>(classes).map_err(|(expected, found)| file.wrong(CLASSES, &expected, found))?;
        }
        let tokenizer = metadata.remove(TOKENIZER);
        metadata.retain(|key, _| !KEYS.contains(&key.as_str()));
        let classes = classes.unwrap_or_default();
        Ok(Belongings { inputs, targets, classes, tokenizer, notes: metadata, path: Some(path.into()) })
    }
}

/// The metadata of a file.
struct File<'a> {
    path: &'a Path,
    metadata: &'a BTreeMap<String, String>,
}

impl File<'_> {
    fn wrong(&self, key: &str, expected: &str, found: impl ToString) -> Error {
        Error::Metadata { path: self.path.into(), key: key.into(), expected: expected.into(), found: found.to_string() }
    }
    fn json<T: DeserializeOwned>(&self, key: &str, expected: &str) -> Result<Option<T>> {
        let Some(text) = self.metadata.get(key) else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|error| self.wrong(key, expected, error))
    }
    fn scaling<S: Pack>(&self, key: &str, shape: Option<&[usize]>) -> Result<Option<Scaling>> {
        let Some(scaling) = self.json::<Scaling>(key, "means and deviations")? else { return Ok(None) };
        if S::PARTS.len() != 1 || TypeId::of::<S::Element>() != TypeId::of::<f32>() {
            return Err(self.wrong(key, "none for a model of several values or of tokens", "means and deviations"));
        }
        let len = row_len::<S>();
        let channels = shape.and_then(|shape| shape.iter().find(|size| **size != RUN_TIME)).copied().unwrap_or(len);
        scaling
            .check(channels, len)
            .map_err(|(what, expected, found)| self.wrong(key, &format!("{what} of {expected}"), found))?;
        Ok(Some(scaling))
    }
}

/// Checks the names of classes; returns what is expected and what was found.
pub(super) fn check_classes<M: Passes>(names: &[String]) -> Result<(), (String, String)> {
    let outputs = row_len::<M::Output>();
    let counts = |n: usize| format!("{n} name{}", if n == 1 { "" } else { "s" });
    if M::Output::PARTS.len() != 1 || !M::OUTPUT_SEQUENCES.is_empty() {
        let expected = "none for a model of several outputs or of sequences".to_owned();
        return Err((expected, counts(names.len())));
    }
    let expected = if outputs == 1 { 2 } else { outputs };
    if names.len() != expected {
        let each = if outputs == 1 { "for no and yes".into() } else { format!("one for each of {outputs} outputs") };
        return Err((format!("{}, {each}", counts(expected)), counts(names.len())));
    }
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(twice) => Err(("names that differ".into(), format!("`{twice}` twice"))),
        None => Ok(()),
    }
}
