//! Bounds the memory of a model before it is read: an empty message takes two bytes of a file, but hundreds in memory.

use crate::messages as m;
use crate::{Bytes, Error, Result};
use std::mem::size_of;
use std::path::Path;

/// The most memory for each byte of a file. Small models without weights, of honest writers, need about 20.
const MOST_PER_BYTE: usize = 64;
/// The most messages inside each other, somewhat more than `prost` reads.
const MOST_DEPTH: usize = 110;

/// The messages of `onnx.proto`.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
    ValueInfo,
    Type,
    TypeOfTensor,
    TypeOfItems,
    Shape,
    Function,
    Annotation,
    Training,
    NodeDevice,
    Sharding,
    ShardedDim,
    Entry,
    Device,
    Text,
    Numbers,
}

/// Returns what field `tag` of a message holds, with the bytes of each item in memory; `None` for a single number, text or bytes, which take
/// no more than in the file.
fn field(kind: Kind, tag: u64) -> Option<(Kind, usize)> {
    use Kind::*;
    let item = match (kind, tag) {
        (Model, 7) | (Attribute, 6 | 11) | (Training, 1 | 2) => (Graph, size_of::<m::GraphProto>()),
        (Model, 20) => (Training, size_of::<m::TrainingInfoProto>()),
        (Model, 25) => (Function, size_of::<m::FunctionProto>()),
        (Model, 26) => (Device, size_of::<m::DeviceConfigurationProto>()),
        (Model, 8) | (Function, 9) => (Entry, size_of::<m::OperatorSetIdProto>()),
        (Graph, 1) | (Function, 7) => (Node, size_of::<m::NodeProto>()),
        (Graph, 5) | (Attribute, 5 | 10) | (SparseTensor, 1 | 2) => (Tensor, size_of::<m::TensorProto>()),
        (Graph, 15) | (Attribute, 22 | 23) => (SparseTensor, size_of::<m::SparseTensorProto>()),
        (Graph, 11..=13) | (Function, 12) => (ValueInfo, size_of::<m::ValueInfoProto>()),
        (Graph, 14) => (Annotation, size_of::<m::TensorAnnotation>()),
        (Node, 5) | (Function, 11) => (Attribute, size_of::<m::AttributeProto>()),
        (Node, 10) => (NodeDevice, size_of::<m::NodeDeviceConfigurationProto>()),
        (NodeDevice, 2) => (Sharding, size_of::<m::ShardingSpecProto>()),
        (Sharding, 3) => (Numbers, size_of::<m::IntIntListEntryProto>()),
        (Sharding, 4) => (ShardedDim, size_of::<m::ShardedDimProto>()),
        (ShardedDim, 2) => (Entry, size_of::<m::SimpleShardedDimProto>()),
        (Attribute, 14 | 15) | (ValueInfo, 2) | (TypeOfItems, 1 | 2) => (Type, size_of::<m::TypeProto>()),
        (Type, 1 | 8) => (TypeOfTensor, size_of::<m::TypeProto>()),
        (Type, 4 | 5 | 9) => (TypeOfItems, size_of::<m::type_proto::Map>()),
        (TypeOfTensor, 2) => (Shape, size_of::<m::TensorShapeProto>()),
        (Shape, 1) => (Entry, size_of::<m::tensor_shape_proto::Dimension>()),
        (Model, 14) | (Graph, 16) | (Node, 9) | (Tensor, 13 | 16) | (ValueInfo, 4) | (Function, 14) => {
            (Entry, size_of::<m::StringStringEntryProto>())
        }
        (Annotation, 2) | (Training, 3 | 4) => (Entry, size_of::<m::StringStringEntryProto>()),
        (Node, 1 | 2) | (Function, 4..=6) | (Device, 3) => (Text, size_of::<String>()),
        (Attribute, 9) | (Tensor, 6) => (Text, size_of::<Bytes>()),
        // Each byte of packed numbers can be a number of eight.
        (Attribute, 7 | 8) | (Tensor, 1 | 4 | 5 | 7 | 10 | 11) | (SparseTensor, 3) | (Numbers, 2) | (Sharding, 2) => {
            (Numbers, 8)
        }
        _ => return None,
    };
    Some(item)
}

/// Checks that reading `bytes` takes at most [`MOST_PER_BYTE`] times as much memory.
///
/// # Errors
/// [`Error::Inflated`], and [`Error::Format`] if the bytes are no messages.
pub(crate) fn check(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut scan = Scan { wanted: 0, most: bytes.len().saturating_mul(MOST_PER_BYTE).saturating_add(1 << 16) };
    scan.message(Kind::Model, bytes, 0).map_err(|wrong| match wrong {
        Wrong::Memory => Error::Inflated { path: path.into(), found: bytes.len(), wanted: scan.wanted },
        Wrong::Format(reason) => Error::Format { path: path.into(), reason: reason.into() },
    })
}

enum Wrong {
    Memory,
    Format(&'static str),
}

/// The memory that the messages so far need.
struct Scan {
    wanted: usize,
    most: usize,
}

impl Scan {
    fn message(&mut self, kind: Kind, mut bytes: &[u8], depth: usize) -> std::result::Result<(), Wrong> {
        if depth > MOST_DEPTH {
            return Err(Wrong::Format("its parts are nested too deeply"));
        }
        while !bytes.is_empty() {
            let key = number(&mut bytes)?;
            let (inside, item) = field(kind, key >> 3).map_or((None, 0), |(inside, item)| (Some(inside), item));
            match key & 7 {
                0 => drop(number(&mut bytes)?),
                1 => drop(take(&mut bytes, 8)?),
                2 => {
                    let len = number(&mut bytes)?;
                    let part = take(&mut bytes, len)?;
                    match inside {
                        Some(Kind::Numbers) => self.wants(part.len() * item)?,
                        Some(Kind::Text) | None => {}
                        Some(inside) => self.message(inside, part, depth + 1)?,
                    }
                }
                5 => drop(take(&mut bytes, 4)?),
                _ => return Err(Wrong::Format("it has a field of an unknown kind")),
            }
            self.wants(item)?;
        }
        Ok(())
    }
    fn wants(&mut self, bytes: usize) -> std::result::Result<(), Wrong> {
        self.wanted = self.wanted.saturating_add(bytes);
        if self.wanted > self.most { Err(Wrong::Memory) } else { Ok(()) }
    }
}

/// Takes a number of variable length.
fn number(bytes: &mut &[u8]) -> std::result::Result<u64, Wrong> {
    prost::encoding::decode_varint(bytes).map_err(|_| Wrong::Format("it is cut off or damaged"))
}

/// Takes the next `len` bytes.
fn take<'b>(bytes: &mut &'b [u8], len: u64) -> std::result::Result<&'b [u8], Wrong> {
    let cut = || Wrong::Format("it is cut off or damaged");
    let (part, rest) = bytes.split_at_checked(usize::try_from(len).map_err(|_| cut())?).ok_or_else(cut)?;
    *bytes = rest;
    Ok(part)
}
