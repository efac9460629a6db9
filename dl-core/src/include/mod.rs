//! Safetensors in the program: the compiler checks a file against a model, and lays its numbers into the model, while it evaluates a
//! constant. Nothing of this runs in the program.

mod json;
mod model;
mod text;

pub use model::{Included, included};

use crate::{Dtype, Entry, Tensors};
use json::{Entries, Tensor};
use text::Text;

/// The most faults that one message lists.
const FAULTS: usize = 20;

/// Copies the tensors of a safetensors file to `to`, the bytes of a model.
///
/// # Panics
/// Panics, which is a compiler error in a constant, unless `bytes` is a valid file that has exactly the tensors of the model, of their types, as
/// finite numbers. The message names the file and every tensor that differs.
#[track_caller]
pub const fn include(path: &str, bytes: &[u8], model: &str, tensors: Tensors, to: &mut [u8]) {
    let (json, data) = split(path, bytes);
    let entries = Entries::new(path, json);
    let mut include = Include {
        entries,
        next: entries,
        data,
        name: Text::new(),
        found: 0,
        faults: 0,
        text: Text::new().push(path).push(": does not fit the model `").push(model).push("`"),
    };
    let count = include.check_layout(path);
    include.copy(tensors, 0, to);
    if include.found < count {
        include.note_unexpected(tensors);
    }
    if include.faults > 0 {
        panic!("{}", include.text.as_str())
    }
}

/// Splits a file into the JSON of its header and the numbers behind it.
#[track_caller]
const fn split<'a>(path: &str, bytes: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let invalid = Text::new().push(path).push(": not a valid safetensors file: expected ");
    let Some((len, rest)) = bytes.split_first_chunk() else {
        let mut text = invalid.push("at least 8 bytes, found ");
        text.add_number(bytes.len());
        panic!("{}", text.as_str())
    };
    let len = u64::from_le_bytes(*len);
    if len > rest.len() as u64 {
        let mut text = invalid.push("a header of at most ");
        text.add_number(rest.len());
        text.add(b" bytes, found one that claims ");
        text.add_number(len as usize);
        panic!("{}", text.as_str())
    }
    rest.split_at(len as usize)
}

/// An inclusion in progress.
struct Include<'a> {
    /// All entries of the header.
    entries: Entries<'a>,
    /// The entries behind the one that was found last, since most files have the order of the model.
    next: Entries<'a>,
    data: &'a [u8],
    /// The name of the current tensor of the model.
    name: Text,
    found: usize,
    faults: usize,
    text: Text,
}

impl<'a> Include<'a> {
    /// Checks that tensors lie side by side and fill the file; returns their number.
    #[track_caller]
    const fn check_layout(&mut self, path: &str) -> usize {
        let (mut count, mut bytes, mut end, mut ordered) = (0, 0, 0, true);
        let mut entries = self.entries;
        while let Some(tensor) = entries.next() {
            if tensor.from > tensor.to || tensor.to > self.data.len() {
                let mut text = outside(path, &tensor);
                text.add_number(self.data.len());
                panic!("{}", text.as_str())
            }
            ordered &= tensor.from == end;
            end = tensor.to;
            bytes += tensor.to - tensor.from;
            count += 1;
        }
        // Tensors that do not overlap and have as many bytes as the file leave no gap.
        if bytes != self.data.len() || !ordered && self.overlap() {
            let mut text = Text::new().push(path).push(
                ": not a valid safetensors file: expected tensors without gaps or overlaps in all bytes after the header, which are ",
            );
            text.add_number(self.data.len());
            panic!("{}", text.as_str())
        }
        count
    }
    const fn overlap(&self) -> bool {
        let mut ones = self.entries;
        while let Some(one) = ones.next() {
            let mut others = ones;
            while let Some(other) = others.next() {
                if one.from < other.to && other.from < one.to {
                    return true;
                }
            }
        }
        false
    }
    /// Copies the tensors of a table, whose model begins at byte `start` of `to`.
    #[track_caller]
    const fn copy(&mut self, tensors: Tensors, start: usize, to: &mut [u8]) {
        let mut i = 0;
        while i < tensors.0.len() {
            let prefix = self.name.len();
            match tensors.0[i] {
                Entry::Tensor { name, shape, offset, .. } => {
                    self.name.add(name.as_bytes());
                    self.copy_tensor(Dtype::F32, shape, start + offset, to);
                }
                Entry::Integers { name, shape, offset, dtype } => {
                    self.name.add(name.as_bytes());
                    self.copy_tensor(dtype, shape, start + offset, to);
                }
                Entry::Model { name, offset, tensors } => {
                    self.name.add(name.as_bytes());
                    self.name.add(b".");
                    self.copy(tensors, start + offset, to);
                }
                Entry::Copies { count, stride, tensors } => {
                    let mut copy = 0;
                    while copy < count {
                        self.name.add_number(copy);
                        self.name.add(b".");
                        self.copy(tensors, start + copy * stride, to);
                        self.name.truncate(prefix);
                        copy += 1;
                    }
                }
            }
            self.name.truncate(prefix);
            i += 1;
        }
    }
    #[track_caller]
    const fn copy_tensor(&mut self, dtype: Dtype, shape: &[usize], offset: usize, to: &mut [u8]) {
        let Some(tensor) = self.find() else {
            if self.fault() {
                self.text.add(b"it lacks tensor `");
                self.text.add(self.name.bytes());
                self.text.add(b"`");
            }
            return;
        };
        self.found += 1;
        if !tensor.dtype.is(dtype.name().as_bytes()) {
            if self.fault() {
                self.name_tensor();
                self.text.add(b"expected elements ");
                self.text.add(dtype.name().as_bytes());
                self.text.add(b", found ");
                self.text.add(tensor.dtype.0);
                let converted = matches!((dtype, tensor.dtype.0), (Dtype::F32, b"F16" | b"BF16" | b"F64"));
                self.text.add(if converted { b"; `Net::load` and `save` convert it" } else { b"" });
            }
            return;
        }
        let elements = (tensor.to - tensor.from) / dtype.size();
        if !same(tensor.shape.sizes(), shape) || !matches!(tensor.shape.elements(), Some(n) if n == elements) {
            if self.fault() {
                self.name_tensor();
                self.text.add(b"expected shape ");
                self.text.add_list(shape);
                self.text.add(b", found ");
                self.text.add_list(tensor.shape.sizes());
            }
            return;
        }
        let bytes = self.data.split_at(tensor.to).0.split_at(tensor.from).1;
        let to = to.split_at_mut(offset).1.split_at_mut(bytes.len()).0;
        to.copy_from_slice(bytes);
        if cfg!(target_endian = "big") && dtype.size() == 4 {
            reverse_each(to);
        }
        if matches!(dtype, Dtype::F32)
            && let Some(at) = first_not_finite(to)
            && self.fault()
        {
            self.name_tensor();
            self.text.add(b"expected finite numbers, found NaN or infinity at ");
            add_index(&mut self.text, shape, at);
        }
    }
    /// Returns the entry with the current name.
    const fn find(&mut self) -> Option<Tensor<'a>> {
        let mut second = false;
        let mut entries = self.next;
        loop {
            match entries.next() {
                Some(tensor) if tensor.name.is(self.name.bytes()) => {
                    self.next = entries;
                    return Some(tensor);
                }
                Some(_) => {}
                None if second => return None,
                None => (entries, second) = (self.entries, true),
            }
        }
    }
    /// Lists the entries that the model does not have, or that stand twice.
    const fn note_unexpected(&mut self, tensors: Tensors) {
        let mut entries = self.entries;
        while let Some(tensor) = entries.next() {
            let (name, mut others, mut twice) = (tensor.name.text(), entries, false);
            while let Some(other) = others.next() {
                twice |= other.name.is(name.bytes());
            }
            let unknown = !has(tensors, &mut Text::new(), &tensor);
            if (twice || unknown) && self.fault() {
                self.text.add(if twice { b"it has twice tensor `" } else { b"the model lacks tensor `" });
                self.text.add(name.bytes());
                self.text.add(b"`");
            }
        }
    }
    /// Counts a fault, and begins its line; returns whether the message has place for it.
    const fn fault(&mut self) -> bool {
        self.faults += 1;
        let listed = self.faults <= FAULTS;
        self.text.add(match self.faults {
            1 => b":\n  ",
            ..=FAULTS => b"\n  ",
            _ if self.faults == FAULTS + 1 => b"\n  and more",
            _ => b"",
        });
        listed
    }
    const fn name_tensor(&mut self) {
        self.text.add(b"tensor `");
        self.text.add(self.name.bytes());
        self.text.add(b"`: ");
    }
}

/// Begins the message about a tensor that ends behind the file.
const fn outside(path: &str, tensor: &Tensor<'_>) -> Text {
    let mut text = Text::new().push(path).push(": not a valid safetensors file, which may be truncated: tensor `");
    text.add(tensor.name.0);
    text.add(b"` is at bytes ");
    text.add_number(tensor.from);
    text.add(b" to ");
    text.add_number(tensor.to);
    text.add(b" of ");
    text
}

/// Returns whether a model has the tensor of this entry; `name` is the prefix of its names.
const fn has(tensors: Tensors, name: &mut Text, tensor: &Tensor<'_>) -> bool {
    let (mut i, prefix) = (0, name.len());
    let mut found = false;
    while i < tensors.0.len() && !found {
        match tensors.0[i] {
            Entry::Tensor { name: last, .. } | Entry::Integers { name: last, .. } => {
                name.add(last.as_bytes());
                found = tensor.name.is(name.bytes());
            }
            Entry::Model { name: model, tensors, .. } => {
                name.add(model.as_bytes());
                name.add(b".");
                found = has(tensors, name, tensor);
            }
            Entry::Copies { count, tensors, .. } => {
                let mut copy = 0;
                while copy < count && !found {
                    name.truncate(prefix);
                    name.add_number(copy);
                    name.add(b".");
                    found = has(tensors, name, tensor);
                    copy += 1;
                }
            }
        }
        name.truncate(prefix);
        i += 1;
    }
    found
}

const fn same(one: &[usize], other: &[usize]) -> bool {
    let mut i = 0;
    while i < one.len() && i < other.len() && one[i] == other[i] {
        i += 1;
    }
    i == one.len() && i == other.len()
}

/// 64 numbers, four in each word, in memory of any alignment.
#[repr(C, packed)]
struct Block([u128; 16]);

/// The exponent of each of four numbers, and its lowest bit.
const EXPONENTS: u128 = 0x7f80_0000_7f80_0000_7f80_0000_7f80_0000;
const LOWEST: u128 = 0x0080_0000_0080_0000_0080_0000_0080_0000;

/// Tests 64 numbers: an exponent of all ones is one whose sum with 1 carries into the sign.
macro_rules! all_finite {
    ($words:expr, $($k:literal)*) => { ($((($words[$k] & EXPONENTS) + LOWEST))|*) & (LOWEST << 8) == 0 };
}

/// Returns the index of the first of these numbers that is not finite. Constant evaluation runs some million statements in a second, so
/// that a network of many weights needs few for each, without calls.
const fn first_not_finite(bytes: &[u8]) -> Option<usize> {
    // SAFETY: blocks have alignment 1, are any bytes, and lie within the slice.
    let blocks: &[Block] =
        unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<Block>()) };
    let mut i = 0;
    while i < blocks.len() && all_finite!(blocks[i].0, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15) {
        i += 1;
    }
    let (numbers, _) = bytes.as_chunks();
    i *= size_of::<Block>() / size_of::<f32>();
    while i < numbers.len() {
        if !f32::from_ne_bytes(numbers[i]).is_finite() {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// Appends the indices of element `at` of a tensor.
const fn add_index(text: &mut Text, shape: &[usize], at: usize) {
    let (mut index, mut rest, mut i) = ([0; 16], at, shape.len());
    while i > 0 {
        i -= 1;
        (index[i], rest) = (rest % shape[i], rest / shape[i]);
    }
    text.add_list(index.split_at(shape.len()).0);
}

/// Turns little-endian numbers into big-endian ones.
const fn reverse_each(bytes: &mut [u8]) {
    let mut i = 0;
    while i + 4 <= bytes.len() {
        bytes.swap(i, i + 3);
        bytes.swap(i + 1, i + 2);
        i += 4;
    }
}
