//! Checkpoints: a training in one safetensors file, so that it goes on as if it had never stopped.
//!
//! The file holds the weights under their names in the model, what the optimizer remembers as
//! `optimizer.<buffer>.<tensor>`, and as words the seed and the number of steps. So a checkpoint is also a file of the
//! model: `Load::new().allow_unexpected(true)` reads it.

use super::Save;
use super::safetensors::{Reader, Writer};
use crate::ops::Device;
use crate::optim::Optimizer;
use crate::tensor::pod::{flat, flat_mut, zeroed_box};
use crate::{Error, Passes, Result, Training};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Of what the words mean.
const VERSION: &str = "1";

impl<M: Passes, D: Device> Training<M, D> {
    /// Writes weights, the optimizer's memory, seed and steps to a file, atomically, with words of one's own.
    ///
    /// # Errors
    /// [`Error::Io`], and what the device reports.
    pub fn save_checkpoint(&self, path: impl AsRef<Path>, words: &Words) -> Result<()> {
        let mut net = zeroed_box();
        self.store(&mut net)?;
        self.write_checkpoint(path.as_ref(), words, &net, None)
    }
    /// Takes everything from a checkpoint that was written with an optimizer of the same kind. Returns its words.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when it is another model's or optimizer's; those of reading a model. After an error the
    /// session is as it was.
    pub fn load_checkpoint<O: Optimizer>(&mut self, optimizer: &O, path: impl AsRef<Path>) -> Result<Words> {
        Ok(self.read_checkpoint(optimizer, path.as_ref())?.0)
    }

    /// [`Training::save_checkpoint`] with the weights on the host already, and with the best ones so far.
    pub(crate) fn write_checkpoint(&self, path: &Path, words: &Words, net: &M, best: Option<&M>) -> Result<()> {
        let buffers = self.optimizer_buffers()?;
        let optimizing = self.optimizing();
        let mut writer = words.0.iter().fold(Save::new().writer(net), |writer, (key, value)| writer.word(key, value));
        writer = writer
            .word("checkpoint version", VERSION)
            .word("seed", self.seed_of_passes().to_string())
            .word("steps", self.steps().to_string())
            .word("optimizer", optimizing.name)
            .word("optimizer steps", optimizing.steps.to_string());
        for (name, buffer) in optimizing.names.iter().zip(&buffers) {
            writer = tensors(writer, &format!("optimizer.{name}."), &**buffer);
        }
        if let Some(best) = best {
            writer = tensors(writer, "best.", best);
        }
        writer.write(path)
    }
    /// [`Training::load_checkpoint`], with the best weights if there are some.
    pub(crate) fn read_checkpoint<O: Optimizer>(
        &mut self,
        optimizer: &O,
        path: &Path,
    ) -> Result<(Words, Option<Box<M>>)> {
        let mut reader = Reader::open(path)?;
        let words = Words(reader.metadata().clone());
        words.expect(path, "model", M::NAME)?;
        words.expect(path, "checkpoint version", VERSION)?;
        // With room to count on.
        let (seed, steps) = (words.number(path, "seed")?, words.at_most(path, "steps", u64::MAX / 2)?);
        if steps > 0 {
            words.expect(path, "optimizer", O::NAME)?;
        }
        let optimizer_steps = words.at_most(path, "optimizer steps", steps)?;
        let net = read::<M>(&mut reader, "")?;
        let names: &[&str] = if steps > 0 { optimizer.buffers() } else { &[] };
        let buffers: Vec<Box<M>> =
            names.iter().map(|name| read(&mut reader, &format!("optimizer.{name}."))).collect::<Result<_>>()?;
        let has_best = reader.names().iter().any(|name| name.starts_with("best."));
        let best = has_best.then(|| read(&mut reader, "best.")).transpose()?;
        self.reload(&net)?;
        self.restore(seed, steps);
        if steps > 0 {
            self.restore_optimizer(optimizer, optimizer_steps, &buffers)?;
        }
        Ok((words, best))
    }
}

/// All tensors of a model-shaped value, under names that begin with `prefix`.
fn tensors<'a, M: Passes>(writer: Writer<'a>, prefix: &str, values: &'a M) -> Writer<'a> {
    let floats = flat(std::slice::from_ref(values));
    M::TENSORS
        .iter()
        .fold(writer, |writer, t| writer.tensor(format!("{prefix}{}", t.name), t.shape, &floats[t.range()]))
}

fn read<M: Passes>(reader: &mut Reader<'_>, prefix: &str) -> Result<Box<M>> {
    let mut values = zeroed_box::<M>();
    let floats = flat_mut(std::slice::from_mut(&mut *values));
    for tensor in M::TENSORS.iter() {
        let name = format!("{prefix}{}", tensor.name);
        reader.check(&name, tensor.shape)?;
        reader.read(&name, &mut floats[tensor.range()])?;
    }
    Ok(values)
}

/// Words of a checkpoint: text by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub BTreeMap<String, String>);

impl Words {
    /// Adds a word; the last of the same key stays.
    pub fn set(&mut self, key: &str, value: impl Display) {
        self.0.insert(key.into(), value.to_string());
    }
    /// A word that must be there.
    ///
    /// # Errors
    /// [`Error::Format`] names the key.
    pub fn text(&self, path: &Path, key: &str) -> Result<&str> {
        self.0.get(key).map(|value| &**value).ok_or_else(|| malformed(path, format!("the word `{key}`"), "none"))
    }
    /// A word that must be a number, or something else that reads from text.
    ///
    /// # Errors
    /// [`Error::Format`] names the key.
    pub fn number<T: FromStr>(&self, path: &Path, key: &str) -> Result<T> {
        let text = self.text(path, key)?;
        text.parse().map_err(|_| malformed(path, format!("a number for `{key}`"), text))
    }
    /// A whole number that is not above `most`.
    pub(crate) fn at_most(&self, path: &Path, key: &str, most: u64) -> Result<u64> {
        let number: u64 = self.number(path, key)?;
        if number > most {
            return Err(malformed(path, format!("at most {most} for `{key}`"), &number.to_string()));
        }
        Ok(number)
    }
    /// A number that is neither NaN nor infinite.
    pub(crate) fn finite(&self, path: &Path, key: &str) -> Result<f64> {
        let number: f64 = self.number(path, key)?;
        if !number.is_finite() {
            return Err(malformed(path, format!("a finite number for `{key}`"), &number.to_string()));
        }
        Ok(number)
    }
    /// Checks that a word is what this training would write.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] with both.
    pub fn expect(&self, path: &Path, what: &'static str, expected: impl Display) -> Result<()> {
        let (found, expected) = (self.text(path, what)?, expected.to_string());
        if found == expected {
            return Ok(());
        }
        Err(Error::Checkpoint { path: path.into(), what, expected, found: found.into() })
    }
}

/// A checkpoint whose words are not what they should be.
pub(crate) fn malformed(path: &Path, expected: String, found: &str) -> Error {
    Error::Format { path: PathBuf::from(path), format: "checkpoint", expected, found: found.chars().take(80).collect() }
}
