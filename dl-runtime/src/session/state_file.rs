//! States of streams as bytes: a safetensors file with the memory of each layer, so that a stream can go on after a restart.

use super::checkpoint::{malformed, same};
use super::inference::Session;
use super::state::State;
use crate::io::safetensors::{Reader, Writer};
use crate::network::{Passes, Steps};
use crate::ops::Device;
use crate::tensor::pod::reserved;
use crate::{IN_MEMORY, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The key of the metadata that describes a state.
const KEY: &str = "state";

/// All of a state but the memory of its layers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    model: String,
    capacity: usize,
    lengths: Vec<u32>,
}

impl<M: Steps, D: Device> State<M, D> {
    /// Returns the state as bytes, which [`Session::state_from_bytes`] reads.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let slots = self.slots();
        let mut host = Vec::new();
        for slot in &slots {
            let mut floats = reserved(D::len(slot.data()))?;
            floats.resize(D::len(slot.data()), 0.0);
            self.device().download(slot.data(), &mut floats)?;
            host.push((floats.len(), floats));
        }
        let described = Described { model: M::NAME.into(), capacity: self.capacity(), lengths: self.past().to_vec() };
        let json = serde_json::to_string(&described)
            .map_err(|error| malformed(Path::new(IN_MEMORY), "a state that fits into JSON", &error.to_string()))?;
        let mut writer = Writer::new().metadata(KEY, json);
        for (k, (len, floats)) in host.iter().enumerate() {
            writer = writer.tensor(format!("slot.{k}"), std::slice::from_ref(len), floats);
        }
        writer.to_bytes()
    }
}

impl<M: Passes, D: Device> Session<M, D> {
    /// Reads the state that [`State::to_bytes`] wrote, of the same model.
    ///
    /// # Errors
    /// [`Error::Checkpoint`](crate::Error::Checkpoint) for the state of another model, [`Error::Setting`](crate::Error::Setting) for more
    /// streams or rows than the session has place for, and the errors of a damaged file.
    pub fn state_from_bytes(&self, bytes: &[u8]) -> Result<State<M, D>>
    where
        M: Steps,
    {
        let path = Path::new(IN_MEMORY);
        let mut reader = Reader::of(bytes)?;
        let json = reader.metadata().get(KEY);
        let json = json.ok_or_else(|| malformed(path, format!("the key `{KEY}` in the metadata"), "none"))?;
        let described = serde_json::from_str(json);
        let Described { model, capacity, lengths } =
            described.map_err(|error| malformed(path, "the fields of a state", &error.to_string()))?;
        same(path, "model", M::NAME, &*model)?;
        if let Some(found) = lengths.iter().find(|rows| **rows as usize > capacity) {
            return Err(malformed(path, format!("streams of at most {capacity} rows"), &format!("{found} rows")));
        }
        let mut state = self.state(lengths.len(), capacity)?;
        let lens: Vec<usize> = state.slots().iter().map(|slot| D::len(slot.data())).collect();
        let mut host = Vec::new();
        for (k, len) in lens.into_iter().enumerate() {
            let name = format!("slot.{k}");
            reader.check(&name, &[len])?;
            let mut floats = reserved(len)?;
            floats.resize(len, 0.0);
            reader.read(&name, &mut floats)?;
            host.push(floats);
        }
        state.restore(&lengths, &host)?;
        Ok(state)
    }
}
