//! The list of all tensors of a model by their full names, which need a heap.

use crate::tensor::table::product;
use crate::{Dtype, Entry, Role, Tensors};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// One tensor of a model: its name in files (as PyTorch names it), its shape and its offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// The full name, such as `conv1.weight` or `encoder.blocks.0.dense1.bias`.
    pub name: String,
    /// The dimensions as PyTorch has them, outermost first.
    pub shape: &'static [usize],
    /// The offset of the first element, in bytes from the start of the model.
    pub offset: usize,
    /// The role.
    pub role: Role,
    /// The type of the elements.
    pub dtype: Dtype,
}

impl TensorInfo {
    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        product(self.shape)
    }
    /// Returns whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Returns the range of its elements among all elements of the model.
    pub fn range(&self) -> core::ops::Range<usize> {
        let start = self.offset / size_of::<f32>();
        start..start + self.len()
    }
}

impl Tensors {
    /// Returns all tensors; those of inner models have names such as `encoder.dense1.weight`.
    pub fn iter(self) -> impl Iterator<Item = TensorInfo> {
        let mut tensors = Vec::with_capacity(self.len());
        self.collect("", 0, &mut tensors);
        tensors.into_iter()
    }
    fn collect(self, prefix: &str, start: usize, into: &mut Vec<TensorInfo>) {
        for entry in self.0 {
            match *entry {
                Entry::Tensor { name, shape, offset, role } => {
                    let (name, offset, dtype) = (format!("{prefix}{name}"), start + offset, Dtype::F32);
                    into.push(TensorInfo { name, shape, offset, role, dtype });
                }
                Entry::Integers { name, shape, offset, dtype } => {
                    let (name, offset, role) = (format!("{prefix}{name}"), start + offset, Role::Statistic);
                    into.push(TensorInfo { name, shape, offset, role, dtype });
                }
                Entry::Model { name, offset, tensors } => {
                    tensors.collect(&format!("{prefix}{name}."), start + offset, into);
                }
                Entry::Copies { count, stride, tensors } => {
                    for copy in 0..count {
                        tensors.collect(&format!("{prefix}{copy}."), start + copy * stride, into);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    const BLOCK: Tensors = Tensors(&[
        Entry::Tensor { name: "weight", shape: &[2, 3], offset: 0, role: Role::Weight },
        Entry::Tensor { name: "mean", shape: &[3], offset: 24, role: Role::Statistic },
    ]);
    const NET: Tensors = Tensors(&[
        Entry::Tensor { name: "first.bias", shape: &[5], offset: 0, role: Role::Bias },
        Entry::Model {
            name: "blocks",
            offset: 20,
            tensors: Tensors(&[Entry::Copies { count: 2, stride: 36, tensors: BLOCK }]),
        },
    ]);

    #[test]
    fn inner_models_are_listed_under_their_names() {
        let listed: Vec<_> = NET.iter().map(|tensor| (tensor.name, tensor.offset)).collect();
        let expected = [
            ("first.bias", 0),
            ("blocks.0.weight", 20),
            ("blocks.0.mean", 44),
            ("blocks.1.weight", 56),
            ("blocks.1.mean", 80),
        ];
        assert_eq!(listed, expected.map(|(name, offset)| (name.to_owned(), offset)));
        assert_eq!((NET.len(), NET.parameters()), (5, 17));
    }
}
