//! Deep learning for Rust: networks declared in a few macro lines and checked by the compiler.

pub mod guide;

pub use dl_runtime::*;

/// What almost every program needs: `use dl::prelude::*;`.
pub mod prelude {
    pub use crate::model;
    pub use dl_runtime::prelude::*;
}

/// Declares networks; see the guide in the crate's documentation.
// A wrapper, because only `macro_rules!` knows the facade's name in the user's crate (`$crate`).
#[macro_export]
macro_rules! model {
    ($($tokens:tt)*) => { $crate::private::declare! { [$crate] $($tokens)* } };
}

/// All that generated code may name; not for use by hand.
#[doc(hidden)]
pub mod private {
    pub use dl_macros::declare;
    // Generated code calls this module `dl`: constants of the facade that a declaration names are found in it too.
    pub use dl_runtime::private::*;
    pub use dl_runtime::*;
}
