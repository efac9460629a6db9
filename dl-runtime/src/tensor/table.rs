//! The table of a model's tensors, which the macro generates: their names, shapes, offsets and roles. Files and optimizers use it.

/// The role of a tensor. It decides whether the tensor is trained, and whether it has weight decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Trained, with weight decay.
    Weight,
    /// Trained, without weight decay.
    Bias,
    /// The factor of a normalisation: trained, without weight decay.
    Scale,
    /// Measured instead of trained (the running statistics of batch norm): the forward pass of training updates it, its gradient is
    /// 0, and optimizers do not change it.
    Statistic,
}

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
    pub fn range(&self) -> std::ops::Range<usize> {
        let start = self.offset / size_of::<f32>();
        start..start + self.len()
    }
}

/// One entry in the table of a model: a tensor, or a model inside it with a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A tensor.
    Tensor {
        /// The name within the model.
        name: &'static str,
        /// The dimensions as in PyTorch, outermost first.
        shape: &'static [usize],
        /// The offset in bytes from the start of the model.
        offset: usize,
        /// The role.
        role: Role,
    },
    /// A model inside the model.
    Model {
        /// The name of the field.
        name: &'static str,
        /// The offset in bytes from the start of the model.
        offset: usize,
        /// The table of the inner model.
        tensors: Tensors,
    },
    /// Contiguous copies of one model, whose names are their indices: `0`, `1`, …
    Copies {
        /// The number of copies.
        count: usize,
        /// The bytes from one copy to the next.
        stride: usize,
        /// The table of each copy.
        tensors: Tensors,
    },
}

/// All tensors of a model, in memory order: `LeNet::TENSORS.iter()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensors(pub &'static [Entry]);

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
                    into.push(TensorInfo { name: format!("{prefix}{name}"), shape, offset: start + offset, role });
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
    /// Returns the number of tensors.
    pub const fn len(self) -> usize {
        let (mut sum, mut i) = (0, 0);
        while i < self.0.len() {
            sum += match self.0[i] {
                Entry::Tensor { .. } => 1,
                Entry::Model { tensors, .. } => tensors.len(),
                Entry::Copies { count, tensors, .. } => count * tensors.len(),
            };
            i += 1;
        }
        sum
    }
    /// Returns whether there are no tensors.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
    /// Returns the number of trained parameters.
    pub const fn parameters(self) -> usize {
        let (mut sum, mut i) = (0, 0);
        while i < self.0.len() {
            sum += match self.0[i] {
                Entry::Tensor { role: Role::Statistic, .. } => 0,
                Entry::Tensor { shape, .. } => product(shape),
                Entry::Model { tensors, .. } => tensors.parameters(),
                Entry::Copies { count, tensors, .. } => count * tensors.parameters(),
            };
            i += 1;
        }
        sum
    }
}

const fn product(shape: &[usize]) -> usize {
    let (mut product, mut i) = (1, 0);
    while i < shape.len() {
        product *= shape[i];
        i += 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

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
