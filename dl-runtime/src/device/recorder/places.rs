//! Ranges of buffers without memory, and what lies in them.

use super::Value;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A range of a buffer, in elements: the buffers and the borrowed ranges of the recording device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) buffer: usize,
    pub(super) start: usize,
    pub(super) len: usize,
}

impl Place {
    /// Returns a part of the range.
    pub(crate) fn part(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len, "a part of a range");
        Place { start: self.start + range.start, len: range.len(), ..self }
    }
    /// Returns the range of `len` elements of the buffer, from element `first` of this range on.
    pub(crate) fn floats(self, first: usize, len: usize) -> Range<usize> {
        self.start + first..self.start + first + len
    }
    /// Returns the number of elements.
    pub(crate) fn len(self) -> usize {
        self.len
    }
    /// Returns whether there are no elements, as where a layer has no bias.
    pub(crate) fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// The content of a range.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A value.
    Value(Value),
    /// Values side by side in every row. They become one value when somebody reads all of it.
    Columns(Columns),
    /// The product of a dense layer, which becomes nodes when somebody reads it. Recurrent operators contain theirs.
    Product(Box<Product>),
    /// The windows of a convolution along time, which is recorded with its product.
    Windows(Windows),
    /// The first direction of a recurrent layer, which is recorded with the second.
    Direction(Box<Direction>),
    /// Zeros.
    Zeros,
}

/// Values side by side in rows.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// The length of a row.
    pub row: usize,
    /// For each value the first of its columns, and their number.
    pub parts: BTreeMap<usize, (usize, Value)>,
}

/// A dense layer that is not recorded yet.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    /// The input, with the input features last.
    pub x: Value,
    /// The weights, `[outputs, inputs]`.
    pub weight: Place,
    /// The bias, or nothing.
    pub bias: Place,
    /// The number of input features.
    pub inputs: usize,
    /// The number of output features.
    pub outputs: usize,
}

/// A convolution along time that is not recorded yet.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    /// The input, `[batch, length, features]`.
    pub x: Value,
    /// The number of features of the output.
    pub outputs: usize,
    /// The length of the kernel.
    pub kernel: usize,
    /// The distance between its elements.
    pub dilation: usize,
    /// The number of rows that it reaches back.
    pub before: usize,
    /// The number of groups.
    pub groups: usize,
}

/// The weights of one direction of a recurrent layer, as ranges of the model in the order of ONNX.
#[derive(Clone, Debug)]
pub(crate) struct Direction {
    /// Those of the input.
    pub weight_ih: Vec<Range<usize>>,
    /// Those of the state.
    pub weight_hh: Vec<Range<usize>>,
    /// Both biases, or nothing.
    pub bias: Vec<Range<usize>>,
}

/// The contents of all buffers.
#[derive(Default)]
pub(super) struct Places {
    buffers: usize,
    contents: HashMap<usize, BTreeMap<usize, (usize, Content)>>,
}

impl Places {
    /// Returns a new buffer.
    pub fn buffer(&mut self, len: usize) -> Place {
        self.buffers += 1;
        Place { buffer: self.buffers, start: 0, len }
    }
    /// Replaces what lies in a range, and what reached into it.
    pub fn write(&mut self, place: Place, content: Content) {
        let contents = self.contents.entry(place.buffer).or_default();
        let end = place.start + place.len;
        contents.retain(|&start, (len, _)| start + *len <= place.start || start >= end);
        contents.insert(place.start, (place.len, content));
    }
    /// Returns what was written to exactly this range.
    pub fn read(&self, place: Place) -> Option<&Content> {
        let (len, content) = self.contents.get(&place.buffer)?.get(&place.start)?;
        (*len == place.len).then_some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_value_replaces_those_that_it_overlaps() {
        let mut places = Places::default();
        let whole = places.buffer(10);
        let [left, middle, right] = [whole.part(0..4), whole.part(3..6), whole.part(6..10)];
        places.write(left, Content::Zeros);
        places.write(right, Content::Zeros);
        assert!(places.read(left).is_some() && places.read(whole).is_none());
        places.write(middle, Content::Zeros);
        assert!(places.read(left).is_none() && places.read(middle).is_some() && places.read(right).is_some());
    }
}
