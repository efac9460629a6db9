//! Deep learning for Rust: networks declared in a few macro lines and checked by the compiler.
//!
//! ```
//! use dl::prelude::*;
//!
//! model! {
//!     /// Reads handwritten digits of 8×8 pixels.
//!     pub Digits(image: [1, 8, 8]) -> [10] {
//!         image
//!             -> conv2d(8, 3, padding: 1) -> relu -> max_pool2d(2)
//!             -> flatten
//!             -> dense(32) -> relu
//!             -> dense(10)
//!     }
//! }
//!
//! let digits = dl::data::digits();
//! let mut net = Digits::init(42);
//! Trainer::new(Adam::new(3e-3))
//!     .loss(CrossEntropy)
//!     .epochs(2)
//!     .validate(&digits.test)
//! #   .quiet()
//!     .fit(&mut net, &digits.train)?;
//! let scores = net.predict_one(&digits.test.inputs[0]);
//! # assert_eq!(scores.len(), 10);
//! # Ok::<(), dl::Error>(())
//! ```
//!
//! [`model!`] generates a struct with one field for every layer, and straight-line forward and backward passes that call the kernels of
//! this crate. A model is plain data: it contains nothing but nested arrays of `f32`.
//!
//! Start with the [`guide`].

pub mod guide;
#[cfg(any(rust_analyzer, test))]
#[doc(hidden)]
pub mod language;
pub mod layers;

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
    pub use dl_macros::{declare, drawing};
    // Generated code calls this module `dl`, so the constants of the facade that a declaration names must be in it too.
    pub use dl_runtime::generated::*;
    pub use dl_runtime::*;
}
