//! Trained models in the program: `include_model!`.

use super::include;
use crate::{Declared, Tensors};
use core::mem::MaybeUninit;
use core::slice;

/// Puts a trained model into the program: `include_model!(LeNet, "lenet.safetensors")` is a `&'static LeNet`.
///
/// The compiler reads the file, which is relative to the source file as in [`include_bytes!`], and lays its numbers into the model. They
/// lie in the read-only part of the program, where they are the model itself: nothing is parsed, copied or allocated when the program
/// runs. A changed file builds the program again.
///
/// ```ignore
/// static NET: &LeNet = dl::include_model!(LeNet, "lenet.safetensors");
///
/// fn read(image: &[[[f32; 28]; 28]; 1]) -> Box<[f32; 10]> {
///     NET.predict_one(image)
/// }
/// ```
///
/// # Errors
/// It is a compiler error if there is no such file, if it is no safetensors file, and if it does not have exactly the tensors of the model
/// as finite numbers of type F32, or of the types that a model on int8 has; the message names the file and each tensor that differs. `Load`
/// reads files with other names, layouts and types, and `Model::save` writes them as this needs them.
#[macro_export]
macro_rules! include_model {
    ($model:ty, $path:expr $(,)?) => {{
        // Networks with many millions of weights take seconds.
        #[allow(long_running_const_eval)]
        static INCLUDED: $model = $crate::include::included($path, include_bytes!($path));
        &INCLUDED
    }};
}

/// A model that `include_model!` can lay into the program: one of real numbers, or one on int8.
///
/// # Safety
/// The type consists of the tensors of its table, at their offsets, and of padding. Any bytes are a value of it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model",
    note = "`model!` declares models, and `layer!` layers that stand among them"
)]
pub unsafe trait Included: Sized {
    const NAME: &'static str;
    const TENSORS: Tensors;
    const CHECKED: () = ();
}

// SAFETY: by the contract of `Pod`, it is numbers, and its table is that of the model.
unsafe impl<M: Declared> Included for M {
    const NAME: &'static str = <M as Declared>::NAME;
    const TENSORS: Tensors = <M as Declared>::TENSORS;
    const CHECKED: () = <M as Declared>::CHECKED;
}

/// Returns the model whose tensors are in the bytes of a file; `path` is its name in messages.
#[doc(hidden)]
#[track_caller]
pub const fn included<M: Included>(path: &str, bytes: &[u8]) -> M {
    let () = <M as Included>::CHECKED;
    let mut model = MaybeUninit::<M>::zeroed();
    // SAFETY: by the contract of `Included`, a model is nothing but numbers; zeros are initialised bytes, and this is the only borrow.
    let to = unsafe { slice::from_raw_parts_mut(model.as_mut_ptr().cast(), size_of::<M>()) };
    include(path, bytes, <M as Included>::NAME, <M as Included>::TENSORS, to);
    // SAFETY: any bytes are numbers, and so a model.
    unsafe { model.assume_init() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::int8::{Parameters, Quantization};

    #[repr(C)]
    struct Ends([Quantization; 1]);
    // SAFETY: the table is that of its only field.
    unsafe impl Included for Ends {
        const NAME: &'static str = "Ends";
        const TENSORS: Tensors = <Quantization as Parameters>::TENSORS;
    }

    /// A file with a scale of 0.5 and a zero point of -3.
    const HEADER: &[u8; 136] =
        br#"{"scale":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"zero_point":{"dtype":"I8","shape":[],"data_offsets":[4,5]}}                   "#;
    const fn file() -> [u8; 149] {
        let mut file = [0; 149];
        file.split_at_mut(8).0.copy_from_slice(&136_u64.to_le_bytes());
        file.split_at_mut(8).1.split_at_mut(136).0.copy_from_slice(HEADER);
        file.split_at_mut(144).1.split_at_mut(4).0.copy_from_slice(&0.5_f32.to_le_bytes());
        file[148] = -3_i8 as u8;
        file
    }

    #[test]
    fn integers_are_included() {
        static ENDS: Ends = included("ends.safetensors", &file());
        assert_eq!(ENDS.0, [Quantization { scale: 0.5, zero_point: -3 }]);
    }
}
