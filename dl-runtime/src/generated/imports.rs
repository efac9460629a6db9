//! What generated code calls by one word, as a glob that hides whatever of that name is in the user's module.

/// Variables of generated code as functions. In the place of a name, a constant, static or struct of the user's module would
/// be meant; a function is not, and this one hides them.
macro_rules! variables {
    ($($name:ident)*) => {
        /// All variables that every model has.
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

/// The variables, and the numbers of Rust.
pub mod own {
    pub use super::variables::*;
    pub use std::primitive::{bool, f32, str, u32, u64, usize};
}

/// A variable that one model has: imported under its name.
pub fn variable() {}

/// What every declared network is beside a model: itself for sessions; in its box, cloned; and in messages its name.
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
    // Not of the network itself, whose value would pass over the stack.
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

/// What is derived for the struct of several inputs, outputs or targets: `record!(PairInput: left, right)`.
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

/// `type` of `r#type`, and `Pair` of `Pair<{ N }>`.
pub fn word(text: &str) -> &str {
    text.trim_start_matches("r#").split([' ', '<']).next().unwrap_or_default()
}

/// `LeNet (61,706 parameters)`
pub fn name_and_size<M: crate::Model>(f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    write!(f, "{} ({} parameters)", M::NAME, dl_drawing::grouped(M::PARAMETERS as u64))
}
