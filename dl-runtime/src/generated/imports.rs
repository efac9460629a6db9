//! The names that generated code uses without a path. It imports them by a glob, which shadows items of the user's module.

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
    allocator batch context d d_input d_inputs d_net d_output d_terms f input memory model n net output own_loss parts r rng s
    samples see target terms write
}

/// Names that generated code must find as they are, whatever the user's module calls so: its variables, and the numbers of Rust.
pub mod hygiene {
    pub use super::variables::*;
    pub use std::primitive::{bool, f32, str, u32, u64, usize};
}

/// A variable that the code of one model has, which imports this function under its name.
pub fn variable() {}

/// Implements the traits of every declared network: `Network` for sessions, `Clone` for its box, and `Debug`.
///
/// `network!(LeNet: Clone, Debug)`, and `network!(impl[const N: usize] Mlp<N>: Clone, Debug)`.
#[doc(hidden)]
#[macro_export]
macro_rules! network {
    (impl $parameters:tt $name:ty: $($trait:ident),*) => {
        $crate::network!(@Network $parameters $name);
        $($crate::network!(@$trait $parameters $name);)*
    };
    (@Network [$($parameters:tt)*] $name:ty) => {
        impl<$($parameters)*> $crate::Network for $name {
            type Model = Self;
            fn network(&self) -> &Self {
                self
            }
            fn network_mut(&mut self) -> &mut Self {
                self
            }
        }
    };
    // Only the box implements `Clone`: cloning the network itself would put a copy on the stack.
    (@Clone [$($parameters:tt)*] $name:ty) => {
        impl<$($parameters)*> $crate::generated::Clone for $crate::generated::Box<$name> {
            fn clone(&self) -> Self {
                $crate::Model::to_box(&**self)
            }
            fn clone_from(&mut self, source: &Self) {
                $crate::Model::copy_from(&mut **self, &**source);
            }
        }
    };
    (@Debug [$($parameters:tt)*] $name:ty) => {
        impl<$($parameters)*> $crate::generated::Debug for $name {
            fn fmt(&self, f: &mut $crate::generated::Formatter<'_>) -> $crate::generated::FmtResult {
                $crate::generated::name_and_size::<Self>(f)
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

/// Returns the plain name: `type` for `r#type`, and `Pair` for `Pair<{ N }>`.
pub fn word(text: &str) -> &str {
    text.trim_start_matches("r#").split([' ', '<']).next().unwrap_or_default()
}

/// Writes the name and the size of a model: `LeNet (61,706 parameters)`.
pub fn name_and_size<M: crate::Model>(f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    write!(f, "{} ({} parameters)", M::NAME, dl_drawing::grouped(M::PARAMETERS as u64))
}
