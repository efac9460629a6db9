//! Prediction without `std` and without a heap: what `dl-core` has.

pub use dl_core::{
    Declared, Entry, Layer, Pod, Predict, PredictSteps, Role, Scratch, Stream, Tensors, include_model, int8, layer,
};
#[doc(hidden)]
pub use dl_core::{declared_layer, generated, include, layer_with};

/// One sample of the model `M`: `Input<LeNet>` is `[[[f32; 28]; 28]; 1]`.
pub type Input<M> = <M as Declared>::Takes;
/// The output of the model `M` for one sample.
pub type Output<M> = <M as Declared>::Makes;

/// The names that almost every program needs: `use dl::prelude::*;`.
pub mod prelude {
    pub use crate::model;
    // These traits have the methods and constants of a model, such as `LeNet::TENSORS`.
    pub use dl_core::{Declared as _, Predict as _, int8::QuantizedModel as _};
}

/// Declares networks for prediction, in the language that `model!` has with the feature `std`.
// This is a wrapper, because only `macro_rules!` knows the facade's name in the user's crate (`$crate`), and what the facade has.
#[macro_export]
macro_rules! model {
    ($($tokens:tt)*) => { $crate::private::declare! { [$crate no_std] $($tokens)* } };
}

/// Everything that generated code may use; not for use by hand.
#[doc(hidden)]
pub mod private {
    #[cfg(any(rust_analyzer, test))]
    pub use crate::language;
    pub use crate::layers;
    pub use dl_core::generated::{self as core, *};
    pub use dl_macros::{declare, drawing};
}
