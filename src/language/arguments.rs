//! Declares the kinds of arguments that layers take, and the words that some of them accept.
//!
//! Written by `DL_BLESS=1 cargo test -p dl-macros documents` from the layers themselves.

#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, reason = "names of the language")]
#![allow(missing_docs)]

/// A whole number.
pub struct Size;

/// `true` or `false`.
pub struct Flag;

/// The number of a dimension, 0 for the first or -1 for the last.
pub struct Axis;

/// An initialisation such as `he_normal` or `constant(0.1)`.
pub struct Init;

/// A number.
pub struct Number;

/// A whole number or `[height, width]`.
pub struct Pair;

/// A whole number, `[height, width]` or `same`.
pub struct Padding;

/// A whole number, `same` or `causal`.
pub struct Border;

/// One of several words.
pub struct Choice;

/// A whole number or `[top, bottom, left, right]`.
pub struct Sides;

/// A whole number.
pub struct Integer;

/// A shape such as `[16, 5, 5]`.
pub struct Shape;

/// The number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
pub struct Axes;

/// A list of numbers such as `[1, 0.5]`.
pub struct Numbers;

/// A number, or a list of numbers such as `[1, 0.5]`.
pub struct NumberOrNumbers;

/// The words that arguments accept, a module for each argument.
pub mod words {
    pub mod Padding {
        use super::super::Padding;

        /// Zero padding such that the output has the size of the input, as in Keras; it needs a stride of 1.
        pub const same: Padding = Padding;
        /// No padding: the same as `0`.
        pub const valid: Padding = Padding;
    }
    pub mod Border {
        use super::super::Border;

        /// Zero padding such that the output has the size of the input, as in Keras; it needs a stride of 1.
        pub const same: Border = Border;
        /// No padding: the same as `0`.
        pub const valid: Border = Border;
        /// Zeros on the left alone, so that each output sees its place and those before it.
        pub const causal: Border = Border;
    }
    pub mod Init {
        use super::super::Init;

        /// PyTorch's default for this layer: uniform in ±1/√fan_in.
        pub const pytorch: Init = Init;
        /// Normal distribution of variance 2 / fan_in (He et al., 2015): for relu.
        pub const he_normal: Init = Init;
        /// Uniform distribution of variance 2 / fan_in (He et al., 2015): for relu.
        pub const he_uniform: Init = Init;
        /// Normal distribution of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010): for tanh.
        pub const xavier_normal: Init = Init;
        /// Uniform distribution of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010): for tanh.
        pub const xavier_uniform: Init = Init;
        /// Every element is 0.
        pub const zeros: Init = Init;
        /// Every element is 1.
        pub const ones: Init = Init;
        /// `constant(value)`: every element is `value`.
        pub const constant: Init = Init;
        /// `normal(std)`: normal distribution of mean 0 and standard deviation `std`.
        pub const normal: Init = Init;
        /// `uniform(bound)`: uniform distribution from `-bound` to `bound`.
        pub const uniform: Init = Init;
    }
    pub mod upsample_mode {
        use super::super::Choice;

        /// Nearest-neighbour interpolation: every pixel is repeated.
        pub const nearest: Choice = Choice;
        /// Bilinear interpolation between the four nearest pixels.
        pub const bilinear: Choice = Choice;
    }
    pub mod pad2d_mode {
        use super::super::Choice;

        /// Zero padding.
        pub const zeros: Choice = Choice;
        /// The image mirrored at its border, without repeating the border itself.
        pub const reflect: Choice = Choice;
        /// Copies of the nearest pixel of the border.
        pub const replicate: Choice = Choice;
    }
    pub mod gelu_approximate {
        use super::super::Choice;

        /// The exact `Φ`, by the error function.
        pub const none: Choice = Choice;
        /// The approximation `½(1 + tanh(√(2/π)·(x + 0.044715·x³)))` of `Φ`, which is faster.
        pub const tanh: Choice = Choice;
    }
    pub mod sinusoidal_positions_order {
        use super::super::Choice;

        /// A sine, its cosine, the next sine.
        pub const alternating: Choice = Choice;
        /// All sines, then all cosines, as in Tensor2Tensor and Marian.
        pub const halves: Choice = Choice;
    }
    pub mod rnn_activation {
        use super::super::Choice;

        /// The hyperbolic tangent.
        pub const tanh: Choice = Choice;
        /// `max(x, 0)`.
        pub const relu: Choice = Choice;
    }
    pub mod cross_entropy_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod nll_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod focal_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod multi_margin_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod bce_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod bce_with_logits_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod sigmoid_focal_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod hinge_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod mse_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod mae_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
    pub mod huber_reduction {
        use super::super::Choice;

        /// The mean over the elements, the targets and the samples of the batch.
        pub const mean: Choice = Choice;
        /// The sum over all of them, as PyTorch's `reduction="sum"`.
        pub const sum: Choice = Choice;
    }
}
