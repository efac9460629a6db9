//! A network with what belongs to it: the normalisation of its inputs and targets, the names of its classes, its tokenizer, and notes.

mod class;
mod files;
mod include;
mod metadata;
mod samples;

pub use class::Class;
pub use include::{included_header, included_header_len};

use crate::data::{Normalizer, Sample, Scaling};
use crate::network::Row;
use crate::session::Shared;
use crate::{Error, Model, Result};
use metadata::Belongings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

/// A network with what belongs to it, so that it predicts from raw data: it normalises inputs as in training, brings outputs back to the unit
/// of the targets, and knows the names of its classes. One file holds all of it: a safetensors file of the weights, with the rest as metadata.
///
/// ```
/// # use dl_runtime as dl;
/// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>>(mut train: dl::data::Dataset<[f32; 4], u32>) -> dl::Result<()> {
/// use dl::Predictor;
/// use dl::data::Normalizer;
/// use dl::prelude::*;
/// let columns = Normalizer::per_feature(&train.inputs)?;
/// columns.apply(&mut train.inputs);
/// let mut net = Net::init(42);
/// Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).fit(&mut net, &train)?;
/// let flowers = Predictor::new(net)
///     .inputs(&columns)
///     .classes(["setosa", "versicolor", "virginica"])?
///     .note("trained-on", "Iris")?;
/// flowers.save("iris.safetensors")?;
///
/// // Another program:
/// let flowers = Predictor::<Net>::load("iris.safetensors")?;
/// let flower = flowers.classify(&[5.1, 3.5, 1.4, 0.2])?;
/// println!("{} ({:.0}%)", flower.name, 100.0 * flower.probability);
/// # Ok(())
/// # }
/// ```
///
/// The network may be in a `Box`, in an `Arc`, or in the program: [`include_predictor!`](crate::include_predictor). The file is one of
/// [`Model::save`] with more metadata, so that [`Model::load`], [`include_model!`](crate::include_model) and other libraries read it too.
#[derive(Debug)]
pub struct Predictor<M: 'static> {
    net: Shared<M>,
    with: Belongings,
}

impl<M: Model> Predictor<M> {
    /// Creates a predictor of a network to which nothing belongs so far.
    pub fn new(net: impl Into<Shared<M>>) -> Self {
        Predictor { net: net.into(), with: Belongings::default() }
    }
    /// Sets the normalisation of raw inputs; for a model of sequences, that of each row.
    pub fn inputs(mut self, normalizer: &Normalizer<Row<M::Input>>) -> Self
    where
        Row<M::Input>: Sample<Element = f32>,
    {
        self.with.inputs = Some(normalizer.scaling().clone());
        self
    }
    /// Sets the normalisation of the targets that the network was trained with, which is reversed for its outputs.
    pub fn targets(mut self, normalizer: &Normalizer<Row<M::Output>>) -> Self
    where
        Row<M::Output>: Sample<Element = f32>,
    {
        self.with.targets = Some(normalizer.scaling().clone());
        self
    }
    /// Sets the names of the classes: one for each output, or two for a single output, which is the score of the second.
    ///
    /// # Errors
    /// [`Error::Setting`] about their number, and about a name that stands twice.
    pub fn classes<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(N::into).collect();
        metadata::check_classes::<M>(&names).map_err(|(expected, found)| Error::Setting {
            setting: "classes",
            of: "Predictor",
            expected,
            found,
        })?;
        self.with.classes = names;
        Ok(self)
    }
    /// Sets the tokenizer of the texts that the network reads, in the form that serde writes.
    ///
    /// # Errors
    /// [`Error::Setting`] if it cannot be written as JSON.
    pub fn tokenizer(mut self, tokenizer: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_string(tokenizer).map_err(|error| Error::Setting {
            setting: "tokenizer",
            of: "Predictor",
            expected: "one that can be written as JSON".into(),
            found: error.to_string(),
        })?;
        self.with.tokenizer = Some(text);
        Ok(self)
    }
    /// Adds a text to the metadata, such as where the network comes from; a second text for a key replaces the first.
    ///
    /// # Errors
    /// [`Error::Setting`] for a key that has a meaning of its own, such as `dl.inputs`.
    pub fn note(mut self, key: impl Into<String>, text: impl Into<String>) -> Result<Self> {
        let key = key.into();
        if metadata::KEYS.contains(&key.as_str()) {
            let expected = format!("another key than {}", metadata::KEYS.join(", "));
            return Err(Error::Setting { setting: "note", of: "Predictor", expected, found: key });
        }
        self.with.notes.insert(key, text.into());
        Ok(self)
    }

    /// Returns the network, for sessions of its own: see [`Predictor::normalize`].
    pub fn net(&self) -> &Shared<M> {
        &self.net
    }
    /// Returns the names of the classes; there are none unless they were set.
    pub fn class_names(&self) -> &[String] {
        &self.with.classes
    }
    /// Returns the notes: all metadata without a meaning of its own, by key.
    pub fn notes(&self) -> &BTreeMap<String, String> {
        &self.with.notes
    }
    /// Returns the tokenizer, such as `Characters`; `None` if the file has none.
    ///
    /// # Errors
    /// [`Error::Metadata`] for a tokenizer of another type.
    pub fn read_tokenizer<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        let Some(text) = &self.with.tokenizer else { return Ok(None) };
        let wrong = |error: serde_json::Error| Error::Metadata {
            path: self.with.path().into(),
            key: metadata::TOKENIZER.into(),
            expected: format!("a tokenizer of the type `{}`", std::any::type_name::<T>()),
            found: error.to_string(),
        };
        serde_json::from_str(text).map(Some).map_err(wrong)
    }

    /// Computes the output for each of some raw inputs, in the unit of the targets.
    pub fn predict(&self, raw: &[M::Input]) -> Vec<M::Output> {
        let mut outputs = match self.with.inputs {
            None => self.net.predict(raw),
            Some(_) => self.net.predict(&self.normalize(raw)),
        };
        self.denormalize(&mut outputs);
        outputs
    }
    /// Computes the output for one raw input: see [`Predictor::predict`].
    pub fn predict_one(&self, raw: &M::Input) -> Box<M::Output> {
        let mut output = match self.with.inputs {
            None => self.net.predict_one(raw),
            Some(_) => self.net.predict_one(&self.normalize(std::slice::from_ref(raw))[0]),
        };
        self.denormalize(std::slice::from_mut(&mut *output));
        output
    }
    /// Returns raw inputs as the network takes them, for a [`Session`](crate::Session).
    pub fn normalize(&self, raw: &[M::Input]) -> Vec<M::Input> {
        let mut inputs = samples::copied(raw);
        if let Some(scaling) = &self.with.inputs {
            samples::numbers(&mut inputs, |numbers| scaling.apply(numbers, samples::row_len::<M::Input>()));
        }
        inputs
    }
    /// Brings outputs of the network to the unit of the targets, for a [`Session`](crate::Session).
    pub fn denormalize(&self, outputs: &mut [M::Output]) {
        if let Some(scaling) = &self.with.targets {
            samples::numbers(outputs, |numbers| scaling.undo(numbers, samples::row_len::<M::Output>()));
        }
    }
}
