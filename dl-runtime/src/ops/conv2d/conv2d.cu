// Convolutions in float32, depthwise convolutions, and the gradient to the bias.
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

KERNEL(conv2d_depthwise_weights, Geometry g, u32 part, Span<const float> x, Span<const float> dy, Span<float> to,
       Span<float> partial, Span<u32> counters, u32 add) {
    depthwise_weights(g, part, x, dy, to, partial, counters, add);
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

/// Sums one channel over one part of the samples; the parts are added by the last block. The x index of the block is the channel, its
/// y index the part.
KERNEL(conv2d_bias, u32 samples, u32 channels, u32 spatial_size, u32 part, Span<const float> dy, Span<float> to, Span<float> partial,
       Span<u32> counters, u32 add) {
    SHARED(float, shared, WARP);
    u32 from = blockIdx.y * part, end = from + part < samples ? from + part : samples;
    float sum = 0.0f;
    Digits at = digits(threadIdx.x, 1, spatial_size), by = digits(blockDim.x, 1, spatial_size);
    for (at.high += from; at.high < end; advance(at, by, 1, spatial_size)) sum += dy[((u64)at.high * channels + blockIdx.x) * spatial_size + at.low];
    sum = block_sum(sum, shared);
    auto write = [&](u32 i, float sum) {
        if (i == 0) accumulate(to, blockIdx.x, sum, add);
    };
    Part p = {blockIdx.y, gridDim.y, blockIdx.x, gridDim.x, 4, 4};
    if (p.parts == 1) {
        if (threadIdx.x == 0) write(0, sum);
        return;
    }
    if (threadIdx.x == 0) memory_of(p, p.part, partial)[0] = sum;
    add_parts(p, partial, counters, write);
}
