//! Declares every layer as a struct whose fields are its arguments.
//!
//! Written by `DL_BLESS=1 cargo test -p dl-macros documents` from the layers themselves.

#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, reason = "names of the language")]
#![allow(missing_docs)]

use super::arguments::*;

/// `residual { … }` adds its input to the output of the chain in braces: a skip connection.
pub struct residual {}

/// `repeat 6 { … }` applies 6 copies of the chain in braces one after the other, each with weights of its own.
pub struct repeat {}

/// `checkpoint { … }` keeps no value inside the braces for the backward pass, which computes them again: less memory for more time.
pub struct checkpoint {}

/// `dense(outputs)` computes `W·x + b`: a fully connected layer, PyTorch's `Linear`.
///
/// Shapes: `[n]` → `[outputs]`, `[t, n]` → `[t, outputs]`; `[…, n]` → `[…, outputs]` with `axis: -1`.
pub struct dense {
    /// Number of output features.
    ///
    /// Give a whole number.
    pub outputs: Size,
    /// Whether a learned bias is added to each output.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
    /// `-1` for an input of any shape, each of whose rows, along the last dimension, is one of features.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
    /// Initialisation of the weights, `pytorch` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// Initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
    /// Rank of a low-rank update `B·A` of the weights (LoRA), which fine-tuning trains in their place; no update by default.
    ///
    /// Give a whole number.
    pub lora: Size,
    /// Numerator of the factor `lora_alpha / lora` of the update; the rank by default, so that the factor is 1.
    ///
    /// Give a number.
    pub lora_alpha: Number,
}

/// `conv2d(channels, kernel)` convolves the image with one learned kernel for each output channel, plus a bias.
///
/// Shapes: `[c, h, w]` → `[channels, h', w']`.
pub struct conv2d {
    /// Number of output channels.
    ///
    /// Give a whole number.
    pub channels: Size,
    /// Height and width of the kernel.
    ///
    /// Give a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Distance between neighbouring windows.
    ///
    /// Give a whole number or `[height, width]`; the default is `1`.
    pub stride: Pair,
    /// Zero padding on each side of the image.
    ///
    /// Give a whole number, `[height, width]` or `same`; the default is `0`.
    pub padding: Padding,
    /// Distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous).
    ///
    /// Give a whole number or `[height, width]`; the default is `1`.
    pub dilation: Pair,
    /// Number of groups that the channels are divided into: each output channel depends on the input channels of its group alone.
    ///
    /// Give a whole number; the default is `1`.
    pub groups: Size,
    /// Whether a learned bias is added to each output channel.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
    /// Initialisation of the weights, `pytorch` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// Initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `conv1d(channels, kernel)` convolves along time, with one learned kernel for each output channel, plus a bias. Time is the last axis of `[c, l]`, as in PyTorch, and the run-time length `..` of `[.., c]`, which stays: there the stride is 1, and the padding `causal` or `same`.
///
/// Shapes: `[c, l]` → `[channels, l']`, `[.., c]` → `[.., channels]`.
pub struct conv1d {
    /// Number of output channels.
    ///
    /// Give a whole number.
    pub channels: Size,
    /// Length of the kernel.
    ///
    /// Give a whole number.
    pub kernel: Size,
    /// Distance between neighbouring windows.
    ///
    /// Give a whole number; the default is `1`.
    pub stride: Size,
    /// Zero padding on each side of the sequence.
    ///
    /// Give a whole number, `same` or `causal`; the default is `0`.
    pub padding: Border,
    /// Distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous).
    ///
    /// Give a whole number; the default is `1`.
    pub dilation: Size,
    /// Number of groups that the channels are divided into: each output channel depends on the input channels of its group alone.
    ///
    /// Give a whole number; the default is `1`.
    pub groups: Size,
    /// Whether a learned bias is added to each output channel.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
    /// Initialisation of the weights, `pytorch` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// Initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `depthwise_conv2d(kernel)` convolves each channel with kernels of its own: `conv2d` with as many groups as channels.
///
/// Shapes: `[c, h, w]` → `[multiplier·c, h', w']`.
pub struct depthwise_conv2d {
    /// Height and width of the kernel.
    ///
    /// Give a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Distance between neighbouring windows.
    ///
    /// Give a whole number or `[height, width]`; the default is `1`.
    pub stride: Pair,
    /// Zero padding on each side of the image.
    ///
    /// Give a whole number, `[height, width]` or `same`; the default is `0`.
    pub padding: Padding,
    /// Distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous).
    ///
    /// Give a whole number or `[height, width]`; the default is `1`.
    pub dilation: Pair,
    /// Number of output channels for each input channel.
    ///
    /// Give a whole number; the default is `1`.
    pub multiplier: Size,
    /// Whether a learned bias is added to each output channel.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
    /// Initialisation of the weights, `pytorch` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// Initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `separable_conv2d(channels, kernel)` convolves each channel with kernels of its own (`depthwise`), then mixes the channels with 1×1 kernels (`pointwise`).
///
/// Shapes: `[c, h, w]` → `[channels, h', w']`.
pub struct separable_conv2d {
    /// Number of output channels.
    ///
    /// Give a whole number.
    pub channels: Size,
    /// Height and width of the kernel.
    ///
    /// Give a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Distance between neighbouring windows.
    ///
    /// Give a whole number or `[height, width]`; the default is `1`.
    pub stride: Pair,
    /// Zero padding on each side of the image.
    ///
    /// Give a whole number, `[height, width]` or `same`; the default is `0`.
    pub padding: Padding,
    /// Distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous).
    ///
    /// Give a whole number or `[height, width]`; the default is `1`.
    pub dilation: Pair,
    /// Number of intermediate channels for each input channel.
    ///
    /// Give a whole number; the default is `1`.
    pub multiplier: Size,
    /// Whether a learned bias is added to each output channel.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
    /// Initialisation of the weights, `pytorch` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// Initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `conv_transpose2d(channels, kernel)` computes a transposed convolution: every input element adds its scaled kernel to a larger output.
///
/// Shapes: `[c, h, w]` → `[channels, h', w']`.
pub struct conv_transpose2d {
    /// Number of output channels.
    ///
    /// Give a whole number.
    pub channels: Size,
    /// Height and width of the kernel.
    ///
    /// Give a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Distance in the output between neighbouring input elements: the factor of upsampling.
    ///
    /// Give a whole number or `[height, width]`; the default is `1`.
    pub stride: Pair,
    /// Number of rows and columns that are cropped from each side of the output.
    ///
    /// Give a whole number or `[height, width]`; the default is `0`.
    pub padding: Pair,
    /// Number of rows and columns that are added at the end of the output; less than the stride.
    ///
    /// Give a whole number or `[height, width]`; the default is `0`.
    pub output_padding: Pair,
    /// Number of groups that the channels are divided into: each output channel depends on the input channels of its group alone.
    ///
    /// Give a whole number; the default is `1`.
    pub groups: Size,
    /// Distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous).
    ///
    /// Give a whole number or `[height, width]`; the default is `1`.
    pub dilation: Pair,
    /// Whether a learned bias is added to each output channel.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
    /// Initialisation of the weights, `pytorch` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// Initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `conv_transpose1d(channels, kernel)` computes a transposed convolution: every input element adds its scaled kernel to a larger output.
///
/// Shapes: `[c, l]` → `[channels, l']`.
pub struct conv_transpose1d {
    /// Number of output channels.
    ///
    /// Give a whole number.
    pub channels: Size,
    /// Length of the kernel.
    ///
    /// Give a whole number.
    pub kernel: Size,
    /// Distance in the output between neighbouring input elements: the factor of upsampling.
    ///
    /// Give a whole number; the default is `1`.
    pub stride: Size,
    /// Number of elements that are cropped from each side of the output.
    ///
    /// Give a whole number; the default is `0`.
    pub padding: Size,
    /// Number of elements that are added at the end of the output; less than the stride.
    ///
    /// Give a whole number; the default is `0`.
    pub output_padding: Size,
    /// Number of groups that the channels are divided into: each output channel depends on the input channels of its group alone.
    ///
    /// Give a whole number; the default is `1`.
    pub groups: Size,
    /// Distance between neighbouring kernel elements: 1 for a dense kernel, 2 leaves gaps of one (à trous).
    ///
    /// Give a whole number; the default is `1`.
    pub dilation: Size,
    /// Whether a learned bias is added to each output channel.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
    /// Initialisation of the weights, `pytorch` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// Initialisation of the bias, by default `pytorch`, or `zeros` if `init` is given.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `max_pool2d(kernel)` takes the maximum of each window.
///
/// Shapes: `[c, h, w]` → `[c, h', w']`.
pub struct max_pool2d {
    /// Height and width of the window.
    ///
    /// Give a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Distance between neighbouring windows.
    ///
    /// Give a whole number or `[height, width]`; the default is `kernel`.
    pub stride: Pair,
    /// Padding on each side of the image.
    ///
    /// Give a whole number or `[height, width]`; the default is `0`.
    pub padding: Pair,
    /// Whether the output size is rounded up, so that the last window may extend beyond the image.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub ceil_mode: Flag,
}

/// `max_pool1d(kernel)` takes the maximum of each window.
///
/// Shapes: `[c, l]` → `[c, l']`.
pub struct max_pool1d {
    /// Length of the window.
    ///
    /// Give a whole number.
    pub kernel: Size,
    /// Distance between neighbouring windows.
    ///
    /// Give a whole number; the default is `kernel`.
    pub stride: Size,
    /// Padding on each side of the sequence.
    ///
    /// Give a whole number; the default is `0`.
    pub padding: Size,
    /// Whether the output size is rounded up, so that the last window may extend beyond the image.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub ceil_mode: Flag,
}

/// `avg_pool2d(kernel)` takes the mean of each window.
///
/// Shapes: `[c, h, w]` → `[c, h', w']`.
pub struct avg_pool2d {
    /// Height and width of the window.
    ///
    /// Give a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Distance between neighbouring windows.
    ///
    /// Give a whole number or `[height, width]`; the default is `kernel`.
    pub stride: Pair,
    /// Padding on each side of the image.
    ///
    /// Give a whole number or `[height, width]`; the default is `0`.
    pub padding: Pair,
    /// Whether the output size is rounded up, so that the last window may extend beyond the image.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub ceil_mode: Flag,
    /// Whether the mean includes the zeros of the padding.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub count_include_pad: Flag,
}

/// `avg_pool1d(kernel)` takes the mean of each window.
///
/// Shapes: `[c, l]` → `[c, l']`.
pub struct avg_pool1d {
    /// Length of the window.
    ///
    /// Give a whole number.
    pub kernel: Size,
    /// Distance between neighbouring windows.
    ///
    /// Give a whole number; the default is `kernel`.
    pub stride: Size,
    /// Padding on each side of the sequence.
    ///
    /// Give a whole number; the default is `0`.
    pub padding: Size,
    /// Whether the output size is rounded up, so that the last window may extend beyond the image.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub ceil_mode: Flag,
    /// Whether the mean includes the zeros of the padding.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub count_include_pad: Flag,
}

/// `adaptive_avg_pool2d(size)` takes the mean of each of `size` windows, which are chosen to cover the image.
///
/// Shapes: `[c, h, w]` → `[c, size…]`.
pub struct adaptive_avg_pool2d {
    /// Height and width of the output.
    ///
    /// Give a whole number or `[height, width]`.
    pub size: Pair,
}

/// `adaptive_avg_pool1d(size)` takes the mean of each of `size` windows, which are chosen to cover the sequence.
///
/// Shapes: `[c, l]` → `[c, size]`.
pub struct adaptive_avg_pool1d {
    /// Length of the output.
    ///
    /// Give a whole number.
    pub size: Size,
}

/// `adaptive_max_pool2d(size)` takes the maximum of each of `size` windows, which are chosen to cover the image.
///
/// Shapes: `[c, h, w]` → `[c, size…]`.
pub struct adaptive_max_pool2d {
    /// Height and width of the output.
    ///
    /// Give a whole number or `[height, width]`.
    pub size: Pair,
}

/// `adaptive_max_pool1d(size)` takes the maximum of each of `size` windows, which are chosen to cover the sequence.
///
/// Shapes: `[c, l]` → `[c, size]`.
pub struct adaptive_max_pool1d {
    /// Length of the output.
    ///
    /// Give a whole number.
    pub size: Size,
}

/// `global_avg_pool2d` takes the mean of each channel.
///
/// Shapes: `[c, h, w]` → `[c]`.
pub struct global_avg_pool2d {}

/// `global_avg_pool1d` takes the mean of each channel.
///
/// Shapes: `[c, l]` → `[c]`.
pub struct global_avg_pool1d {}

/// `global_max_pool2d` takes the maximum of each channel.
///
/// Shapes: `[c, h, w]` → `[c]`.
pub struct global_max_pool2d {}

/// `global_max_pool1d` takes the maximum of each channel.
///
/// Shapes: `[c, l]` → `[c]`.
pub struct global_max_pool1d {}

/// `upsample(factor)` enlarges the image by nearest-neighbour or bilinear interpolation; the edges of both images are aligned, or with `align_corners` the centres of their corner pixels, as in PyTorch.
///
/// Shapes: `[c, h, w]` → `[c, factor·h, factor·w]`.
pub struct upsample {
    /// Factor of upsampling.
    ///
    /// Give a whole number or `[height, width]`.
    pub factor: Pair,
    /// Interpolation between the pixels.
    ///
    /// Give `nearest` or `bilinear`; the default is `nearest`.
    pub mode: Choice,
    /// Whether the centres of the corner pixels of both images are aligned, for `bilinear`.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub align_corners: Flag,
}

/// `pad2d(sides)` adds rows and columns around the image.
///
/// Shapes: `[c, h, w]` → `[c, top + h + bottom, left + w + right]`.
pub struct pad2d {
    /// Number of rows and columns on each side.
    ///
    /// Give a whole number or `[top, bottom, left, right]`.
    pub sides: Sides,
    /// Value of the new pixels.
    ///
    /// Give `zeros` or `reflect` or `replicate`; the default is `zeros`.
    pub mode: Choice,
}

/// `flatten` flattens a sample to one vector of `n` features, without copying.
///
/// Shapes: any → `[n]`.
pub struct flatten {}

/// `relu` computes `max(x, 0)`.
///
/// Shapes: any, unchanged.
pub struct relu {}

/// `leaky_relu` computes `x`, or `slope·x` where `x < 0`.
///
/// Shapes: any, unchanged.
pub struct leaky_relu {
    /// Slope for negative inputs.
    ///
    /// Give a number; the default is `0.01`.
    pub slope: Number,
}

/// `elu` computes `x`, or `alpha·(eˣ - 1)` where `x < 0`.
///
/// Shapes: any, unchanged.
pub struct elu {
    /// Scale for negative inputs: the output tends to `-alpha`.
    ///
    /// Give a number; the default is `1`.
    pub alpha: Number,
}

/// `gelu` computes `x·Φ(x)`, where `Φ` is the distribution function of the standard normal distribution.
///
/// Shapes: any, unchanged.
pub struct gelu {
    /// Formula for `Φ`.
    ///
    /// Give `none` or `tanh`; the default is `none`.
    pub approximate: Choice,
}

/// `silu` computes `x / (1 + e⁻ˣ)`, also called swish.
///
/// Shapes: any, unchanged.
pub struct silu {}

/// `sigmoid` computes `1 / (1 + e⁻ˣ)`.
///
/// Shapes: any, unchanged.
pub struct sigmoid {}

/// `tanh` computes `tanh x`.
///
/// Shapes: any, unchanged.
pub struct tanh {}

/// `softplus` computes `ln(1 + e^(beta·x)) / beta`.
///
/// Shapes: any, unchanged.
pub struct softplus {
    /// Sharpness: the larger, the closer to `relu`.
    ///
    /// Give a number; the default is `1`.
    pub beta: Number,
    /// Value of `beta·x` above which the output is `x` itself.
    ///
    /// Give a number; the default is `20`.
    pub threshold: Number,
}

/// `selu` computes `1.0507·x`, or `1.7581·(eˣ - 1)` where `x < 0`.
///
/// Shapes: any, unchanged.
pub struct selu {}

/// `mish` computes `x·tanh(ln(1 + eˣ))`.
///
/// Shapes: any, unchanged.
pub struct mish {}

/// `log_sigmoid` computes `ln(1 / (1 + e⁻ˣ))`.
///
/// Shapes: any, unchanged.
pub struct log_sigmoid {}

/// `softsign` computes `x / (1 + |x|)`.
///
/// Shapes: any, unchanged.
pub struct softsign {}

/// `relu6` computes `min(max(x, 0), 6)`.
///
/// Shapes: any, unchanged.
pub struct relu6 {}

/// `hard_tanh` clamps `x` to `min` and `max`, with a gradient of 0 at the limits.
///
/// Shapes: any, unchanged.
pub struct hard_tanh {
    /// Lower limit.
    ///
    /// Give a number; the default is `-1`.
    pub min: Number,
    /// Upper limit.
    ///
    /// Give a number; the default is `1`.
    pub max: Number,
}

/// `hard_sigmoid` computes `(x + 3) / 6`, clamped to 0 and 1.
///
/// Shapes: any, unchanged.
pub struct hard_sigmoid {}

/// `hard_swish` computes `x·(x + 3) / 6` from -3 to 3, 0 below and `x` above.
///
/// Shapes: any, unchanged.
pub struct hard_swish {}

/// `clamp(min, max)` clamps `x` to `min` and `max`, with a gradient of 1 at `min` and 0 at `max`.
///
/// Shapes: any, unchanged.
pub struct clamp {
    /// Lower limit.
    ///
    /// Give a number.
    pub min: Number,
    /// Upper limit.
    ///
    /// Give a number.
    pub max: Number,
}

/// `exp` computes `eˣ`.
///
/// Shapes: any, unchanged.
pub struct exp {}

/// `log` computes `ln x`.
///
/// Shapes: any, unchanged.
pub struct log {}

/// `sqrt` computes `√x`.
///
/// Shapes: any, unchanged.
pub struct sqrt {}

/// `square` computes `x²`.
///
/// Shapes: any, unchanged.
pub struct square {}

/// `abs` computes `|x|`.
///
/// Shapes: any, unchanged.
pub struct abs {}

/// `powi(exponent)` computes `xⁿ` for a whole number `n`.
///
/// Shapes: any, unchanged.
pub struct powi {
    /// Exponent `n`.
    ///
    /// Give a whole number.
    pub exponent: Integer,
}

/// `prelu` computes `x`, or `weight·x` where `x < 0`, with a learned `weight`.
///
/// Shapes: any, unchanged.
pub struct prelu {
    /// Whether each channel has a slope of its own.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub per_channel: Flag,
    /// Initialisation of the slopes, `constant(0.25)` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
}

/// `scale` multiplies each feature, or each channel of an image, by a learned factor (layer scale).
///
/// Shapes: `[n]`, `[t, n]` or `[c, h, w]`, unchanged.
pub struct scale {
    /// Value that every factor begins with.
    ///
    /// Give a number; the default is `1`.
    pub initial: Number,
}

/// `softmax` computes `e^xᵢ / Σ e^xⱼ`: probabilities from logits, over the features, the channels of an image, or `axis`.
///
/// Shapes: any, unchanged.
pub struct softmax {
    /// Dimension along which the probabilities sum to 1, by default the first of features `[n]` and images `[c, h, w]`.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
}

/// `log_softmax` computes `x - ln Σ e^xⱼ`: the logarithm of `softmax`.
///
/// Shapes: any, unchanged.
pub struct log_softmax {
    /// Dimension along which the probabilities sum to 1, by default the first of features `[n]` and images `[c, h, w]`.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
}

/// `embedding(vocabulary, features)` looks up each token's row in a learned table.
///
/// Shapes: `u32[…]` → `[…, features]`.
pub struct embedding {
    /// Number of different tokens: tokens are less than this.
    ///
    /// Give a whole number.
    pub vocabulary: Size,
    /// Number of features for each token.
    ///
    /// Give a whole number.
    pub features: Size,
    /// Initialisation of the table, `normal(1)` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
}

/// `unembedding(embedding)` computes a logit for every token: the input times the transposed table of an embedding that `as` named (tied weights).
///
/// Shapes: `[features]` → `[vocabulary]`, `[t, features]` → `[t, vocabulary]`.
pub struct unembedding {
    /// Name that `as` gave to the embedding.
    ///
    /// Give the name of a layer.
    pub embedding: Choice,
}

/// `learned_positions` adds a learned vector for each position of a sequence, so that layers can tell positions apart.
///
/// Shapes: `[t, n]` or `[..=t, n]`, unchanged.
pub struct learned_positions {
    /// Number of positions, by default the largest length of a sequence.
    ///
    /// Give a whole number.
    pub positions: Size,
    /// Initialisation of the vectors, `normal(0.02)` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
}

/// `sinusoidal_positions` adds sines and cosines of each position, with wavelengths from 2π to 10000·2π (Vaswani et al.).
///
/// Shapes: `[t, n]` or `[.., n]` with an even `n`, unchanged.
pub struct sinusoidal_positions {
    /// Where the sines and cosines are among the features.
    ///
    /// Give `alternating` or `halves`; the default is `alternating`.
    pub order: Choice,
}

/// `parameter(shape)` is a learned tensor that reads no value, the same for every sample: a class token, queries. Its name, also in files, is that of its `let`.
///
/// Shapes: nothing → `[shape]`.
pub struct parameter {
    /// Shape of the tensor.
    ///
    /// Give a shape such as `[16, 5, 5]`.
    pub shape: Shape,
    /// Initialisation of the numbers, `normal(0.02)` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
}

/// `argmax` is the index of the largest number along the last dimension, the first among equal ones, for `one_hot` or `embedding`; no gradient.
///
/// Shapes: `[…, n]` → `u32[…]`.
pub struct argmax {}

/// `one_hot(classes)` makes a vector of each class, with a 1 at its place and zeros elsewhere; no gradient.
///
/// Shapes: `u32[…]` → `[…, classes]`.
pub struct one_hot {
    /// Number of different classes: the numbers of the input are less than this.
    ///
    /// Give a whole number.
    pub classes: Size,
}

/// `matmul` multiplies two values as matrices, or stacks of matrices with the same leading dimensions.
///
/// Shapes: `[…, m, k]`, `[…, k, n]` → `[…, m, n]`.
pub struct matmul {}

/// `attention(heads)` lets every row of a sequence look at the others, with several heads; PyTorch's `MultiheadAttention`.
///
/// Shapes: `[t, n]`, unchanged.
pub struct attention {
    /// Number of heads, which divides the features.
    ///
    /// Give a whole number.
    pub heads: Size,
    /// Whether a row sees only itself and the rows before it.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub causal: Flag,
    /// Number of heads of keys and values, each for as many heads of queries, as many as `heads` by default.
    ///
    /// Give a whole number; the default is `heads`.
    pub kv_heads: Size,
    /// Number of rows that a row sees at most, including itself, with `causal: true`; all by default.
    ///
    /// Give a whole number.
    pub window: Size,
    /// Probability that a probability is set to 0 in training, from 0 to 1.
    ///
    /// Give a number; the default is `0`.
    pub dropout: Number,
    /// Whether the four projections have biases.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
    /// Base of rotary position embeddings, such as 10000: queries and keys are rotated by their positions.
    ///
    /// Give a number.
    pub rotary: Number,
    /// Whether scores are lowered in proportion to the distance of the rows (ALiBi).
    ///
    /// Give `true` or `false`; the default is `false`.
    pub alibi: Flag,
    /// Initialisation of the weights, by default `xavier_uniform`, and `pytorch` for the output.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// Initialisation of the biases, `zeros` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
    /// Rank of low-rank updates of the projections to queries and values (LoRA), which fine-tuning trains in their place; none by default.
    ///
    /// Give a whole number.
    pub lora: Size,
    /// Numerator of the factor `lora_alpha / lora` of the update; the rank by default, so that the factor is 1.
    ///
    /// Give a number.
    pub lora_alpha: Number,
}

/// `cross_attention(heads)` lets every row of a sequence look at all rows of another, `memory`, with several heads; PyTorch's `MultiheadAttention`.
///
/// Shapes: `[t, n]`, `[s, m]` → `[t, n]`.
pub struct cross_attention {
    /// Number of heads, which divides the features.
    ///
    /// Give a whole number.
    pub heads: Size,
    /// Number of heads of keys and values, each for as many heads of queries, as many as `heads` by default.
    ///
    /// Give a whole number; the default is `heads`.
    pub kv_heads: Size,
    /// Probability that a probability is set to 0 in training, from 0 to 1.
    ///
    /// Give a number; the default is `0`.
    pub dropout: Number,
    /// Whether the four projections have biases.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
    /// Initialisation of the weights, by default `xavier_uniform`, and `pytorch` for the output.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// Initialisation of the biases, `zeros` by default.
    ///
    /// Give an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
    /// Rank of low-rank updates of the projections to queries and values (LoRA), which fine-tuning trains in their place; none by default.
    ///
    /// Give a whole number.
    pub lora: Size,
    /// Numerator of the factor `lora_alpha / lora` of the update; the rank by default, so that the factor is 1.
    ///
    /// Give a number.
    pub lora_alpha: Number,
}

/// `l2_normalize` divides the last dimension of each sample by its Euclidean norm.
///
/// Shapes: any, unchanged.
pub struct l2_normalize {
    /// Lower limit of the norm, to avoid division by zero.
    ///
    /// Give a number; the default is `1e-12`.
    pub epsilon: Number,
}

/// `rnn(hidden)` computes `h = tanh(W·x + V·h + b)` from row to row of a sequence: a plain recurrent layer.
///
/// Shapes: `[t, n]` or `[.., n]` → `[t, hidden]`; twice as many if `bidirectional`.
pub struct rnn {
    /// Number of hidden features.
    ///
    /// Give a whole number.
    pub hidden: Size,
    /// Function that makes the state of the sum.
    ///
    /// Give `tanh` or `relu`; the default is `tanh`.
    pub activation: Choice,
    /// Number of layers, each of which takes the output of the one before.
    ///
    /// Give a whole number; the default is `1`.
    pub layers: Integer,
    /// Whether each layer has a second direction, from the last row to the first, whose output follows in each row.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub bidirectional: Flag,
    /// Rate of the dropout between layers.
    ///
    /// Give a number; the default is `0`.
    pub dropout: Number,
    /// Whether learned biases are added to the sums.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
}

/// `lstm(hidden)` goes along a sequence with long short-term memory, whose gates decide what it keeps, adds and shows.
///
/// Shapes: `[t, n]` or `[.., n]` → `[t, hidden]`, or `[t, projection]`; twice as many if `bidirectional`.
pub struct lstm {
    /// Number of hidden features.
    ///
    /// Give a whole number.
    pub hidden: Size,
    /// Number of layers, each of which takes the output of the one before.
    ///
    /// Give a whole number; the default is `1`.
    pub layers: Integer,
    /// Whether each layer has a second direction, from the last row to the first, whose output follows in each row.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub bidirectional: Flag,
    /// Rate of the dropout between layers.
    ///
    /// Give a number; the default is `0`.
    pub dropout: Number,
    /// Number of features to which the state is projected; without it, the state has the hidden features.
    ///
    /// Give a whole number.
    pub projection: Size,
    /// Whether learned biases are added to the sums.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
}

/// `gru(hidden)` goes along a sequence with gated units, which are simpler than `lstm` and often as good.
///
/// Shapes: `[t, n]` or `[.., n]` → `[t, hidden]`; twice as many if `bidirectional`.
pub struct gru {
    /// Number of hidden features.
    ///
    /// Give a whole number.
    pub hidden: Size,
    /// Number of layers, each of which takes the output of the one before.
    ///
    /// Give a whole number; the default is `1`.
    pub layers: Integer,
    /// Whether each layer has a second direction, from the last row to the first, whose output follows in each row.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub bidirectional: Flag,
    /// Rate of the dropout between layers.
    ///
    /// Give a number; the default is `0`.
    pub dropout: Number,
    /// Whether learned biases are added to the sums.
    ///
    /// Give `true` or `false`; the default is `true`.
    pub bias: Flag,
}

/// `random_normal` draws from the standard normal distribution in training, whatever the input is; zeros in prediction.
///
/// Shapes: any, unchanged.
pub struct random_normal {}

/// `gaussian_noise(stddev)` adds normal noise of mean 0 and standard deviation `stddev` in training; does nothing in prediction.
///
/// Shapes: any, unchanged.
pub struct gaussian_noise {
    /// Standard deviation of the noise.
    ///
    /// Give a number.
    pub stddev: Number,
}

/// `dropout(rate)` sets each element to 0 with probability `rate` in training and scales the others by `1 / (1 - rate)`; does nothing in prediction.
///
/// Shapes: any, unchanged.
pub struct dropout {
    /// Probability that an element is set to 0, from 0 to 1.
    ///
    /// Give a number.
    pub rate: Number,
}

/// `stochastic_depth(rate)` sets a whole sample (of a sequence, all its rows) to 0 with probability `rate` in training and scales the others by `1 / (1 - rate)`; does nothing in prediction; it stands at the end of a residual branch.
///
/// Shapes: any, unchanged.
pub struct stochastic_depth {
    /// Probability that a sample is set to 0, from 0 to 1.
    ///
    /// Give a number.
    pub rate: Number,
}

/// `batch_norm` normalises each feature or channel to mean 0 and variance 1 over the batch, then scales and shifts it.
///
/// Shapes: `[n]` or `[c, h, w]`, unchanged.
pub struct batch_norm {
    /// Weight of the current batch in the running statistics, as in PyTorch.
    ///
    /// Give a number; the default is `0.1`.
    pub momentum: Number,
    /// Small number added to the variance to avoid division by zero.
    ///
    /// Give a number; the default is `1e-5`.
    pub epsilon: Number,
}

/// `layer_norm` normalises the last dimension of each sample to mean 0 and variance 1, then scales and shifts it.
///
/// Shapes: any, unchanged.
pub struct layer_norm {
    /// Small number added to the variance to avoid division by zero.
    ///
    /// Give a number; the default is `1e-5`.
    pub epsilon: Number,
}

/// `rms_norm` normalises the last dimension of each sample to a mean square of 1, then scales it.
///
/// Shapes: any, unchanged.
pub struct rms_norm {
    /// Small number added to the mean square to avoid division by zero.
    ///
    /// Give a number; the default is `1.1920929e-7`.
    pub epsilon: Number,
}

/// `group_norm(groups)` normalises groups of channels of each sample to mean 0 and variance 1, then scales and shifts each channel.
///
/// Shapes: `[c, …]`, unchanged.
pub struct group_norm {
    /// Number of groups that the channels are divided into: each is normalised on its own.
    ///
    /// Give a whole number.
    pub groups: Size,
    /// Small number added to the variance to avoid division by zero.
    ///
    /// Give a number; the default is `1e-5`.
    pub epsilon: Number,
}

/// `instance_norm` normalises each channel of each sample to mean 0 and variance 1 over its positions.
///
/// Shapes: `[c, …]`, unchanged.
pub struct instance_norm {
    /// Whether each channel has a learned scale and shift.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub affine: Flag,
    /// Small number added to the variance to avoid division by zero.
    ///
    /// Give a number; the default is `1e-5`.
    pub epsilon: Number,
}

/// `reshape(shape)` gives a sample another shape with the same number of elements, without copying: `reshape([16, 5, 5])`.
///
/// Shapes: any → `shape`.
pub struct reshape {
    /// New shape of a sample.
    ///
    /// Give a shape such as `[16, 5, 5]`.
    pub shape: Shape,
}

/// `identity` returns its input, without copying.
///
/// Shapes: any, unchanged.
pub struct identity {}

/// `transpose` swaps the last two dimensions, or permutes all of them: `transpose([1, 0, 2])`.
///
/// Shapes: `[…, m, n]` → `[…, n, m]`, or in the order `axes`.
pub struct transpose {
    /// Order of the input's dimensions in the output, such as `[1, 0, 2]`; unless given, the last two are swapped.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
    pub axes: Axes,
}

/// `concat` concatenates values along one dimension: `concat(a, b, axis: 1)`, or the branches of a chain: `concat { a; b }`.
///
/// Shapes: `[c₁, …]`, `[c₂, …]`, … → `[c₁ + c₂ + …, …]`.
pub struct concat {
    /// Dimension along which the values are concatenated.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last; the default is `0`.
    pub axis: Axis,
}

/// `stop_gradient` returns its input as a constant: no gradient flows back through it (`detach`).
///
/// Shapes: any, unchanged.
pub struct stop_gradient {}

/// `slice(from, to)` keeps the indices `from..to` of one dimension.
///
/// Shapes: `[…, n, …]` → `[…, to - from, …]`.
pub struct slice {
    /// First index that is kept.
    ///
    /// Give a whole number.
    pub from: Size,
    /// End of the range: the index after the last that is kept.
    ///
    /// Give a whole number.
    pub to: Size,
    /// Dimension that is sliced.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last; the default is `0`.
    pub axis: Axis,
}

/// `split(sizes)` splits one dimension into parts of these sizes: `let (a, b) = x -> split([4, 2]);`.
///
/// Shapes: `[…, n, …]` → several values.
pub struct split {
    /// Sizes of the parts, such as `[4, 2]`.
    ///
    /// Give a shape such as `[16, 5, 5]`.
    pub sizes: Shape,
    /// Dimension that is split.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last; the default is `0`.
    pub axis: Axis,
}

/// `first` takes the first row of a sequence.
///
/// Shapes: `[t, n]` or `[.., n]` → `[n]`.
pub struct first {}

/// `last` takes the last row of a sequence.
///
/// Shapes: `[t, n]` or `[.., n]` → `[n]`.
pub struct last {}

/// `reverse` puts the rows of a sequence in reverse order.
///
/// Shapes: `[t, n]` or `[.., n]`, unchanged.
pub struct reverse {}

/// `sum` sums over some dimensions (`axis: 0`, `axis: [1, 2]`), or over all.
///
/// Shapes: any → without the reduced dimensions; with `keep: true` they stay, with size 1.
pub struct sum {
    /// Dimensions that are reduced, all by default.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
    pub axis: Axes,
    /// Whether the reduced dimensions stay, with size 1 (`keepdim`).
    ///
    /// Give `true` or `false`; the default is `false`.
    pub keep: Flag,
}

/// `mean` takes the mean over some dimensions, or over all.
///
/// Shapes: any → without the reduced dimensions; with `keep: true` they stay, with size 1.
pub struct mean {
    /// Dimensions that are reduced, all by default.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
    pub axis: Axes,
    /// Whether the reduced dimensions stay, with size 1 (`keepdim`).
    ///
    /// Give `true` or `false`; the default is `false`.
    pub keep: Flag,
}

/// `max` takes the maximum over some dimensions, or over all.
///
/// Shapes: any → without the reduced dimensions; with `keep: true` they stay, with size 1.
pub struct max {
    /// Dimensions that are reduced, all by default.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
    pub axis: Axes,
    /// Whether the reduced dimensions stay, with size 1 (`keepdim`).
    ///
    /// Give `true` or `false`; the default is `false`.
    pub keep: Flag,
}

/// `cumsum` sums from the first element of a dimension to each: the cumulative sum.
///
/// Shapes: any, unchanged.
pub struct cumsum {
    /// Dimension along which is summed.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last; the default is `0`.
    pub axis: Axis,
}

/// `add` computes `a + b`.
///
/// Shapes: two values, broadcast as in NumPy, or a value and a number.
pub struct add {}

/// `sub` computes `a - b`.
///
/// Shapes: two values, broadcast as in NumPy, or a value and a number.
pub struct sub {}

/// `mul` computes `a * b`, element by element.
///
/// Shapes: two values, broadcast as in NumPy, or a value and a number.
pub struct mul {}

/// `div` computes `a / b`, element by element.
///
/// Shapes: two values, broadcast as in NumPy, or a value and a number.
pub struct div {}

/// `cross_entropy` computes `-ln softmax(x)` of the true class: for classification from logits.
///
/// Shapes: `[classes]` and `u32`, `[classes, h, w]` or `[h, w, classes]` and `u32[h, w]`, … → a number.
pub struct cross_entropy {
    /// Probability mass that is spread evenly over all classes.
    ///
    /// Give a number; the default is `0`.
    pub label_smoothing: Number,
    /// Class whose targets do not count, any number: the loss is the mean over the others of the batch.
    ///
    /// Give a whole number.
    pub ignore: Size,
    /// Weight of each class: the loss is the weighted mean over all targets of the batch.
    ///
    /// Give a list of numbers such as `[1, 0.5]`.
    pub weights: Numbers,
    /// Dimension of the classes, 0 or -1; by default the one with which the shape of the target fits.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `nll` computes `-x` of the true class: for classification from log-probabilities.
///
/// Shapes: `[classes]` and `u32`, `[classes, h, w]` or `[h, w, classes]` and `u32[h, w]`, … → a number.
pub struct nll {
    /// Class whose targets do not count, any number: the loss is the mean over the others of the batch.
    ///
    /// Give a whole number.
    pub ignore: Size,
    /// Weight of each class: the loss is the weighted mean over all targets of the batch.
    ///
    /// Give a list of numbers such as `[1, 0.5]`.
    pub weights: Numbers,
    /// Dimension of the classes, 0 or -1; by default the one with which the shape of the target fits.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `focal` computes `cross_entropy` times `(1 - p)^gamma`, where `p` is the probability of the true class: for imbalanced classes.
///
/// Shapes: `[classes]` and `u32`, `[classes, h, w]` or `[h, w, classes]` and `u32[h, w]`, … → a number.
pub struct focal {
    /// Exponent of `1 - p`: the larger it is, the smaller is the weight of samples that are classified well.
    ///
    /// Give a number; the default is `2`.
    pub gamma: Number,
    /// Dimension of the classes, 0 or -1; by default the one with which the shape of the target fits.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `multi_margin` computes the mean of `max(0, margin - x_true + x)` over the other classes: for maximum-margin classification.
///
/// Shapes: `[classes]` and `u32`, `[classes, h, w]` or `[h, w, classes]` and `u32[h, w]`, … → a number.
pub struct multi_margin {
    /// Difference between the scores of the true class and any other class above which the loss is 0.
    ///
    /// Give a number; the default is `1`.
    pub margin: Number,
    /// Dimension of the classes, 0 or -1; by default the one with which the shape of the target fits.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `ctc` computes `-ln` of the probability of all alignments that spell the labels, for each label: for speech and handwriting, from logits; targets equal to `blank` fill up.
///
/// Shapes: `[t, classes]` and `u32[labels]` → a number.
pub struct ctc {
    /// Class that stands for no label.
    ///
    /// Give a whole number; the default is `0`.
    pub blank: Size,
    /// Whether a sequence that is too short for its labels has no loss instead of an infinite one.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub zero_infinity: Flag,
}

/// `bce` computes the binary cross-entropy of probabilities `a` with targets 0 to 1.
///
/// Shapes: two values of one shape → a number.
pub struct bce {
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `bce_with_logits` computes `bce(sigmoid(a), b)` in a numerically stable way: for binary classification from logits.
///
/// Shapes: two values of one shape → a number.
pub struct bce_with_logits {
    /// Weight of the target 1: a number, or one for each output (for images, each channel).
    ///
    /// Give a number, or a list of numbers such as `[1, 0.5]`.
    pub pos_weight: NumberOrNumbers,
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `sigmoid_focal` computes `bce_with_logits` times `(1 - p)^gamma`, where `p` is the probability of the true answer, weighted by `alpha`: for binary classification where most samples are easy.
///
/// Shapes: two values of one shape → a number.
pub struct sigmoid_focal {
    /// Exponent of `1 - p`: the larger it is, the smaller is the weight of samples that are classified well.
    ///
    /// Give a number; the default is `2`.
    pub gamma: Number,
    /// Weight of positive targets; negative ones have `1 - alpha`.
    ///
    /// Give a number; the default is `0.25`.
    pub alpha: Number,
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `hinge` computes the mean of `max(0, 1 - a·b)` for targets 1 and -1: for maximum-margin binary classification.
///
/// Shapes: two values of one shape → a number.
pub struct hinge {
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `mse` computes the mean of `(a - b)²`: for regression.
///
/// Shapes: two values of one shape → a number.
pub struct mse {
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `mae` computes the mean of `|a - b|`: for regression with outliers.
///
/// Shapes: two values of one shape → a number.
pub struct mae {
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `huber` computes the mean of `½d²` where `|d| < delta`, else `delta·(|d| - ½delta)`, for `d = a - b`: for regression with outliers, and smooth near 0.
///
/// Shapes: two values of one shape → a number.
pub struct huber {
    /// Value of `|d|` above which the loss is linear.
    ///
    /// Give a number; the default is `1`.
    pub delta: Number,
    /// Whether the loss is the mean of its numbers, also over the batch, or their sum.
    ///
    /// Give `mean` or `sum`; the default is `mean`.
    pub reduction: Choice,
}

/// `kl_normal` computes `-½ Σ (1 + v - m² - e^v)` of `kl_normal(mean, log_variance)`: the Kullback-Leibler divergence of a normal distribution from the standard one, summed over the elements.
///
/// Shapes: two values of one shape → a number.
pub struct kl_normal {}

/// `dice` computes `1 - (2·Σpt + smooth) / (Σp + Σt + smooth)` of each class, with `p = softmax(x)`, and takes the mean: for segmentation.
///
/// Shapes: `[classes, h, w]` or `[h, w, classes]` and `u32[h, w]`, … → a number.
pub struct dice {
    /// Class of the pixels that do not count, any number: the void.
    ///
    /// Give a whole number.
    pub ignore: Size,
    /// Number that is added above and below the fraction; a larger one such as 1 weakens classes that are absent.
    ///
    /// Give a number; the default is `1e-5`.
    pub smooth: Number,
    /// Whether the areas are those of the whole batch, and not of each sample.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub batch: Flag,
    /// Dimension of the classes, 0 or -1; by default the one with which the shape of the target fits.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
}

/// `jaccard` computes `1 - (Σpt + smooth) / (Σp + Σt - Σpt + smooth)` of each class, with `p = softmax(x)`, and takes the mean: the IoU loss.
///
/// Shapes: `[classes, h, w]` or `[h, w, classes]` and `u32[h, w]`, … → a number.
pub struct jaccard {
    /// Class of the pixels that do not count, any number: the void.
    ///
    /// Give a whole number.
    pub ignore: Size,
    /// Number that is added above and below the fraction; a larger one such as 1 weakens classes that are absent.
    ///
    /// Give a number; the default is `1e-5`.
    pub smooth: Number,
    /// Whether the areas are those of the whole batch, and not of each sample.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub batch: Flag,
    /// Dimension of the classes, 0 or -1; by default the one with which the shape of the target fits.
    ///
    /// Give the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
}

/// `sigmoid_dice` computes `dice` of yes-or-no masks, with `p = sigmoid(x)`; each channel of `[masks, h, w]` is a mask.
///
/// Shapes: two values of one shape, `[h, w]` or `[masks, h, w]` → a number.
pub struct sigmoid_dice {
    /// Target of the pixels that do not count, such as -1: the void.
    ///
    /// Give a number.
    pub ignore: Number,
    /// Number that is added above and below the fraction; a larger one such as 1 weakens classes that are absent.
    ///
    /// Give a number; the default is `1e-5`.
    pub smooth: Number,
    /// Whether the areas are those of the whole batch, and not of each sample.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub batch: Flag,
}

/// `sigmoid_jaccard` computes `jaccard` of yes-or-no masks, with `p = sigmoid(x)`; each channel of `[masks, h, w]` is a mask.
///
/// Shapes: two values of one shape, `[h, w]` or `[masks, h, w]` → a number.
pub struct sigmoid_jaccard {
    /// Target of the pixels that do not count, such as -1: the void.
    ///
    /// Give a number.
    pub ignore: Number,
    /// Number that is added above and below the fraction; a larger one such as 1 weakens classes that are absent.
    ///
    /// Give a number; the default is `1e-5`.
    pub smooth: Number,
    /// Whether the areas are those of the whole batch, and not of each sample.
    ///
    /// Give `true` or `false`; the default is `false`.
    pub batch: Flag,
}

/// `cosine_embedding` computes `1 - cos(a, b)` where the target is 1, `max(0, cos(a, b) - margin)` where it is -1.
///
/// Shapes: `[n]`, `[n]` and a target, 1 or -1 → a number.
pub struct cosine_embedding {
    /// Cosine below which a pair with target -1 has no loss.
    ///
    /// Give a number; the default is `0`.
    pub margin: Number,
}

/// `contrastive` computes `½|a - b|²` where the target is 1, `½max(0, margin - |a - b|)²` where it is -1.
///
/// Shapes: `[n]`, `[n]` and a target, 1 or -1 → a number.
pub struct contrastive {
    /// Distance above which a pair with target -1 has no loss.
    ///
    /// Give a number; the default is `1`.
    pub margin: Number,
}

/// `triplet` computes `max(0, |a - p| - |a - n| + margin)` of `triplet(anchor, positive, negative)`.
///
/// Shapes: `[n]`, `[n]` and `[n]` → a number.
pub struct triplet {
    /// Difference between the anchor's distances to the negative and to the positive above which the loss is 0.
    ///
    /// Give a number; the default is `1`.
    pub margin: Number,
}

/// `nt_xent` computes the contrastive loss of SimCLR: the cross-entropy of finding the other view of a sample among all views in the batch, with `cos / temperature` as logits.
///
/// Shapes: `[n]` and `[n]` → a number.
pub struct nt_xent {
    /// Divisor of the cosines: the smaller it is, the sharper is the softmax.
    ///
    /// Give a number; the default is `0.5`.
    pub temperature: Number,
}
