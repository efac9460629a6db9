//! The guide: the language, every layer.
//!
//! - [`language`]: what may stand inside `model!`
//! - [`layers`]: every layer with its arguments and shapes

#[doc = include_str!("language.md")]
pub mod language {}

#[doc = include_str!("layers.md")]
pub mod layers {}
