// Convolutions as matrix products with implicit im2col: the right operand is not stored, but gathered from the image
// while a tile is loaded. `gather` computes the forward pass and the gradient to the input, `weight_gradient` the
// gradient to the weights.
#pragma once
#include "extension.cuh"
#include "tiles.cuh"
#include "last_block.cuh"

/// The sizes of a convolution, `Geometry` of cuda.rs.
struct Geometry {
    u32 samples, groups, inputs, outputs;
    u32 image_height, image_width, output_height, output_width;
    u32 kernel_height, kernel_width, stride_height, stride_width;
    u32 padding_height, padding_width, dilation_height, dilation_width;
};

/// A coordinate outside of every image, so that zero is read.
#define FAR 0x20000000

/// One dimension of a gather. The target's positions are `first + i·step`, for `i < count`. For position `i`, element
/// `tap + j·tap_step` of the kernel, for `j < taps`, reads position `from + i·advance + j·tap_advance` of the source.
struct Axis {
    u32 first, step, count;
    int from, advance;
    u32 taps, tap, tap_step;
    int tap_advance;
};

/// A dimension of a convolution.
DEVICE Axis forward_axis(u32 output, u32 kernel, u32 stride, u32 padding, u32 dilation) {
    return Axis{0, 1, output, -(int)padding, (int)stride, kernel, 0, 1, (int)dilation};
}

/// A dimension of a transposed convolution, for the positions of the padded image with `remainder` modulo the stride.
/// They meet every `tap_step`-th element of the kernel, in neighbouring windows, so that this is a gather without a
/// stride.
DEVICE Axis transposed_axis(u32 image, u32 kernel, u32 stride, u32 padding, u32 dilation, u32 remainder) {
    u32 first = (remainder + stride - padding % stride) % stride;
    u32 tap_step = 1;
    while (tap_step * dilation % stride != 0) tap_step++;
    u32 tap = 0;
    while (tap < tap_step && tap * dilation % stride != remainder) tap++;
    u32 taps = tap < tap_step && tap < kernel ? (kernel - tap + tap_step - 1) / tap_step : 0;
    int from = taps > 0 ? ((int)(first + padding) - (int)(tap * dilation)) / (int)stride : 0;
    u32 count = first < image ? (image - first + stride - 1) / stride : 0;
    return Axis{first, stride, count, from, 1, taps, tap, tap_step, -(int)(tap_step * dilation / stride)};
}

/// An index as three digits (indices along three axes), to which a fixed step can be added without division.
struct Digits {
    u32 high, middle, low;
};
DEVICE Digits digits(u32 value, u32 middle, u32 low) { return Digits{value / low / middle, value / low % middle, value % low}; }
DEVICE void advance(Digits& d, const Digits& by, u32 middle, u32 low) {
    d.low += by.low;
    u32 carry = d.low >= low;
    d.low -= carry ? low : 0;
    d.middle += by.middle + carry;
    carry = d.middle >= middle;
    d.middle -= carry ? middle : 0;
    d.high += by.high + carry;
}

/// Returns the image's number at `place` (offset, row, column) from a window's first pixel, or 0 in the padding.
DEVICE float padded(Span<const float> image, i64 base, int4 place, int row, int column, u32 height, u32 width) {
    bool in = (u32)(row + place.y) < height && (u32)(column + place.z) < width;
    return in ? image[(u64)(base + place.x)] : 0.0f;
}

/// `target[m, n] = relu(bias[m] + Σ weight[m, k] · source[k, n])`, where m counts the channels of a group, n the pixels
/// of all samples, and k the channels of the source and the elements of the kernel. The x index of a block is the tile;
/// its z index is the group and, for a transposed convolution, the remainders modulo the strides. `positions` holds,
/// for each k of a step, the offset in the image, row and column from a window's first pixel, and the offset in the
/// weights.
template <class P, class T, u32 LA, u32 LB, u32 LP>
DEVICE void gather(Slope slope, const Geometry& g, bool transposed, u32 relu, Span<const float> weight, Span<const float> bias,
                   Span<const float> source, Span<float> target, u32 add, SharedArray<typename P::Word, LA>& left,
                   SharedArray<typename P::Word, LB>& right, SharedArray<int4, LP>& positions, SharedArray<u64, T::N>& targets) {
    typedef Operand<P, T::M, T::WORDS, P::DEEP> A;
    typedef Operand<P, T::N, T::WORDS, false> B;
    const u32 STEP = T::WORDS * P::OF_WORD, THREADS = T::THREADS;
    u32 id = threadIdx.x, group = blockIdx.z % g.groups, remainder = blockIdx.z / g.groups;
    Axis vertical =
        transposed ? transposed_axis(g.image_height, g.kernel_height, g.stride_height, g.padding_height, g.dilation_height,
                                     remainder / g.stride_width)
                   : forward_axis(g.output_height, g.kernel_height, g.stride_height, g.padding_height, g.dilation_height);
    Axis horizontal =
        transposed ? transposed_axis(g.image_width, g.kernel_width, g.stride_width, g.padding_width, g.dilation_width,
                                     remainder % g.stride_width)
                   : forward_axis(g.output_width, g.kernel_width, g.stride_width, g.padding_width, g.dilation_width);
    u32 inputs = g.inputs / g.groups, outputs = g.outputs / g.groups, spatial_size = g.kernel_height * g.kernel_width;
    u32 rows = transposed ? inputs : outputs, channels = transposed ? outputs : inputs;
    u32 height = transposed ? g.output_height : g.image_height, width = transposed ? g.output_width : g.image_width;
    u32 target_height = transposed ? g.image_height : g.output_height;
    u32 target_width = transposed ? g.image_width : g.output_width;
    u64 target_size = (u64)target_height * target_width;
    // The distances in the weights between neighbouring rows of the product, and between neighbouring channels of the
    // source.
    u32 weight_row = transposed ? spatial_size : inputs * spatial_size;
    u32 weight_channel = transposed ? inputs * spatial_size : spatial_size;
    u64 weight_base = (u64)group * outputs * inputs * spatial_size;
    u64 columns = (u64)g.samples * vertical.count * horizontal.count;
    u32 tiles = (rows + T::M - 1) / T::M;
    u32 first_row = blockIdx.x % tiles * T::M;
    u64 first_column = (u64)(blockIdx.x / tiles) * T::N;
    if (first_column >= columns) return;

    // The column that this thread loads, with its offset, row and column in the source, and its offset in the target.
    u32 tile_column = id % T::N;
    u64 column = first_column + tile_column;
    i64 base = 0;
    int top = FAR, side = FAR;
    u64 to = ~0ull;
    if (column < columns) {
        u64 line = column / horizontal.count;
        u32 c = (u32)(column - line * horizontal.count);
        u64 sample = line / vertical.count;
        u32 r = (u32)(line - sample * vertical.count);
        top = vertical.from + (int)r * vertical.advance;
        side = horizontal.from + (int)c * horizontal.advance;
        base = (i64)((sample * g.groups + group) * channels * height * width) + (i64)top * width + side;
        to = (sample * g.groups + group) * rows * target_size +
             (u64)(vertical.first + r * vertical.step) * target_width + horizontal.first + c * horizontal.step;
    }
    if (id < T::N) targets[id] = to;

    // The k whose positions this thread writes.
    u32 sum_len = channels * vertical.taps * horizontal.taps;
    u32 next = id;
    Digits k = {0, 0, 0}, step = {0, 0, 0};
    if (sum_len > 0) {
        k = digits(id, vertical.taps, horizontal.taps);
        step = digits(STEP, vertical.taps, horizontal.taps);
    }
    auto write_positions = [&](u32 half) {
        if (id < STEP) {
            int4 at = make_int4(0, FAR, FAR, -1);
            if (next < sum_len) {
                int down = (int)k.middle * vertical.tap_advance, over = (int)k.low * horizontal.tap_advance;
                u32 element = (vertical.tap + k.middle * vertical.tap_step) * g.kernel_width + horizontal.tap + k.low * horizontal.tap_step;
                at = make_int4((int)(k.high * height * width) + down * (int)width + over, down, over, (int)(k.high * weight_channel + element));
                advance(k, step, vertical.taps, horizontal.taps);
            }
            next += STEP;
            positions[half * STEP + id] = at;
        }
    };

    typename P::Word a[T::M * T::WORDS / THREADS], b[T::N * T::WORDS / THREADS];
    auto fetch = [&](u32 half) {
#pragma unroll
        for (u32 i = 0; i < T::M * T::WORDS / THREADS; i++) {
            u32 row = first_row + id / T::WORDS + i * (THREADS / T::WORDS);
            float x[P::OF_WORD];
#pragma unroll
            for (u32 j = 0; j < P::OF_WORD; j++) {
                int4 at = positions[half * STEP + id % T::WORDS * P::OF_WORD + j];
                x[j] = row < rows && at.w >= 0 ? weight[weight_base + (u64)row * weight_row + (u32)at.w] : 0.0f;
            }
            a[i] = P::word(x);
        }
#pragma unroll
        for (u32 i = 0; i < T::N * T::WORDS / THREADS; i++) {
            float x[P::OF_WORD];
#pragma unroll
            for (u32 j = 0; j < P::OF_WORD; j++) {
                int4 at = positions[half * STEP + (id / T::N + i * (THREADS / T::N)) * P::OF_WORD + j];
                x[j] = padded(source, base, at, top, side, height, width);
            }
            b[i] = P::word(x);
        }
    };
    auto store = [&](u32 half) {
#pragma unroll
        for (u32 i = 0; i < T::M * T::WORDS / THREADS; i++)
            left[A::at(half, id % T::WORDS, id / T::WORDS + i * (THREADS / T::WORDS))] = a[i];
#pragma unroll
        for (u32 i = 0; i < T::N * T::WORDS / THREADS; i++)
            right[B::at(half, id / T::N + i * (THREADS / T::N), tile_column)] = b[i];
    };

    float sums[T::SUMS];
#pragma unroll
    for (u32 i = 0; i < T::SUMS; i++) sums[i] = 0.0f;
    // While one step is multiplied, the numbers of the next are loaded, and the positions of the one after it are
    // computed.
    u32 steps = (sum_len + STEP - 1) / STEP;
    write_positions(0);
    __syncthreads();
    fetch(0);
    store(0);
    write_positions(1);
    __syncthreads();
    for (u32 i = 0; i < steps; i++) {
        bool more = i + 1 < steps;
        if (more) fetch((i + 1) % 2);
        P::template multiply<T, A, B>(sums, left, right, i % 2);
        if (more) {
            store((i + 1) % 2);
            write_positions(i % 2);
        }
        __syncthreads();
    }

#pragma unroll
    for (u32 i = 0; i < T::SUMS; i++) {
        u32 row = first_row + P::template row<T>(i);
        u64 at = targets[P::template column<T>(i)];
        if (row < rows && at != ~0ull) {
            float sum = sums[i] + (bias.len > 0 ? bias[(u64)group * rows + row] : 0.0f);
            accumulate(target, at + row * target_size, relu && sum < 0.0f ? 0.0f : sum, add);
        }
    }
    // In a pass of its own, since the loop above has no registers left for it.
    if (slope.kept.len == 0) return;
#pragma unroll 1
    for (u32 i = 0; i < T::SUMS; i++) {
        u32 row = first_row + P::template row<T>(i);
        u64 at = targets[P::template column<T>(i)];
        if (row < rows && at != ~0ull) target[at + row * target_size] = sloped(slope, at + row * target_size, target[at + row * target_size]);
    }
}

/// `to[m, n] = Σ dy[m, k] · x[n, k]`, where m counts the output channels of a group, n its input channels and the
/// elements of the kernel, and k the windows of all samples. The x index of a block is the tile, its z index the group,
/// and its y index a part of `part` windows, whose sums are in `partial` until the last block adds them (last_block.cuh); a single part
/// needs none. Unless `to_bias` is empty, the tiles of the first column also sum dy, which is the gradient to the bias.
template <class P, class T, u32 LA, u32 LB>
DEVICE void weight_gradient(const Geometry& g, u64 part, Span<const float> x, Span<const float> dy, Span<float> to,
                            Span<float> to_bias, Span<float> partial, Span<u32> counters, u32 add, SharedArray<typename P::Word, LA>& left,
                            SharedArray<typename P::Word, LB>& right, SharedArray<int4, T::N>& positions) {
    typedef Operand<P, T::M, T::WORDS, P::DEEP> A;
    typedef Operand<P, T::N, T::WORDS, P::DEEP> B;
    const u32 STEP = T::WORDS * P::OF_WORD, THREADS = T::THREADS, STRIDE = THREADS / T::WORDS;
    u32 id = threadIdx.x, group = blockIdx.z;
    u32 inputs = g.inputs / g.groups, outputs = g.outputs / g.groups, spatial_size = g.kernel_height * g.kernel_width;
    u32 columns = inputs * spatial_size, tiles = (outputs + T::M - 1) / T::M;
    u32 first_row = blockIdx.x % tiles * T::M, first_column = blockIdx.x / tiles * T::N;
    u32 image = g.image_height * g.image_width, output = g.output_height * g.output_width;
    u64 windows = (u64)g.samples * output;
    u64 from = blockIdx.y * part, end = from + part < windows ? from + part : windows;

    for (u32 i = id; i < T::N; i += THREADS) {
        int4 at = make_int4(0, FAR, FAR, 0);
        if (first_column + i < columns) {
            Digits n = digits(first_column + i, g.kernel_height, g.kernel_width);
            int down = (int)(n.middle * g.dilation_height), over = (int)(n.low * g.dilation_width);
            at = make_int4((int)(n.high * image) + down * (int)g.image_width + over, down, over, 0);
        }
        positions[i] = at;
    }

    // The sample, row and column of each window of this thread's word.
    Digits k[P::OF_WORD], step = digits(STEP, g.output_height, g.output_width);
    u64 next = from + id % T::WORDS * P::OF_WORD;
#pragma unroll
    for (u32 j = 0; j < P::OF_WORD; j++) {
        u64 sample = (next + j) / output;
        k[j] = digits((u32)(next + j - sample * output), g.output_height, g.output_width);
        k[j].high = (u32)sample;
    }
    float bias_sums[T::M / STRIDE];
#pragma unroll
    for (u32 i = 0; i < T::M / STRIDE; i++) bias_sums[i] = 0.0f;

    typename P::Word a[T::M / STRIDE], b[T::N / STRIDE];
    auto fetch = [&]() {
        u64 dy_base[P::OF_WORD];
        i64 x_base[P::OF_WORD];
        int top[P::OF_WORD], side[P::OF_WORD];
#pragma unroll
        for (u32 j = 0; j < P::OF_WORD; j++) {
            bool valid = next + j < end;
            u64 in_group = (u64)k[j].high * g.groups + group;
            dy_base[j] = valid ? in_group * outputs * output + k[j].middle * g.output_width + k[j].low : ~0ull;
            top[j] = valid ? (int)(k[j].middle * g.stride_height) - (int)g.padding_height : FAR;
            side[j] = (int)(k[j].low * g.stride_width) - (int)g.padding_width;
            x_base[j] = (i64)(in_group * inputs * image) + (i64)top[j] * g.image_width + side[j];
            advance(k[j], step, g.output_height, g.output_width);
        }
        next += STEP;
#pragma unroll
        for (u32 i = 0; i < T::M / STRIDE; i++) {
            u32 row = first_row + id / T::WORDS + i * STRIDE;
            float y[P::OF_WORD];
#pragma unroll
            for (u32 j = 0; j < P::OF_WORD; j++) {
                y[j] = row < outputs && dy_base[j] != ~0ull ? dy[dy_base[j] + (u64)row * output] : 0.0f;
                bias_sums[i] += y[j];
            }
            a[i] = P::word(y);
        }
#pragma unroll
        for (u32 i = 0; i < T::N / STRIDE; i++) {
            int4 at = positions[id / T::WORDS + i * STRIDE];
            float y[P::OF_WORD];
#pragma unroll
            for (u32 j = 0; j < P::OF_WORD; j++) y[j] = padded(x, x_base[j], at, top[j], side[j], g.image_height, g.image_width);
            b[i] = P::word(y);
        }
    };
    auto store = [&](u32 half) {
#pragma unroll
        for (u32 i = 0; i < T::M / STRIDE; i++) left[A::at(half, id % T::WORDS, id / T::WORDS + i * STRIDE)] = a[i];
#pragma unroll
        for (u32 i = 0; i < T::N / STRIDE; i++) right[B::at(half, id % T::WORDS, id / T::WORDS + i * STRIDE)] = b[i];
    };

    float sums[T::SUMS];
#pragma unroll
    for (u32 i = 0; i < T::SUMS; i++) sums[i] = 0.0f;
    u32 steps = from < end ? (u32)((end - from + STEP - 1) / STEP) : 0;
    __syncthreads();
    fetch();
    store(0);
    __syncthreads();
    for (u32 i = 0; i < steps; i++) {
        bool more = i + 1 < steps;
        if (more) fetch();
        P::template multiply<T, A, B>(sums, left, right, i % 2);
        if (more) store((i + 1) % 2);
        __syncthreads();
    }

    // Writes the thread's `i`-th sum, or the sum of a row of dy.
    auto write = [&](u32 i, float sum) {
        u32 row = first_row + P::template row<T>(i), column = first_column + P::template column<T>(i);
        if (row < outputs && column < columns) accumulate(to, ((u64)group * outputs + row) * columns + column, sum, add);
    };
    auto write_bias = [&](u32 row, float sum) {
        if (first_row + row < outputs) accumulate(to_bias, (u64)group * outputs + first_row + row, sum, add);
    };
    bool with_bias = to_bias.len > 0 && first_column == 0;
    if (with_bias) {
#pragma unroll
        for (u32 i = 0; i < T::M / STRIDE; i++)
#pragma unroll
            for (u32 apart = T::WORDS / 2; apart > 0; apart /= 2) bias_sums[i] += __shfl_xor_sync(ALL_LANES, bias_sums[i], apart);
    }
    if (gridDim.y == 1) {
#pragma unroll
        for (u32 i = 0; i < T::SUMS; i++) write(i, sums[i]);
#pragma unroll
        for (u32 i = 0; i < T::M / STRIDE; i++)
            if (with_bias && id % T::WORDS == 0) write_bias(id / T::WORDS + i * STRIDE, bias_sums[i]);
        return;
    }
    // Each thread's sums lie four by four beside those of the others, so that they are written and read in whole lines; then those of dy.
    const u32 SUMS = T::M * T::N;
    Part p = {blockIdx.y, gridDim.y, blockIdx.z * gridDim.x + blockIdx.x, gridDim.x * gridDim.z, SUMS + (with_bias ? T::M : 0), SUMS + (to_bias.len > 0 ? T::M : 0)};
    Span<float> mine = memory_of(p, p.part, partial);
#pragma unroll
    for (u32 i = 0; i < T::SUMS; i += 4) store4(mine, i * THREADS + 4 * id, make_float4(sums[i], sums[i + 1], sums[i + 2], sums[i + 3]));
#pragma unroll
    for (u32 i = 0; i < T::M / STRIDE; i++)
        if (with_bias && id % T::WORDS == 0) mine[SUMS + id / T::WORDS + i * STRIDE] = bias_sums[i];
    add_parts(p, partial, counters, [&](u32 at, float sum) {
        if (at < SUMS)
            write(at / (4 * THREADS) * 4 + at % 4, sum);
        else
            write_bias(at - SUMS, sum);
    });
}

/// For so many threads of a multiprocessor the compiler spares registers; 0 leaves the number to it. For sm_100 it would spill some.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 1000
#define GATHERING 256
#else
#define GATHERING 0
#endif

/// Defines the kernels of one tile size in one precision. The parts of weights are some 256 blocks, two for each multiprocessor, so that
/// registers for more of them would be spared in vain.
#define CONVOLUTIONS(gather_name, weights_name, P, T)                                                                  \
    KERNEL_RESIDENT(T::THREADS, GATHERING / T::THREADS, gather_name, float below, Span<const float> kept, Geometry g, u32 transposed, u32 relu, \
              Span<const float> weight, Span<const float> bias, Span<const float> source, Span<float> target,          \
              u32 add) {                                                                                               \
        SHARED(P::Word, left, (2 * Operand<P, T::M, T::WORDS, P::DEEP>::LEN));                                         \
        SHARED(P::Word, right, (2 * Operand<P, T::N, T::WORDS, false>::LEN));                                          \
        SHARED(int4, positions, 2 * T::WORDS * P::OF_WORD);                                                            \
        SHARED(u64, targets, T::N);                                                                                    \
        gather<P, T>(Slope{below, kept}, g, transposed, relu, weight, bias, source, target, add, left, right,          \
                     positions, targets);                                                                              \
    }                                                                                                                  \
    KERNEL_RESIDENT(T::THREADS, 256 / T::THREADS, weights_name, Geometry g, u64 part, Span<const float> x, Span<const float> dy, \
              Span<float> to, Span<float> to_bias, Span<float> partial, Span<u32> counters, u32 add) {                 \
        SHARED(P::Word, left, (2 * Operand<P, T::M, T::WORDS, P::DEEP>::LEN));                                         \
        SHARED(P::Word, right, (2 * Operand<P, T::N, T::WORDS, P::DEEP>::LEN));                                        \
        SHARED(int4, positions, T::N);                                                                                 \
        weight_gradient<P, T>(g, part, x, dy, to, to_bias, partial, counters, add, left, right, positions);            \
    }

