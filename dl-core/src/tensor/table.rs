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

/// The type of the elements of a tensor, as safetensors files name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dtype {
    /// `f32`.
    F32,
    /// `i32`.
    I32,
    /// `i8`.
    I8,
}

impl Dtype {
    /// Returns the name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "F32",
            Dtype::I32 => "I32",
            Dtype::I8 => "I8",
        }
    }
    /// Returns the bytes of an element.
    pub const fn size(self) -> usize {
        match self {
            Dtype::F32 | Dtype::I32 => 4,
            Dtype::I8 => 1,
        }
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
    /// A tensor of integers, in a model on int8. It is not trained.
    Integers {
        /// The name within the model.
        name: &'static str,
        /// The dimensions, outermost first.
        shape: &'static [usize],
        /// The offset in bytes from the start of the model.
        offset: usize,
        /// The type of the elements.
        dtype: Dtype,
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
    /// Returns the number of tensors.
    pub const fn len(self) -> usize {
        let (mut sum, mut i) = (0, 0);
        while i < self.0.len() {
            sum += match self.0[i] {
                Entry::Tensor { .. } | Entry::Integers { .. } => 1,
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
                Entry::Tensor { role: Role::Statistic, .. } | Entry::Integers { .. } => 0,
                Entry::Tensor { shape, .. } => product(shape),
                Entry::Model { tensors, .. } => tensors.parameters(),
                Entry::Copies { count, tensors, .. } => count * tensors.parameters(),
            };
            i += 1;
        }
        sum
    }
}

pub(crate) const fn product(shape: &[usize]) -> usize {
    let (mut product, mut i) = (1, 0);
    while i < shape.len() {
        product *= shape[i];
        i += 1;
    }
    product
}
