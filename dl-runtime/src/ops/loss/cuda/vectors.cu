// Losses of vectors, two with a target or three for each sample: a thread group for each sample.
#include "loss.cuh"

/// The losses, in the order of `code` in vectors.rs; the setting `a` is the margin.
enum class Of : u32 { CosineEmbedding, Contrastive, Triplet };

/// The numbers that PyTorch adds to squared norms, and to every difference of a triplet.
#define EPSILON 1e-12f
#define SHIFT 1e-6f

/// The terms of the losses, which all threads of the group get: for pairs `|a|²`, `|b|²` and the cosine, or the
/// distance; for triplets the distances to the positive and to the negative.
struct Parts {
    float first, second, cosine;
};
DEVICE Parts parts_of(Loss f, ThreadGroup group, u64 from, u64 n, Span<const float> a, Span<const float> b, Span<const float> c,
                      SharedArray<float, WARP>& partial) {
    float first = 0.0f, second = 0.0f, dot = 0.0f;
    bool triplet = (Of)f.kind == Of::Triplet;
    float shift = triplet ? SHIFT : 0.0f;
#pragma unroll 4
    for (u64 i = from + group.lane; i < from + n; i += group.lanes) {
        float x = a[i], y = b[i], z = triplet ? (float)c[i] : 0.0f;
        if ((Of)f.kind == Of::CosineEmbedding) {
            first = fmaf(x, x, first), second = fmaf(y, y, second), dot = fmaf(x, y, dot);
        } else {
            first = fmaf(x - y + shift, x - y + shift, first), second = fmaf(x - z + shift, x - z + shift, second);
        }
    }
    first = group_sum(group, first, partial);
    second = group_sum(group, second, partial);
    dot = group_sum(group, dot, partial);
    if ((Of)f.kind != Of::CosineEmbedding) return Parts{sqrtf(first), sqrtf(second), 0.0f};
    first += EPSILON;
    second += EPSILON;
    return Parts{first, second, dot / (sqrtf(first) * sqrtf(second))};
}

/// Returns the maximum of `x` and 0; NaN stays NaN.
DEVICE float above_zero(float x) { return x < 0.0f ? 0.0f : x; }
/// Selects by the target: `same` for 1, `different` for -1, NaN for any other.
DEVICE float chosen(float target, float same, float different) {
    return target == 1.0f ? same : target == -1.0f ? different : NOT_A_NUMBER;
}
/// Returns `scale / distance`; the derivative of a distance of 0 is 0, as in PyTorch.
DEVICE float over(float scale, float distance) { return distance == 0.0f ? 0.0f : scale / distance; }

KERNEL(vector_loss, Loss f, u32 lanes, u64 features, Span<const float> a, Span<const float> b, Span<const float> c,
       Span<float> losses) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 n = group.row; n < losses.len; n += group.step) {
        Parts p = parts_of(f, group, n * features, features, a, b, c, partial);
        if (group.lane != 0) continue;
        float loss = 0.0f;
        if ((Of)f.kind == Of::Triplet) {
            loss = above_zero(p.first - p.second + f.a);
        } else if ((Of)f.kind == Of::CosineEmbedding) {
            loss = chosen(c[n], 1.0f - p.cosine, above_zero(p.cosine - f.a));
        } else {
            float distance = chosen(c[n], p.first, above_zero(f.a - p.first));
            loss = 0.5f * distance * distance;
        }
        losses[n] = loss;
    }
}

/// The coefficients of the gradient to a vector: `p·(x - y + shift) + q·(x - z + shift)`, or for the cosine `p·own +
/// q·other`.
struct Slopes {
    float p, q;
};
DEVICE Slopes slopes_of(Loss f, u32 input, float scale, float target, Parts parts) {
    switch ((Of)f.kind) {
    case Of::CosineEmbedding: {
        float slope = chosen(target, -scale, parts.cosine <= f.a ? 0.0f : scale);
        float square = input == 0 ? parts.first : parts.second;
        return Slopes{-slope * parts.cosine / square, slope / (sqrtf(parts.first) * sqrtf(parts.second))};
    }
    case Of::Contrastive: {
        float distance = parts.first;
        float apart = distance >= f.a ? 0.0f : over(-scale * (f.a - distance), distance);
        float slope = chosen(target, scale, apart);
        return Slopes{input == 0 ? slope : -slope, 0.0f};
    }
    default: {
        float counts = parts.first - parts.second + f.a <= 0.0f ? 0.0f : scale;
        float near = over(counts, parts.first), far = over(counts, parts.second);
        return input == 0 ? Slopes{near, -far} : input == 1 ? Slopes{-near, 0.0f} : Slopes{0.0f, far};
    }
    }
}

KERNEL(vector_loss_backward, Loss f, u32 input, u32 lanes, u64 features, u64 samples, Span<const float> a,
       Span<const float> b, Span<const float> c, Span<const float> scale, Span<float> d, u32 add) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    bool triplet = (Of)f.kind == Of::Triplet, cosine = (Of)f.kind == Of::CosineEmbedding;
    float shift = triplet ? SHIFT : 0.0f;
    for (u64 n = group.row; n < samples; n += group.step) {
        u64 from = n * features;
        Parts parts = parts_of(f, group, from, features, a, b, c, partial);
        Slopes by = slopes_of(f, input, weight_of(scale, n, samples), triplet ? 0.0f : (float)c[n], parts);
        for (u64 i = from + group.lane; i < from + features; i += lanes) {
            float x = a[i], y = b[i], slope = 0.0f;
            if (cosine) {
                slope = input == 0 ? by.p * x + by.q * y : by.p * y + by.q * x;
            } else {
                // A distance that does not matter is left out, since it may be infinite.
                slope = triplet && input == 2 ? 0.0f : by.p * (x - y + shift);
                if (triplet && input != 1) slope += by.q * (x - c[i] + shift);
            }
            accumulate(d, i, slope, add);
        }
    }
}
