//! Parses the entries of a header, and checks that names are unique, that metadata is text, and that tensors leave no gaps.

use super::SIDE_BY_SIDE;
use ::safetensors::tensor::TensorInfo;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

const METADATA: &str = "__metadata__";

/// The expected and the found content, for an error.
type Fault = (&'static str, String);

/// The tensors and the metadata of a header.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) tensors: Vec<(String, TensorInfo)>,
    pub(super) metadata: BTreeMap<String, String>,
    fault: Option<Fault>,
}

impl Entries {
    /// Checks the entries, and sorts the tensors by their offsets in the file.
    pub(super) fn check(mut self) -> Result<Self, Fault> {
        let mut names: Vec<&String> = self.tensors.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if let Some(same) = names.windows(2).find(|names| names[0] == names[1]) {
            return Err(("unique names", format!("`{}` twice", same[0])));
        }
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        self.tensors.sort_by_key(|(_, tensor)| tensor.data_offsets);
        let mut before: Option<&(String, TensorInfo)> = None;
        for entry in &self.tensors {
            let (name, tensor) = entry;
            let (from, to) = tensor.data_offsets;
            let end = before.map_or(0, |(_, before)| before.data_offsets.1);
            let found = match before {
                Some((other, before)) if from < end => {
                    let (first, last) = before.data_offsets;
                    format!("`{other}` at bytes {first} to {last} and `{name}` at bytes {from} to {to}")
                }
                _ if from > end => format!("no tensor at bytes {end} to {from}, before `{name}`"),
                _ if bytes(tensor) != to.checked_sub(from) => {
                    let TensorInfo { dtype, shape, .. } = tensor;
                    format!("`{name}` of {dtype:?} and shape {shape:?} at bytes {from} to {to}")
                }
                _ => String::new(),
            };
            if !found.is_empty() {
                return Err((SIDE_BY_SIDE, found));
            }
            before = Some(entry);
        }
        Ok(self)
    }
    fn note(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }
}

/// Returns the number of bytes of the elements of a tensor, or `None` if it overflows.
fn bytes(tensor: &TensorInfo) -> Option<usize> {
    let elements = tensor.shape.iter().try_fold(1, |elements: usize, size| elements.checked_mul(*size))?;
    elements.checked_mul(tensor.dtype.bitsize()).filter(|bits| bits % 8 == 0).map(|bits| bits / 8)
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Header)
    }
}

struct Header;

impl<'de> Visitor<'de> for Header {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tensors by name")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Entries::default();
        let mut metadata = false;
        while let Some(name) = map.next_key::<String>()? {
            if name != METADATA {
                let tensor = map.next_value().map_err(|error| A::Error::custom(format!("`{name}`: {error}")))?;
                entries.tensors.push((name, tensor));
                continue;
            }
            if std::mem::replace(&mut metadata, true) {
                entries.note(("unique names", format!("`{METADATA}` twice")));
            }
            map.next_value_seed(Texts(&mut entries))?;
        }
        Ok(entries)
    }
}

/// Reads the metadata into the entries.
struct Texts<'a>(&'a mut Entries);

impl<'de> serde::de::DeserializeSeed<'de> for Texts<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text by key in `{METADATA}`")
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match map.next_value()? {
                Value::Text(_) if self.0.metadata.contains_key(&key) => {
                    self.0.note(("unique keys in `__metadata__`", format!("`{key}` twice")));
                }
                Value::Text(text) => drop(self.0.metadata.insert(key, text)),
                Value::Other(found) => {
                    self.0.note(("text for every key of `__metadata__`", format!("{found} for `{key}`")));
                }
            }
        }
        Ok(())
    }
}

/// A value of the metadata: text, or a description of what was found instead.
enum Value {
    Text(String),
    Other(String),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Other(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Other(value.to_string()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Other(value.to_string()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Other(value.to_string()))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other("null".into()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other("a list".into()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other("an object".into()))
    }
}
