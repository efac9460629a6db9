// Group normalisation: a block for each group of a sample, whose numbers are contiguous in memory. Repeated reads come
// from the cache.
#include "moments.cuh"

struct GroupNormSizes {
    u32 channels, spatial_size, groups;
    float epsilon;
};
DEVICE u32 channels_of_group(GroupNormSizes s) { return s.channels / s.groups; }
/// Return the scale and the shift of channel `c`; 1 and 0 if there are no weights.
DEVICE float weight_of(Span<const float> weights, u32 c) { return weights.len ? (float)weights[c] : 1.0f; }
DEVICE float bias_of(GroupNormSizes s, Span<const float> weights, u32 c) {
    return weights.len ? (float)weights[s.channels + c] : 0.0f;
}

/// Iterates over the numbers of a group for one thread, which takes every `blockDim.x`-th. The channel and the position
/// in it are updated without a division.
struct GroupIter {
    u32 i, channel, place, jump, rest;
};
DEVICE GroupIter group_iter(GroupNormSizes s) {
    return GroupIter{threadIdx.x, threadIdx.x / s.spatial_size, threadIdx.x % s.spatial_size, blockDim.x / s.spatial_size, blockDim.x % s.spatial_size};
}
DEVICE void next(GroupIter& w, GroupNormSizes s) {
    w.i += blockDim.x;
    w.channel += w.jump;
    w.place += w.rest;
    if (w.place >= s.spatial_size) {
        w.place -= s.spatial_size;
        w.channel++;
    }
}

KERNEL(group_norm_forward, GroupNormSizes s, Span<const float> weights, Span<const float> x, Span<float> y) {
    SHARED(float, parts, 3 * WARP);
    u32 n = channels_of_group(s) * s.spatial_size, first = blockIdx.x % s.groups * channels_of_group(s);
    u64 from = (u64)blockIdx.x * n;
    MeanVar m = row_moments(thread_group(blockDim.x), x, from, n, parts);
    float inverse = 1.0f / sqrtf(m.var + s.epsilon);
    for (GroupIter w = group_iter(s); w.i < n; next(w, s)) {
        u32 c = first + w.channel;
        y[from + w.i] = fmaf(x[from + w.i] - m.mean, weight_of(weights, c) * inverse, bias_of(s, weights, c));
    }
}

/// `dx = (g - mean(g) - x̂·mean(g·x̂))/√(var + ε)` for every group, where `g = dy·weight`, unless `dx` is empty. `Σ
/// dy·x̂` and `Σ dy` of every channel of every sample go to `sums`, as [samples, 2, channels], unless it is empty.
/// `lanes` threads, a warp or the whole block, sum a channel.
KERNEL(group_norm_backward, GroupNormSizes s, u32 lanes, Span<const float> weights, Span<const float> x, Span<const float> dy,
       Span<float> dx, u32 add, Span<float> sums) {
    SHARED(float, parts, 3 * WARP);
    SHARED(float, partial, WARP);
    u32 per = channels_of_group(s), n = per * s.spatial_size, first = blockIdx.x % s.groups * per;
    u64 from = (u64)blockIdx.x * n, sample = blockIdx.x / s.groups;
    MeanVar m = row_moments(thread_group(blockDim.x), x, from, n, parts);
    float inverse = 1.0f / sqrtf(m.var + s.epsilon), shift = 0.0f, slope = 0.0f;
    ThreadGroup of_channel = {threadIdx.x / lanes, blockDim.x / lanes, threadIdx.x % lanes, lanes};
    for (u64 channel = of_channel.row; channel < per; channel += of_channel.step) {
        u32 c = first + (u32)channel;
        u64 plane = from + channel * s.spatial_size;
        float total = 0.0f, product = 0.0f;
#pragma unroll 4
        for (u32 i = of_channel.lane; i < s.spatial_size; i += lanes) {
            float d = dy[plane + i];
            total += d;
            product = fmaf(x[plane + i] - m.mean, d, product);
        }
        total = group_sum(of_channel, total, partial);
        product = group_sum(of_channel, product, partial);
        if (of_channel.lane == 0) {
            if (sums.len) {
                sums[2 * sample * s.channels + c] = product * inverse;
                sums[(2 * sample + 1) * s.channels + c] = total;
            }
            float weight = weight_of(weights, c);
            shift += weight * total;
            slope += weight * product;
        }
    }
    if (dx.len == 0) return;
    shift = block_sum(shift, partial) / (float)n;
    slope = block_sum(slope, partial) / (float)n * inverse * inverse;
    for (GroupIter w = group_iter(s); w.i < n; next(w, s)) {
        float g = dy[from + w.i] * weight_of(weights, first + w.channel);
        accumulate(dx, from + w.i, inverse * (g - shift - (x[from + w.i] - m.mean) * slope), add);
    }
}
