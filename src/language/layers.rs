//! Every layer as a struct whose fields are its arguments.
//!
//! Written by `DL_BLESS=1 cargo test -p dl-macros documents` from the layers themselves.

#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, reason = "names of the language")]
#![allow(missing_docs)]

use super::arguments::*;

/// `residual { … }`: adds its input to what the chain in braces makes of it.
pub struct residual {}

/// `repeat 6 { … }`: copies of the chain in braces one after the other, each with weights of its own.
pub struct repeat {}

/// `dense(outputs)`: Every output is a weighted sum of all inputs.
///
/// `[n]` → `[outputs]`, `[t, n]` → `[t, outputs]`.
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

/// `conv1d(channels, kernel)`: A small window of weights slides over the sequence.
///
/// `[c, l]` → `[channels, l']`.
pub struct conv1d {
    /// Channels of the output: a whole number.
    pub channels: Size,
    /// Length of the window: a whole number.
    pub kernel: Size,
    /// Step of the window: a whole number; `1` if not given.
    pub stride: Size,
    /// Zeros at both ends of the sequence: a whole number or `same`; `0` if not given.
    pub padding: Border,
    /// Distance of the window's elements: a whole number; `1` if not given.
    pub dilation: Size,
    /// Parts of the channels that do not mix: a whole number; `1` if not given.
    pub groups: Size,
    /// Whether a number is added to each channel: `true` or `false`; `true` if not given.
    pub bias: Flag,
    /// How the weights begin: an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// How the bias begins: an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `depthwise_conv2d(kernel)`: A small window of weights for each channel: `conv2d` with a group for each.
///
/// `[c, h, w]` → `[multiplier·c, h', w']`.
pub struct depthwise_conv2d {
    /// Height and width of the window: a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Step of the window: a whole number or `[height, width]`; `1` if not given.
    pub stride: Pair,
    /// Zeros around the image: a whole number, `[height, width]` or `same`; `0` if not given.
    pub padding: Padding,
    /// Distance of the window's elements: a whole number or `[height, width]`; `1` if not given.
    pub dilation: Pair,
    /// Channels made from each: a whole number; `1` if not given.
    pub multiplier: Size,
    /// Whether a number is added to each channel: `true` or `false`; `true` if not given.
    pub bias: Flag,
    /// How the weights begin: an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// How the bias begins: an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `separable_conv2d(channels, kernel)`: A small window of weights for each channel, and then sums over channels: `depthwise` and `pointwise` weights.
///
/// `[c, h, w]` → `[channels, h', w']`.
pub struct separable_conv2d {
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
    /// Channels made from each before the sums: a whole number; `1` if not given.
    pub multiplier: Size,
    /// Whether a number is added to each channel: `true` or `false`; `true` if not given.
    pub bias: Flag,
    /// How the weights begin: an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// How the bias begins: an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `conv_transpose2d(channels, kernel)`: Every number adds its kernel to a larger output: the gradient of a convolution.
///
/// `[c, h, w]` → `[channels, h', w']`.
pub struct conv_transpose2d {
    /// Channels of the output: a whole number.
    pub channels: Size,
    /// What each number of the input adds to: a size: a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Distance in the output of neighbours in the input: a whole number or `[height, width]`; `1` if not given.
    pub stride: Pair,
    /// What is left out on each side of the output: a whole number or `[height, width]`; `0` if not given.
    pub padding: Pair,
    /// What is added at the end; less than the stride: a whole number or `[height, width]`; `0` if not given.
    pub output_padding: Pair,
    /// Parts of the channels that do not mix: a whole number; `1` if not given.
    pub groups: Size,
    /// Distance of the kernel's elements: a whole number or `[height, width]`; `1` if not given.
    pub dilation: Pair,
    /// Whether a number is added to each channel: `true` or `false`; `true` if not given.
    pub bias: Flag,
    /// How the weights begin: an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
    /// How the bias begins: an initialisation such as `he_normal` or `constant(0.1)`.
    pub bias_init: Init,
}

/// `conv_transpose1d(channels, kernel)`: Every number adds its kernel to a larger output: the gradient of a convolution.
///
/// `[c, l]` → `[channels, l']`.
pub struct conv_transpose1d {
    /// Channels of the output: a whole number.
    pub channels: Size,
    /// What each number of the input adds to: a size: a whole number.
    pub kernel: Size,
    /// Distance in the output of neighbours in the input: a whole number; `1` if not given.
    pub stride: Size,
    /// What is left out on each side of the output: a whole number; `0` if not given.
    pub padding: Size,
    /// What is added at the end; less than the stride: a whole number; `0` if not given.
    pub output_padding: Size,
    /// Parts of the channels that do not mix: a whole number; `1` if not given.
    pub groups: Size,
    /// Distance of the kernel's elements: a whole number; `1` if not given.
    pub dilation: Size,
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
    /// Whether a last window may go beyond the image: `true` or `false`; `false` if not given.
    pub ceil_mode: Flag,
}

/// `max_pool1d(kernel)`: The largest number of each window.
///
/// `[c, l]` → `[c, l']`.
pub struct max_pool1d {
    /// Length of the window: a whole number.
    pub kernel: Size,
    /// Step of the window: a whole number; `kernel` if not given.
    pub stride: Size,
    /// Border around the image: a whole number; `0` if not given.
    pub padding: Size,
    /// Whether a last window may go beyond the image: `true` or `false`; `false` if not given.
    pub ceil_mode: Flag,
}

/// `avg_pool2d(kernel)`: The mean of each window.
///
/// `[c, h, w]` → `[c, h', w']`.
pub struct avg_pool2d {
    /// Height and width of the window: a whole number or `[height, width]`.
    pub kernel: Pair,
    /// Step of the window: a whole number or `[height, width]`; `kernel` if not given.
    pub stride: Pair,
    /// Border around the image: a whole number or `[height, width]`; `0` if not given.
    pub padding: Pair,
    /// Whether a last window may go beyond the image: `true` or `false`; `false` if not given.
    pub ceil_mode: Flag,
    /// Whether the border counts in the mean, as zeros: `true` or `false`; `true` if not given.
    pub count_include_pad: Flag,
}

/// `avg_pool1d(kernel)`: The mean of each window.
///
/// `[c, l]` → `[c, l']`.
pub struct avg_pool1d {
    /// Length of the window: a whole number.
    pub kernel: Size,
    /// Step of the window: a whole number; `kernel` if not given.
    pub stride: Size,
    /// Border around the image: a whole number; `0` if not given.
    pub padding: Size,
    /// Whether a last window may go beyond the image: `true` or `false`; `false` if not given.
    pub ceil_mode: Flag,
    /// Whether the border counts in the mean, as zeros: `true` or `false`; `true` if not given.
    pub count_include_pad: Flag,
}

/// `adaptive_avg_pool2d(size)`: The means of windows that together cover the image.
///
/// `[c, h, w]` → `[c, size…]`.
pub struct adaptive_avg_pool2d {
    /// Height and width of the output: a whole number or `[height, width]`.
    pub size: Pair,
}

/// `adaptive_avg_pool1d(size)`: The means of windows that together cover the sequence.
///
/// `[c, l]` → `[c, size]`.
pub struct adaptive_avg_pool1d {
    /// Length of the output: a whole number.
    pub size: Size,
}

/// `adaptive_max_pool2d(size)`: The largest numbers of windows that together cover the image.
///
/// `[c, h, w]` → `[c, size…]`.
pub struct adaptive_max_pool2d {
    /// Height and width of the output: a whole number or `[height, width]`.
    pub size: Pair,
}

/// `adaptive_max_pool1d(size)`: The largest numbers of windows that together cover the sequence.
///
/// `[c, l]` → `[c, size]`.
pub struct adaptive_max_pool1d {
    /// Length of the output: a whole number.
    pub size: Size,
}

/// `global_avg_pool2d`: The mean of each channel.
///
/// `[c, h, w]` → `[c]`.
pub struct global_avg_pool2d {}

/// `global_avg_pool1d`: The mean of each channel.
///
/// `[c, l]` → `[c]`.
pub struct global_avg_pool1d {}

/// `global_max_pool2d`: The largest number of each channel.
///
/// `[c, h, w]` → `[c]`.
pub struct global_max_pool2d {}

/// `global_max_pool1d`: The largest number of each channel.
///
/// `[c, l]` → `[c]`.
pub struct global_max_pool1d {}

/// `upsample(factor)`: A larger image: every number again and again, or straight lines between them.
///
/// `[c, h, w]` → `[c, factor·h, factor·w]`.
pub struct upsample {
    /// How many times higher and wider: a whole number or `[height, width]`.
    pub factor: Pair,
    /// What is between the numbers: `nearest` or `bilinear`; `nearest` if not given.
    pub mode: Word,
}

/// `pad2d(sides)`: Rows and columns around the image: zeros, its mirror image, or its border again.
///
/// `[c, h, w]` → `[c, top + h + bottom, left + w + right]`.
pub struct pad2d {
    /// How many on each side: a whole number or `[top, bottom, left, right]`.
    pub sides: Sides,
    /// What is put there: `zeros` or `reflect` or `replicate`; `zeros` if not given.
    pub mode: Word,
}

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

/// `selu`: 1.0507·x, or 1.7581·(eˣ - 1) below 0.
///
/// Any, unchanged.
pub struct selu {}

/// `mish`: X·tanh(ln(1 + eˣ)).
///
/// Any, unchanged.
pub struct mish {}

/// `log_sigmoid`: Ln(1 / (1 + e⁻ˣ)).
///
/// Any, unchanged.
pub struct log_sigmoid {}

/// `softsign`: X / (1 + |x|).
///
/// Any, unchanged.
pub struct softsign {}

/// `relu6`: X between 0 and 6.
///
/// Any, unchanged.
pub struct relu6 {}

/// `hard_tanh`: X between two limits, at which the gradient is 0.
///
/// Any, unchanged.
pub struct hard_tanh {
    /// Lower limit: a number; `-1` if not given.
    pub min: Number,
    /// Upper limit: a number; `1` if not given.
    pub max: Number,
}

/// `hard_sigmoid`: (x + 3) / 6 between 0 and 1.
///
/// Any, unchanged.
pub struct hard_sigmoid {}

/// `hard_swish`: X·(x + 3) / 6 between -3 and 3, 0 below, x above.
///
/// Any, unchanged.
pub struct hard_swish {}

/// `clamp(min, max)`: X between two limits, which pass the gradient themselves.
///
/// Any, unchanged.
pub struct clamp {
    /// Lower limit: a number.
    pub min: Number,
    /// Upper limit: a number.
    pub max: Number,
}

/// `exp`: Eˣ.
///
/// Any, unchanged.
pub struct exp {}

/// `log`: Ln x.
///
/// Any, unchanged.
pub struct log {}

/// `sqrt`: √x.
///
/// Any, unchanged.
pub struct sqrt {}

/// `square`: X².
///
/// Any, unchanged.
pub struct square {}

/// `abs`: |x|.
///
/// Any, unchanged.
pub struct abs {}

/// `powi(exponent)`: Xⁿ for a whole number n.
///
/// Any, unchanged.
pub struct powi {
    /// A whole number: a whole number.
    pub exponent: Integer,
}

/// `prelu`: X, or weight·x below 0, with one weight or one for each channel.
///
/// Any, unchanged.
pub struct prelu {
    /// Whether each channel has a slope: `true` or `false`; `false` if not given.
    pub per_channel: Flag,
    /// How slopes begin, `constant(0.25)` unless given: an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
}

/// `softmax`: E^xᵢ / Σ e^xⱼ: scores as probabilities that sum to one, over the features, the channels of an image, or `axis`.
///
/// Any, unchanged.
pub struct softmax {
    /// The dimension that sums to one; for features and images the first unless given: the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
}

/// `log_softmax`: X - ln Σ e^xⱼ: the logarithm of `softmax`.
///
/// Any, unchanged.
pub struct log_softmax {
    /// The dimension that sums to one; for features and images the first unless given: the number of a dimension, 0 for the first or -1 for the last.
    pub axis: Axis,
}

/// `embedding(vocabulary, features)`: Every token is a row of a table of weights.
///
/// `u32[…]` → `[…, features]`.
pub struct embedding {
    /// Number of tokens: a whole number.
    pub vocabulary: Size,
    /// Numbers for each token: a whole number.
    pub features: Size,
    /// How the table begins, `normal(1)` unless given: an initialisation such as `he_normal` or `constant(0.1)`.
    pub init: Init,
}

/// `unembedding(embedding)`: A score for every token, with the table of the embedding that `as` named.
///
/// `[features]` → `[vocabulary]`, `[t, features]` → `[t, vocabulary]`.
pub struct unembedding {
    /// The name of the embedding: .
    pub embedding: Word,
}

/// `matmul`: The product of two values as matrices; leading dimensions are the same.
///
/// `[…, m, k]`, `[…, k, n]` → `[…, m, n]`.
pub struct matmul {}

/// `l2_normalize`: The last dimension of each sample scaled to length 1.
///
/// Any, unchanged.
pub struct l2_normalize {
    /// The least it is divided by: a number; `1e-12` if not given.
    pub epsilon: Number,
}

/// `random_normal`: In training normal random numbers, of mean 0 and variance 1, whatever the value is; zeros in prediction.
///
/// Any, unchanged.
pub struct random_normal {}

/// `gaussian_noise(stddev)`: In training adds normal random numbers of mean 0 and deviation `stddev`; nothing in prediction.
///
/// Any, unchanged.
pub struct gaussian_noise {
    /// Deviation of the noise: a number.
    pub stddev: Number,
}

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

/// `rms_norm`: The last dimension of each sample scaled to a mean square of 1.
///
/// Any, unchanged.
pub struct rms_norm {
    /// Added to the mean square: a number; `1.1920929e-7` if not given.
    pub epsilon: Number,
}

/// `group_norm(groups)`: Groups of channels of each sample scaled to mean 0 and variance 1 over their places.
///
/// `[c, …]`, unchanged.
pub struct group_norm {
    /// How many groups the channels are in: a whole number.
    pub groups: Size,
    /// Added to the variance: a number; `1e-5` if not given.
    pub epsilon: Number,
}

/// `instance_norm`: Each channel of each sample scaled to mean 0 and variance 1 over its places.
///
/// `[c, …]`, unchanged.
pub struct instance_norm {
    /// Whether each channel has scale and shift: `true` or `false`; `false` if not given.
    pub affine: Flag,
    /// Added to the variance: a number; `1e-5` if not given.
    pub epsilon: Number,
}

/// `reshape(shape)`: The same numbers under another shape: `reshape([16, 5, 5])`; costs nothing.
///
/// Any → `shape`.
pub struct reshape {
    /// The new shape: `[16, 5, 5]`: a shape such as `[16, 5, 5]`.
    pub shape: Shape,
}

/// `identity`: Nothing; costs nothing.
///
/// Any, unchanged.
pub struct identity {}

/// `transpose`: The last two dimensions exchanged, or all in another order: `transpose([1, 0, 2])`.
///
/// `[…, m, n]` → `[…, n, m]`, or as `axes` says.
pub struct transpose {
    /// Which dimension of the input each one of the output is: `[1, 0, 2]`: the number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
    pub axes: Axes,
}

/// `concat`: Values side by side along one dimension: `concat(a, b, axis: 1)`, or branches of a chain: `concat { a; b }`.
///
/// `[c₁, …]`, `[c₂, …]`, … → `[c₁ + c₂ + …, …]`.
pub struct concat {
    /// The dimension that grows: the number of a dimension, 0 for the first or -1 for the last; `0` if not given.
    pub axis: Axis,
}

/// `stop_gradient`: The value as if it were a constant: no gradient flows back through it.
///
/// Any, unchanged.
pub struct stop_gradient {}

/// `slice(from, to)`: The indices `from..to` of one dimension.
///
/// `[…, n, …]` → `[…, to - from, …]`.
pub struct slice {
    /// First index that is kept: a whole number.
    pub from: Size,
    /// Index after the last that is kept: a whole number.
    pub to: Size,
    /// The dimension that is cut: the number of a dimension, 0 for the first or -1 for the last; `0` if not given.
    pub axis: Axis,
}

/// `split(sizes)`: One dimension in parts of these sizes: `let (a, b) = x -> split([4, 2]);`.
///
/// `[…, n, …]` → several.
pub struct split {
    /// Sizes of the parts: a shape such as `[16, 5, 5]`.
    pub sizes: Shape,
    /// The dimension that is cut: the number of a dimension, 0 for the first or -1 for the last; `0` if not given.
    pub axis: Axis,
}

/// `sum`: The sum over some dimensions (`axis: 0`, `axis: [1, 2]`), or over all.
///
/// Any → what is left, or with `keep: true` ones in place of what is not.
pub struct sum {
    /// The dimensions that go, all unless given: the number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
    pub axis: Axes,
    /// Whether they stay, with size 1: `true` or `false`; `false` if not given.
    pub keep: Flag,
}

/// `mean`: The mean over some dimensions, or over all.
///
/// Any → what is left, or with `keep: true` ones in place of what is not.
pub struct mean {
    /// The dimensions that go, all unless given: the number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
    pub axis: Axes,
    /// Whether they stay, with size 1: `true` or `false`; `false` if not given.
    pub keep: Flag,
}

/// `max`: The largest number over some dimensions, or over all.
///
/// Any → what is left, or with `keep: true` ones in place of what is not.
pub struct max {
    /// The dimensions that go, all unless given: the number of a dimension, 0 for the first or -1 for the last, or `[0, 1]`.
    pub axis: Axes,
    /// Whether they stay, with size 1: `true` or `false`; `false` if not given.
    pub keep: Flag,
}

/// `add`: `a + b`.
///
/// Two values of one shape, or of sizes of 1 where they differ, or a value and a number.
pub struct add {}

/// `sub`: `a - b`.
///
/// Two values of one shape, or of sizes of 1 where they differ, or a value and a number.
pub struct sub {}

/// `mul`: `a * b`.
///
/// Two values of one shape, or of sizes of 1 where they differ, or a value and a number.
pub struct mul {}

/// `div`: `a / b`.
///
/// Two values of one shape, or of sizes of 1 where they differ, or a value and a number.
pub struct div {}

/// `cross_entropy`: `-ln softmax(x)` of the right class: classification from plain numbers.
///
/// `[classes]` and `u32`, `[classes, h, w]` and `u32[h, w]`, … → a number.
pub struct cross_entropy {
    /// Probability that is spread over all classes: a number; `0` if not given.
    pub label_smoothing: Number,
}

/// `nll`: `-x` of the right class: classification from logarithms of probabilities.
///
/// `[classes]` and `u32`, `[classes, h, w]` and `u32[h, w]`, … → a number.
pub struct nll {}

/// `focal`: `cross_entropy` times `(1 - p)^gamma`, where `p` is the probability of the right class: classes of unequal size.
///
/// `[classes]` and `u32`, `[classes, h, w]` and `u32[h, w]`, … → a number.
pub struct focal {
    /// How much easy samples are passed over: a number; `2` if not given.
    pub gamma: Number,
}

/// `multi_margin`: Mean of `max(0, margin - x_right + x)` over the wrong classes: classification by a margin.
///
/// `[classes]` and `u32`, `[classes, h, w]` and `u32[h, w]`, … → a number.
pub struct multi_margin {
    /// How far the right class has to lead: a number; `1` if not given.
    pub margin: Number,
}

/// `bce`: Cross-entropy of probabilities `a` with targets 0 to 1: answers that are yes or no.
///
/// Two values of one shape → a number.
pub struct bce {}

/// `bce_with_logits`: The same of `sigmoid(a)`, with fewer digits lost: yes or no from plain numbers.
///
/// Two values of one shape → a number.
pub struct bce_with_logits {}

/// `sigmoid_focal`: `bce_with_logits` times `(1 - p)^gamma`, where `p` is the probability of the right answer, and by `alpha`: yes or no, most of them easy.
///
/// Two values of one shape → a number.
pub struct sigmoid_focal {
    /// How much easy answers are passed over: a number; `2` if not given.
    pub gamma: Number,
    /// Weight of yes, against 1 - alpha of no: a number; `0.25` if not given.
    pub alpha: Number,
}

/// `hinge`: Mean of `max(0, 1 - a·b)` for targets 1 and -1: yes or no by a margin.
///
/// Two values of one shape → a number.
pub struct hinge {}

/// `mse`: Mean of `(a - b)²`: numbers.
///
/// Two values of one shape → a number.
pub struct mse {}

/// `mae`: Mean of `|a - b|`: numbers with outliers.
///
/// Two values of one shape → a number.
pub struct mae {}

/// `huber`: Mean of `½d²` where `|d| < delta`, else `delta·(|d| - ½delta)`, for `d = a - b`: outliers, but smooth near 0.
///
/// Two values of one shape → a number.
pub struct huber {
    /// Where the parabola becomes a line: a number; `1` if not given.
    pub delta: Number,
}

/// `kl_normal`: `kl_normal(mean, log_variance)`: `-½ Σ (1 + v - m² - e^v)`, how far a normal distribution is from the standard one; the sum over the elements.
///
/// Two values of one shape → a number.
pub struct kl_normal {}

/// `cosine_embedding`: `1 - cos(a, b)` where the target is 1, `max(0, cos(a, b) - margin)` where it is -1: alike or not by direction.
///
/// `[n]`, `[n]` and a target, 1 or -1 → a number.
pub struct cosine_embedding {
    /// Cosine up to which vectors are different enough: a number; `0` if not given.
    pub margin: Number,
}

/// `contrastive`: `½|a - b|²` where the target is 1, `½max(0, margin - |a - b|)²` where it is -1: alike or not by distance.
///
/// `[n]`, `[n]` and a target, 1 or -1 → a number.
pub struct contrastive {
    /// Distance from which on vectors are different enough: a number; `1` if not given.
    pub margin: Number,
}

/// `triplet`: `triplet(anchor, positive, negative)`: `max(0, |a - p| - |a - n| + margin)`, nearer to one than to the other.
///
/// `[n]`, `[n]` and `[n]` → a number.
pub struct triplet {
    /// How much nearer than the negative the positive has to be: a number; `1` if not given.
    pub margin: Number,
}

/// `nt_xent`: Two views of a sample more alike than those of others in the batch, by `cos / temperature`: SimCLR.
///
/// `[n]` and `[n]` → a number.
pub struct nt_xent {
    /// How sharply similarity counts: a number; `0.5` if not given.
    pub temperature: Number,
}
