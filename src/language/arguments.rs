//! The kinds of arguments that layers take, and the words that some of them may be.
//!
//! Written by `DL_BLESS=1 cargo test -p dl-macros documents` from the layers themselves.

#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, reason = "names of the language")]
#![allow(missing_docs)]

/// A whole number.
pub struct Size;

/// `true` or `false`.
pub struct Flag;

/// An initialisation such as `he_normal` or `constant(0.1)`.
pub struct Init;

/// A whole number or `[height, width]`.
pub struct Pair;

/// A whole number, `[height, width]` or `same`.
pub struct Padding;

/// A whole number or `same`.
pub struct Border;

/// One of a few words.
pub struct Word;

/// A whole number or `[top, bottom, left, right]`.
pub struct Sides;

/// A number.
pub struct Number;

/// A whole number.
pub struct Integer;

/// The number of a dimension, 0 for the first or -1 for the last.
pub struct Axis;

/// A shape such as `[16, 5, 5]`.
pub struct Shape;

/// The number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
pub struct Axes;

/// The words of each argument that has any.
pub mod words {
    pub mod Padding {
        use super::super::Padding;

        /// As much as keeps the size; for stride 1.
        pub const same: Padding = Padding;
        /// None.
        pub const valid: Padding = Padding;
    }
    pub mod Border {
        use super::super::Border;

        /// As much as keeps the size; for stride 1.
        pub const same: Border = Border;
        /// None.
        pub const valid: Border = Border;
    }
    pub mod Init {
        use super::super::Init;

        /// PyTorch's rule for this layer.
        pub const pytorch: Init = Init;
        /// Normal numbers of variance 2 / inputs: for relu.
        pub const he_normal: Init = Init;
        /// Uniform numbers of variance 2 / inputs: for relu.
        pub const he_uniform: Init = Init;
        /// Normal numbers of variance 2 / (inputs + outputs): for tanh.
        pub const xavier_normal: Init = Init;
        /// Uniform numbers of variance 2 / (inputs + outputs): for tanh.
        pub const xavier_uniform: Init = Init;
        /// All 0.
        pub const zeros: Init = Init;
        /// All 1.
        pub const ones: Init = Init;
        /// `constant(value)`: all the same.
        pub const constant: Init = Init;
        /// `normal(std)`: normal numbers around 0.
        pub const normal: Init = Init;
        /// `uniform(bound)`: uniform numbers from -bound to bound.
        pub const uniform: Init = Init;
    }
    pub mod upsample_mode {
        use super::super::Word;

        /// What is between the numbers.
        pub const nearest: Word = Word;
        /// What is between the numbers.
        pub const bilinear: Word = Word;
    }
    pub mod pad2d_mode {
        use super::super::Word;

        /// What is put there.
        pub const zeros: Word = Word;
        /// What is put there.
        pub const reflect: Word = Word;
        /// What is put there.
        pub const replicate: Word = Word;
    }
    pub mod gelu_approximate {
        use super::super::Word;

        /// `tanh`: the faster approximation.
        pub const none: Word = Word;
        /// `tanh`: the faster approximation.
        pub const tanh: Word = Word;
    }
}
