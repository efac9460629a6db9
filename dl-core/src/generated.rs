//! All items that generated code may use, as `dl::…`, and the names that it uses without a path. It imports those by a glob, which shadows
//! items of the user's module.

use crate::check::compare;
pub use crate::check::{Piece, check, dim};
pub use crate::int8;
pub use crate::layer::Dimensions;
pub use crate::layers;
pub use crate::ops;
pub use crate::predict::{Buffer, Larger, PredictInside, Zeroed, cast, cast_mut};
pub use crate::{Declared, Entry, Pod, Predict, PredictSteps, Role, Scratch, Tensors};
pub use crate::{network, no_predict_steps, record};
pub use core::clone::Clone;
pub use core::cmp::PartialEq;
pub use core::fmt::{Debug, Formatter, Result as FmtResult};
pub use core::marker::Copy;
pub use core::mem::offset_of;
pub use core::option::Option::{self, None, Some};
pub use core::primitive::{bool, f32, u32, u64, usize};

/// Declares a function for each variable of generated code. A pattern `x` refers to a constant, static or struct `x` of the user's
/// module, if there is one; the imported function shadows it, and a pattern never refers to a function.
macro_rules! variables {
    ($($name:ident)*) => {
        /// The variables that the code of every model has.
        #[allow(missing_docs)]
        pub mod variables {
            $(pub fn $name() {})*
        }
    };
}
variables! {
    allocator arena batch carried context d d_input d_inputs d_net d_output d_terms f input kernels memory model n net output own_loss parts
    position r rng rows s samples see slots state streams target terms trained write
}

/// Names that generated code must find as they are, whatever the user's module calls so: its variables, and the numbers of Rust.
pub mod hygiene {
    pub use super::variables::*;
    pub use core::primitive::{bool, f32, i8, str, u32, u64, usize};
}

/// A variable that the code of one model has, which imports this function under its name.
pub fn variable() {}

/// Stops compilation unless the input of the model `M`, called `name`, has the shape of `I`.
#[track_caller]
pub const fn takes<M: Declared<Takes: Pod>, I: Pod>(name: &'static str) {
    compare(name, " takes ", &<M::Takes as Pod>::FORM, ", but its input is ", &I::FORM);
}

/// Stops compilation unless the output of the model `M`, called `name`, has the stated shape, that of `O`.
#[track_caller]
pub const fn makes<M: Declared<Makes: Pod>, O: Pod>(name: &'static str) {
    compare(name, " makes ", &<M::Makes as Pod>::FORM, ", and not ", &O::FORM);
}

/// Returns the plain name: `type` for `r#type`, and `Pair` for `Pair<{ N }>`.
pub fn word(text: &str) -> &str {
    text.trim_start_matches("r#").split([' ', '<']).next().unwrap_or_default()
}

/// Implements `Debug` of a declared network: `network!(LeNet: Clone, Debug)`. `dl-runtime` has a macro of this name that implements more.
#[doc(hidden)]
#[macro_export]
macro_rules! network {
    (impl $parameters:tt $name:ty: $($trait:ident),*) => {
        $($crate::network!(@$trait $parameters $name);)*
    };
    // Only a box of a network implements `Clone`.
    (@Clone $parameters:tt $name:ty) => {};
    (@Debug [$($parameters:tt)*] $name:ty) => {
        impl<$($parameters)*> $crate::generated::Debug for $name {
            fn fmt(&self, f: &mut $crate::generated::Formatter<'_>) -> $crate::generated::FmtResult {
                f.write_str(<Self as $crate::Declared>::NAME)
            }
        }
    };
    ($name:ty: $($trait:ident),*) => {
        $crate::network!(impl[] $name: $($trait),*);
    };
}

/// Implements `Copy`, `Clone`, `PartialEq` and `Debug` for the struct of several inputs, outputs or targets:
/// `record!(PairInput: left, right)`.
#[doc(hidden)]
#[macro_export]
macro_rules! record {
    (impl [$($parameters:tt)*] $name:ty: $($field:ident),*) => {
        impl<$($parameters)*> $crate::generated::Copy for $name {}
        impl<$($parameters)*> $crate::generated::Clone for $name {
            fn clone(&self) -> Self {
                *self
            }
        }
        $crate::record!(@traits [$($parameters)*] $name: $($field),*);
    };
    (@traits [$($parameters:tt)*] $name:ty: $($field:ident),*) => {
        impl<$($parameters)*> $crate::generated::PartialEq for $name {
            fn eq(&self, r: &Self) -> $crate::generated::bool {
                true $(&& self.$field == r.$field)*
            }
        }
        impl<$($parameters)*> $crate::generated::Debug for $name {
            fn fmt(&self, f: &mut $crate::generated::Formatter<'_>) -> $crate::generated::FmtResult {
                f.debug_struct($crate::generated::word(::core::stringify!($name)))
                    $(.field($crate::generated::word(::core::stringify!($field)), &self.$field))*
                    .finish()
            }
        }
    };
    ($name:ty: $($field:ident),*) => {
        $crate::record!(impl [] $name: $($field),*);
    };
}
