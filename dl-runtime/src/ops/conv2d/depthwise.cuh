// Depthwise convolutions, whose groups have one input channel each. They have too few rows for tiles, so one thread
// sums each element, with reads from the cache.
#pragma once
#include "implicit.cuh"

/// `a / b`, which is faster if `a` fits into 32 bits.
DEVICE u64 divide(u64 a, u32 b) { return a >> 32 ? a / b : (u32)a / b; }

/// `y = relu(bias + W * x)`, with one thread for each element of y.
DEVICE void depthwise_forward(Slope slope, const Geometry& g, u32 relu, Span<const float> weight, Span<const float> bias,
                              Span<const float> x, Span<float> y, u32 add) {
    u32 spatial_size = g.kernel_height * g.kernel_width, of_group = g.outputs / g.groups;
    for (u64 i = thread(); i < y.len; i += threads()) {
        u64 line = divide(i, g.output_width), plane = divide(line, g.output_height), sample = divide(plane, g.outputs);
        u32 output = (u32)(plane - sample * g.outputs);
        int top = (int)((u32)(line - plane * g.output_height) * g.stride_height) - (int)g.padding_height;
        int side = (int)((u32)(i - line * g.output_width) * g.stride_width) - (int)g.padding_width;
        u64 image = (sample * g.inputs + output / of_group) * g.image_height;
        float sum = bias.len > 0 ? bias[output] : 0.0f;
        for (u32 k = 0; k < g.kernel_height; k++) {
            int row = top + (int)(k * g.dilation_height);
            if ((u32)row >= g.image_height) continue;
            u64 from = (image + row) * g.image_width;
            for (u32 l = 0; l < g.kernel_width; l++) {
                int column = side + (int)(l * g.dilation_width);
                if ((u32)column < g.image_width) sum = fmaf(weight[output * spatial_size + k * g.kernel_width + l], x[from + column], sum);
            }
        }
        accumulate(y, i, relu && sum < 0.0f ? 0.0f : sum, add, slope);
    }
}

/// The gradient to the image, or a transposed convolution, with one thread for each element of the image.
DEVICE void depthwise_backward(Slope slope, const Geometry& g, u32 relu, Span<const float> weight, Span<const float> bias,
                               Span<const float> dy, Span<float> dx, u32 add) {
    u32 spatial_size = g.kernel_height * g.kernel_width, of_group = g.outputs / g.groups;
    for (u64 i = thread(); i < dx.len; i += threads()) {
        u64 line = divide(i, g.image_width), plane = divide(line, g.image_height), sample = divide(plane, g.inputs);
        u32 input = (u32)(plane - sample * g.inputs);
        u32 row = (u32)(line - plane * g.image_height) + g.padding_height, column = (u32)(i - line * g.image_width) + g.padding_width;
        // The elements of the kernel that meet this pixel, and the window of the first of them.
        Axis vertical = transposed_axis(g.image_height, g.kernel_height, g.stride_height, g.padding_height, g.dilation_height,
                                        row % g.stride_height);
        Axis horizontal = transposed_axis(g.image_width, g.kernel_width, g.stride_width, g.padding_width, g.dilation_width,
                                          column % g.stride_width);
        int top = ((int)row - (int)(vertical.tap * g.dilation_height)) / (int)g.stride_height;
        int side = ((int)column - (int)(horizontal.tap * g.dilation_width)) / (int)g.stride_width;
        float sum = bias.len > 0 ? bias[input] : 0.0f;
        for (u32 o = input * of_group; o < (input + 1) * of_group; o++) {
            u64 from = (sample * g.outputs + o) * g.output_height;
            for (u32 k = 0; k < vertical.taps; k++) {
                int r = top + (int)k * vertical.tap_advance;
                if ((u32)r >= g.output_height) continue;
                u32 weights = o * spatial_size + (vertical.tap + k * vertical.tap_step) * g.kernel_width + horizontal.tap;
                for (u32 l = 0; l < horizontal.taps; l++) {
                    int c = side + (int)l * horizontal.tap_advance;
                    if ((u32)c < g.output_width)
                        sum = fmaf(weight[weights + l * horizontal.tap_step], dy[(from + r) * g.output_width + c], sum);
                }
            }
        }
        accumulate(dx, i, relu && sum < 0.0f ? 0.0f : sum, add, slope);
    }
}

/// The gradient to the weights of one channel, from one part of the samples; the parts are added by the last block. The warps of a block share the elements of
/// the kernel, so that dy and x are read from the cache after the first.
DEVICE void depthwise_weights(const Geometry& g, u32 part, Span<const float> x, Span<const float> dy, Span<float> to,
                              Span<float> partial, Span<u32> counters, u32 add) {
    u32 spatial_size = g.kernel_height * g.kernel_width, output = blockIdx.x, input = output / (g.outputs / g.groups);
    u32 from = blockIdx.y * part, end = from + part < g.samples ? from + part : g.samples;
    u32 lane = threadIdx.x % WARP, room = (spatial_size + 3) / 4 * 4;
    auto write = [&](u32 tap, float sum) {
        if (tap < spatial_size) accumulate(to, output * spatial_size + tap, sum, add);
    };
    Part p = {blockIdx.y, gridDim.y, output, gridDim.x, room, room};
    Digits by = digits(WARP, g.output_height, g.output_width);
    for (u32 tap = threadIdx.x / WARP; tap < spatial_size; tap += blockDim.x / WARP) {
        int down = (int)(tap / g.kernel_width * g.dilation_height) - (int)g.padding_height;
        int over = (int)(tap % g.kernel_width * g.dilation_width) - (int)g.padding_width;
        float sum = 0.0f;
        Digits at = digits(lane, g.output_height, g.output_width);
        for (at.high += from; at.high < end; advance(at, by, g.output_height, g.output_width)) {
            int row = (int)(at.middle * g.stride_height) + down, column = (int)(at.low * g.stride_width) + over;
            if ((u32)row >= g.image_height || (u32)column >= g.image_width) continue;
            float d = dy[(((u64)at.high * g.outputs + output) * g.output_height + at.middle) * g.output_width + at.low];
            sum = fmaf(d, x[(((u64)at.high * g.inputs + input) * g.image_height + row) * g.image_width + column], sum);
        }
        sum = warp_sum(sum);
        if (lane != 0) continue;
        if (p.parts == 1)
            write(tap, sum);
        else
            memory_of(p, p.part, partial)[tap] = sum;
    }
    if (p.parts > 1) add_parts(p, partial, counters, write);
}

