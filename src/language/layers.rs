//! Every layer as a struct whose fields are its arguments.
//!
//! Written by `DL_BLESS=1 cargo test -p dl-macros documents` from the layers themselves.

#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, reason = "names of the language")]
#![allow(missing_docs)]

use super::arguments::*;

/// `residual { … }`: adds its input to what the chain in braces makes of it.
pub struct residual {}

/// `concat { a; b; c }`: runs branches and joins them, on the channels unless `axis:` says otherwise.
pub struct concat {}

/// `repeat 6 { … }`: copies of the chain in braces one after the other, each with weights of its own.
pub struct repeat {}

/// `dense(outputs)`: Every output is a weighted sum of all inputs.
///
/// `[n]` → `[outputs]`.
pub struct dense {
    /// Number of outputs: a whole number.
    pub outputs: Size,
    /// Whether a number is added to each output: `true` or `false`; `true` if not given.
    pub bias: Flag,
    /// How the weights begin: an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// How the bias begins: an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `conv2d(channels, kernel)`: A small window of weights slides over the image.
///
/// `[c, h, w]` → `[channels, h', w']`.
pub struct conv2d {
    /// Channels of the output: a whole number.
    pub channels: Size,
    /// Height and width of the window: a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Step of the window: a whole number or `[height, width]`; `1` if not given.
    pub stride: Pair,
    /// Zeros around the image: a whole number, `[height, width]` or `same`; `0` if not given.
    pub padding: Padding,
    /// Distance of the window's elements: a whole number or `[height, width]`; `1` if not given.
    pub dilation: Pair,
    /// Parts of the channels that do not mix: a whole number; `1` if not given.
    pub groups: Size,
    /// Whether a number is added to each channel: `true` or `false`; `true` if not given.
    pub bias: Flag,
    /// How the weights begin: an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// How the bias begins: an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `max_pool2d(kernel)`: The largest number of each window.
///
/// `[c, h, w]` → `[c, h', w']`.
pub struct max_pool2d {
    /// Height and width of the window: a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Step of the window: a whole number or `[height, width]`; `kernel` if not given.
    pub stride: Pair,
    /// Border around the image: a whole number or `[height, width]`; `0` if not given.
    pub padding: Pair,
}

/// `avg_pool2d(kernel)`: The mean of each window; padding counts in it.
///
/// `[c, h, w]` → `[c, h', w']`.
pub struct avg_pool2d {
    /// Height and width of the window: a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Step of the window: a whole number or `[height, width]`; `kernel` if not given.
    pub stride: Pair,
    /// Border around the image: a whole number or `[height, width]`; `0` if not given.
    pub padding: Pair,
}

/// `global_avg_pool2d`: The mean of each channel.
///
/// `[c, h, w]` → `[c]`.
pub struct global_avg_pool2d {}

/// `flatten`: All numbers of a sample as a list of features; costs nothing.
///
/// Any → `[n]`.
pub struct flatten {}

/// `relu`: Max(x, 0).
///
/// Any, unchanged.
pub struct relu {}

/// `leaky_relu`: X, or slope·x below 0.
///
/// Any, unchanged.
pub struct leaky_relu {
    /// Factor of negative numbers: a number; `0.01` if not given.
    pub slope: Number,
}

/// `elu`: X, or alpha·(eˣ - 1) below 0.
///
/// Any, unchanged.
pub struct elu {
    /// Minus the limit for negative numbers: a number; `1` if not given.
    pub alpha: Number,
}

/// `gelu`: X·Φ(x), Φ the normal distribution.
///
/// Any, unchanged.
pub struct gelu {
    /// `tanh`: the faster approximation: `none` or `tanh`; `none` if not given.
    pub approximate: Word,
}

/// `silu`: X / (1 + e⁻ˣ).
///
/// Any, unchanged.
pub struct silu {}

/// `sigmoid`: 1 / (1 + e⁻ˣ).
///
/// Any, unchanged.
pub struct sigmoid {}

/// `tanh`: Tanh x.
///
/// Any, unchanged.
pub struct tanh {}

/// `softplus`: Ln(1 + e^(beta·x)) / beta.
///
/// Any, unchanged.
pub struct softplus {
    /// Sharpness of the bend: a number; `1` if not given.
    pub beta: Number,
    /// Where beta·x is large enough for x itself: a number; `20` if not given.
    pub threshold: Number,
}

/// `softmax`: E^xᵢ / Σ e^xⱼ: scores as probabilities that sum to one, over the features or over the channels of an image.
///
/// `[n]` or `[c, h, w]`, unchanged.
pub struct softmax {}

/// `dropout(rate)`: In training, sets a part `rate` of the numbers to 0 and scales the others by 1/(1 - rate); nothing in prediction.
///
/// Any, unchanged.
pub struct dropout {
    /// Part that becomes zero, 0 to 1: a number.
    pub rate: Number,
}

/// `batch_norm`: Each feature or channel scaled to mean 0 and variance 1 over the batch.
///
/// `[n]` or `[c, h, w]`, unchanged.
pub struct batch_norm {
    /// Weight of a batch in the running statistics: a number; `0.1` if not given.
    pub momentum: Number,
    /// Added to the variance: a number; `1e-5` if not given.
    pub epsilon: Number,
}

/// `layer_norm`: The last dimension of each sample scaled to mean 0 and variance 1.
///
/// Any, unchanged.
pub struct layer_norm {
    /// Added to the variance: a number; `1e-5` if not given.
    pub epsilon: Number,
}

/// `add`: `a + b`.
///
/// Two values of one shape, or a value and a number.
pub struct add {}

/// `sub`: `a - b`.
///
/// Two values of one shape, or a value and a number.
pub struct sub {}

/// `mul`: `a * b`.
///
/// Two values of one shape, or a value and a number.
pub struct mul {}

/// `div`: `a / b`.
///
/// Two values of one shape, or a value and a number.
pub struct div {}
