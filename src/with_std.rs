//! The whole library: what `dl-runtime` has.

pub use dl_runtime::*;

/// The names that almost every program needs: `use dl::prelude::*;`.
pub mod prelude {
    pub use crate::model;
    pub use dl_runtime::prelude::*;
}

/// Declares networks; the [`guide`](crate::guide::language) describes the language.
// This is a wrapper, because only `macro_rules!` knows the facade's name in the user's crate (`$crate`).
#[macro_export]
macro_rules! model {
    ($($tokens:tt)*) => { $crate::private::declare! { [$crate] $($tokens)* } };
}

/// Writes C functions of a model, for a crate of the type `cdylib` or `staticlib`, with which other languages predict.
///
/// `export_c!(LeNet)` writes the functions `lenet_create` (from the bytes of a file), `lenet_predict`, `lenet_free`, `lenet_input_len`,
/// `lenet_output_len`, `lenet_input_shape`, `lenet_output_shape` and `lenet_last_error`, and for Rust `lenet_header`, which returns the
/// text of the header `lenet.h` with their documentation. `export_c!(Model as name)` chooses another prefix than the name of the model in
/// lower case.
///
/// Null pointers, lengths that do not fit the model and files of other models give a status and a text; a panic never crosses the boundary
/// (in a program that unwinds). Any number of threads predict with one network at the same time, and share its weights. `examples/c_api` in the
/// repository has programs in C and Python.
///
/// ```
/// use dl::prelude::*;
///
/// model! { pub LeNet(image: [1, 8, 8]) -> [10] { image -> conv2d(4, 3) -> relu -> flatten -> dense(10) } }
///
/// dl::export_c!(LeNet);
///
/// fn main() {
///     assert!(lenet_header().contains("#define LENET_INPUT_LEN 64"));
/// }
/// ```
///
/// # Errors
/// It is a compiler error if the type is no model, if the model has sequences (`..`), or if the prefix is a word of C.
#[macro_export]
macro_rules! export_c {
    ($($tokens:tt)*) => { $crate::private::export_c! { [$crate] $($tokens)* } };
}

/// Everything that generated code may use; not for use by hand.
#[doc(hidden)]
pub mod private {
    /// The documentation that editors show; rustc never compiles it.
    #[cfg(any(rust_analyzer, test))]
    pub use crate::language;
    pub use crate::layers;
    /// The names that generated code uses for prediction without a heap, as `dl::…`.
    pub use dl_core::generated as core;
    pub use dl_macros::{declare, drawing, export_c};
    // Generated code calls this module `dl`, so the constants of the facade that a declaration names must be in it too.
    pub use dl_runtime::generated::*;
    pub use dl_runtime::*;
}
