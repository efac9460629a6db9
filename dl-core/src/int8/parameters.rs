//! The weights of layers on int8: structs of integers, each with the table of its tensors.

use crate::Tensors;

/// The parameters of one layer.
///
/// # Safety
/// The type is `repr(C)`, consists of the tensors of its table and of padding, and any bytes are a value.
pub unsafe trait Parameters: Sized + Send + Sync + 'static {
    /// The tensors, with their offsets in the struct.
    const TENSORS: Tensors;
}

/// Writes the table of a struct: `weight: I8 [O, I]` for each field that is a tensor.
macro_rules! tensors {
    ($($name:ident: $dtype:ident [$($dim:expr),*]),*) => {
        const TENSORS: $crate::Tensors = $crate::Tensors(&[$(
            $crate::Entry::Integers {
                name: stringify!($name),
                shape: &[$($dim),*],
                offset: core::mem::offset_of!(Self, $name),
                dtype: $crate::Dtype::$dtype,
            }
        ),*]);
    };
}
pub(super) use tensors;
