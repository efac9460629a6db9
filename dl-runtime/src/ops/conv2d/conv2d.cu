// Convolutions in float32, depthwise convolutions, and the sums of gradients that were computed in parts.
#include "activation.cuh"
#include "depthwise.cuh"

CONVOLUTIONS(conv2d_gather_16, conv2d_weights_16, F32, Tile16)
CONVOLUTIONS(conv2d_gather_32, conv2d_weights_32, F32, Tile32)
CONVOLUTIONS(conv2d_gather_64, conv2d_weights_64, F32, Tile64)
CONVOLUTIONS(conv2d_gather_128, conv2d_weights_128, F32, Tile128)

KERNEL(conv2d_depthwise, float below, Span<const float> kept, Geometry g, u32 transposed, u32 relu, Span<const float> weight,
       Span<const float> bias, Span<const float> source, Span<float> target, u32 add) {
    if (transposed) {
        depthwise_backward(Slope{below, kept}, g, relu, weight, bias, source, target, add);
    } else {
        depthwise_forward(Slope{below, kept}, g, relu, weight, bias, source, target, add);
    }
}

KERNEL(conv2d_depthwise_weights, Geometry g, u32 part, Span<const float> x, Span<const float> dy, Span<float> to, u32 add) {
    depthwise_weights(g, part, x, dy, to, add);
}

/// y = f(y + bias) in place, after convolutions by cuDNN. Each thread computes four neighbouring elements if channels
/// begin at multiples of 16 bytes.
KERNEL(conv2d_bias_activation, u32 channels, u32 spatial_size, Activation f, Span<const float> bias, Span<float> y) {
    u32 width = spatial_size % 4 == 0 && aligned(y) ? 4 : 1;
    u64 stride = threads() * width;
    Digits at = digits((u32)thread() * width, channels, spatial_size), by = digits((u32)stride, channels, spatial_size);
    for (u64 i = thread() * width; i < y.len; i += stride, advance(at, by, channels, spatial_size)) {
        // Without a bias, nothing is added, so that -0 stays -0.
        bool add = bias.len > 0;
        float b = add ? bias[at.middle] : 0.0f;
        if (width == 4) {
            float4 v = load4(y, i);
            if (add) v.x += b, v.y += b, v.z += b, v.w += b;
            store4(y, i, make_float4(activate(f, v.x), activate(f, v.y), activate(f, v.z), activate(f, v.w)));
        } else {
            y[i] = activate(f, add ? y[i] + b : y[i]);
        }
    }
}

/// Sums one channel over one part of the samples. The x index of the block is the channel, its y index the part.
KERNEL(conv2d_bias, u32 samples, u32 channels, u32 spatial_size, u32 part, Span<const float> dy, Span<float> to, u32 add) {
    SHARED(float, partial, WARP);
    u32 from = blockIdx.y * part, end = from + part < samples ? from + part : samples;
    float sum = 0.0f;
    Digits at = digits(threadIdx.x, 1, spatial_size), by = digits(blockDim.x, 1, spatial_size);
    for (at.high += from; at.high < end; advance(at, by, 1, spatial_size)) sum += dy[((u64)at.high * channels + blockIdx.x) * spatial_size + at.low];
    sum = block_sum(sum, partial);
    if (threadIdx.x == 0) accumulate(to, (u64)blockIdx.y * channels + blockIdx.x, sum, add);
}

/// Adds the parts of the gradients to the weights and to the bias. Each block computes 32 neighbouring elements, with
/// sixteen threads for each of them.
KERNEL(conv2d_sum, u32 parts, Span<const float> weights, Span<const float> biases, Span<float> to_weight, Span<float> to_bias, u32 add) {
    SHARED(float, partial, 512);
    u32 lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    u64 i = (u64)blockIdx.x * WARP + lane;
    bool of_bias = i >= to_weight.len, valid = i < to_weight.len + to_bias.len;
    u64 at = of_bias ? i - to_weight.len : i;
    float sum = 0.0f;
    if (valid && of_bias) {
        for (u32 part = warp; part < parts; part += 16) sum += biases[part * to_bias.len + at];
    } else if (valid) {
        for (u32 part = warp; part < parts; part += 16) sum += weights[part * to_weight.len + at];
    }
    partial[threadIdx.x] = sum;
    __syncthreads();
    if (warp == 0 && valid) {
        for (u32 other = 1; other < 16; other++) sum += partial[other * WARP + lane];
        accumulate(of_bias ? to_bias : to_weight, at, sum, add);
    }
}
