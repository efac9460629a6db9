#![cfg_attr(not(feature = "std"), no_std)]
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
//! Start with the [`guide`]. Without the feature `std`, the crate needs neither `std` nor a heap: it has [`model!`], [`include_model!`] and
//! [`Predict`], for microcontrollers.

#[cfg(feature = "std")]
pub mod guide;
#[cfg(any(rust_analyzer, test))]
#[doc(hidden)]
pub mod language;
pub mod layers;
#[cfg(feature = "std")]
mod with_std;
#[cfg(not(feature = "std"))]
mod without_std;

#[cfg(feature = "std")]
pub use with_std::*;
#[cfg(not(feature = "std"))]
pub use without_std::*;
