//! A file of tensors in any format: its kind, metadata and tensors, whose bytes stay in the file until they are asked for.

mod dtype;
mod gguf;
mod onnx;
pub(crate) mod pt2;
mod safetensors;

use crate::{Error, Result};
use dl_onnx::Bytes;
pub use dtype::{Dtype, Values};
use memmap2::Mmap;
use std::collections::BTreeMap;
use std::fs::File as SystemFile;
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};

/// The largest part of a file that is decoded at a time, in elements.
const CHUNK: usize = 1 << 14;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One file of tensors by name.
    Safetensors,
    /// A list of safetensors files, with the file of each tensor.
    SafetensorsIndex,
    /// A training of dl, which is a safetensors file.
    Checkpoint,
    /// A file of llama.cpp, version 2 or 3.
    Gguf,
    /// A network of any library, with its weights.
    Onnx,
    /// A program that PyTorch exported, with its weights.
    Pt2,
}

impl Kind {
    /// Returns the name of the format.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Safetensors => "safetensors",
            Kind::SafetensorsIndex => "safetensors index",
            Kind::Checkpoint => "checkpoint",
            Kind::Gguf => "GGUF",
            Kind::Onnx => "ONNX",
            Kind::Pt2 => "PT2",
        }
    }
}

/// An open file of tensors.
#[derive(Debug)]
pub struct File {
    /// The path that was opened.
    pub path: PathBuf,
    /// The format.
    pub kind: Kind,
    /// Values by key: text as it is, everything else as JSON.
    pub metadata: BTreeMap<String, String>,
    /// The tensors in the order of the file.
    pub tensors: Vec<Tensor>,
    /// The bytes of the file, or of the files that an index names.
    contents: Vec<Content>,
}

/// A tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// The name in the file.
    pub name: String,
    /// The element type.
    pub dtype: Dtype,
    /// The shape, outermost dimension first.
    pub shape: Vec<usize>,
    /// The file, for an index of several.
    content: usize,
    /// The bytes in the file.
    bytes: Range<usize>,
}

impl Tensor {
    /// Returns the number of elements, which was checked when the file was opened.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
    /// Returns the number of bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// The bytes of a file, in memory or mapped, or a part of them.
#[derive(Debug)]
enum Content {
    Mapped(Mmap),
    Memory(Vec<u8>),
    Shared(Bytes),
}

impl Content {
    /// Returns the bytes so that several parts of them can be kept, without a copy.
    fn shared(self) -> Bytes {
        match self {
            Content::Mapped(map) => Bytes::from_owner(map),
            Content::Memory(bytes) => bytes.into(),
            Content::Shared(bytes) => bytes,
        }
    }
}

impl Deref for Content {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Content::Mapped(map) => map,
            Content::Memory(bytes) => bytes,
            Content::Shared(bytes) => bytes,
        }
    }
}

impl File {
    /// Opens the file at `path`, whose format its first bytes tell, and checks everything but the numbers.
    ///
    /// # Errors
    /// Returns an error for a file that cannot be read, has an unknown format, or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<File> {
        let path = path.as_ref();
        let content = map(path)?;
        if safetensors::is_index(&content) {
            return safetensors::open_index(path, &content);
        }
        File::new(path, content)
    }
    /// Reads a file that is in memory already; an index of several files is none of these.
    ///
    /// # Errors
    /// Returns the errors of [`File::open`], with the path [`dl_runtime::IN_MEMORY`].
    pub fn of(bytes: Vec<u8>) -> Result<File> {
        File::new(Path::new(dl_runtime::IN_MEMORY), Content::Memory(bytes))
    }
    fn new(path: &Path, content: Content) -> Result<File> {
        if content.starts_with(gguf::MAGIC) {
            return gguf::open(path, content);
        }
        if onnx::is_onnx(path, &content) {
            return onnx::open(path, content);
        }
        if pt2::is_pt2(path, &content) {
            return pt2::open(path, content);
        }
        safetensors::open(path, content)
    }
    /// Returns the tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
    /// Returns the bytes of a tensor of this file.
    pub fn bytes(&self, tensor: &Tensor) -> &[u8] {
        &self.contents[tensor.content][tensor.bytes.clone()]
    }
    /// Calls `f` for the numbers of a tensor, chunk after chunk; `None` if the elements are no numbers that the command can decode.
    pub fn chunks(&self, tensor: &Tensor, mut f: impl FnMut(&[f64])) -> Option<()> {
        let (block, size) = tensor.dtype.block();
        let step = CHUNK / block * size;
        let mut numbers = Vec::with_capacity(CHUNK);
        for bytes in self.bytes(tensor).chunks(step.max(1)) {
            numbers.clear();
            tensor.dtype.decode(bytes, &mut numbers)?;
            f(&numbers);
        }
        Some(())
    }
}

/// Maps a file into memory.
fn map(path: &Path) -> Result<Content> {
    let file = SystemFile::open(path).map_err(Error::io(path))?;
    let metadata = file.metadata().map_err(Error::io(path))?;
    if metadata.is_dir() {
        return Err(Error::io(path)(std::io::ErrorKind::IsADirectory.into()));
    }
    // An empty file cannot be mapped everywhere, and pipes nowhere.
    if metadata.len() == 0 || !metadata.is_file() {
        return std::fs::read(path).map(Content::Memory).map_err(Error::io(path));
    }
    // SAFETY: the map is only read. As with every reader that maps, a program that changes the file at the same time changes the numbers
    // that are read, and one that shortens it ends this process by a signal; files of tensors are replaced and not changed.
    let map = unsafe { Mmap::map(&file) };
    map.map(Content::Mapped).map_err(Error::io(path))
}

/// Returns text as it is, and anything else as JSON.
fn text(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}
