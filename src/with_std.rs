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

/// Everything that generated code may use; not for use by hand.
#[doc(hidden)]
pub mod private {
    /// The documentation that editors show; rustc never compiles it.
    #[cfg(any(rust_analyzer, test))]
    pub use crate::language;
    pub use crate::layers;
    /// What generated code uses for prediction without a heap, as `dl::…`.
    pub use dl_core::generated as core;
    pub use dl_macros::{declare, drawing};
    // Generated code calls this module `dl`, so the constants of the facade that a declaration names must be in it too.
    pub use dl_runtime::generated::*;
    pub use dl_runtime::*;
}
