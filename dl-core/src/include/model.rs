//! Trained models in the program: `include_model!`.

use super::include;
use crate::Declared;
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
/// It is a compiler error if there is no such file, if it is no safetensors file, and if it does not have exactly the tensors of the model as
/// finite numbers of type F32; the message names the file and each tensor that differs. `Load` reads files with other names,
/// layouts and types, and `Model::save` writes them as this needs them.
#[macro_export]
macro_rules! include_model {
    ($model:ty, $path:expr $(,)?) => {{
        // Networks with many millions of weights take seconds.
        #[allow(long_running_const_eval)]
        static INCLUDED: $model = $crate::include::included($path, include_bytes!($path));
        &INCLUDED
    }};
}

/// Returns the model whose tensors are in the bytes of a file; `path` is its name in messages.
#[doc(hidden)]
#[track_caller]
pub const fn included<M: Declared>(path: &str, bytes: &[u8]) -> M {
    let () = M::CHECKED;
    let mut model = MaybeUninit::<M>::zeroed();
    // SAFETY: by the contract of `Pod`, a model is nothing but numbers; zeros are initialised bytes, and this is the only borrow.
    let to = unsafe { slice::from_raw_parts_mut(model.as_mut_ptr().cast(), size_of::<M>()) };
    include(path, bytes, M::NAME, M::TENSORS, to);
    // SAFETY: any bytes are numbers, and so a model.
    unsafe { model.assume_init() }
}
