// Losses of overlap. The layout is [samples, areas, pixels], or [samples, pixels, areas] with `last`; the targets are `labels` for
// classes and `mask` for masks, and the other one is empty. `p` are probabilities of classes, or logits of masks.
#include "activation.cuh"
#include "loss.cuh"

struct Shape {
    u32 areas, pixels, last;
};
/// A loss of overlap: `Dice` or `Jaccard`, the smoothing, and the number of samples whose areas are taken together.
struct Overlap {
    u32 jaccard;
    float smooth;
    u32 together;
};
/// The target of pixels that do not count, if `ignores`: a class, or the bits of a number.
struct Void {
    u32 ignores, target;
};
/// A probability, its target, and whether they count.
struct Pixel {
    float p, t;
    bool counts;
};
DEVICE u64 place(Shape s, u64 sample, u32 area, u64 pixel) {
    return s.last ? (sample * s.pixels + pixel) * s.areas + area : (sample * s.areas + area) * s.pixels + pixel;
}
DEVICE Pixel pixel_of(Shape s, Void hole, u64 sample, u32 area, u64 pixel, Span<const float> p, Span<const u32> labels,
                      Span<const float> mask) {
    u64 at = place(s, sample, area, pixel);
    if (mask.len) {
        float t = mask[at];
        return Pixel{sigmoid(p[at]), t, !(hole.ignores && t == __uint_as_float(hole.target))};
    }
    u32 label = labels[sample * s.pixels + pixel];
    float t = label >= s.areas ? NOT_A_NUMBER : label == area ? 1.0f : 0.0f;
    return Pixel{p[at], t, !(hole.ignores && label == hole.target)};
}

/// Computes `Σpt`, `Σp` and `Σt` of every area of every sample.
KERNEL(overlap_sums, Shape s, Void hole, u32 lanes, u64 rows, Span<const float> p, Span<const u32> labels, Span<const float> mask,
       Span<float> sums) {
    SHARED(float, partial, WARP);
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < rows; row += group.step) {
        float both = 0.0f, all = 0.0f, truth = 0.0f;
        for (u64 i = group.lane; i < s.pixels; i += group.lanes) {
            Pixel pixel = pixel_of(s, hole, row / s.areas, (u32)(row % s.areas), i, p, labels, mask);
            if (!pixel.counts) continue;
            both = fmaf(pixel.p, pixel.t, both), all += pixel.p, truth += pixel.t;
        }
        both = group_sum(group, both, partial);
        all = group_sum(group, all, partial);
        truth = group_sum(group, truth, partial);
        if (group.lane != 0) continue;
        sums[3 * row] = both;
        sums[3 * row + 1] = all;
        sums[3 * row + 2] = truth;
    }
}

/// Returns the sum number `which` of an area over the samples taken together, which start at sample `from`.
DEVICE float total(Shape s, Overlap f, u64 from, u32 area, u32 which, Span<const float> sums) {
    float sum = 0.0f;
    for (u64 n = from; n < from + f.together; n++) sum += sums[3 * (n * s.areas + area) + which];
    return sum;
}
/// The score of an area is `above / below`.
struct Score {
    float above, below;
};
DEVICE Score score_of(Shape s, Overlap f, u64 from, u32 area, Span<const float> sums) {
    float both = total(s, f, from, area, 0, sums), all = total(s, f, from, area, 1, sums), truth = total(s, f, from, area, 2, sums);
    float below = f.jaccard ? all + truth - both : all + truth;
    return Score{(f.jaccard ? both : 2.0f * both) + f.smooth, below + f.smooth};
}

/// Computes the loss of every sample.
KERNEL(overlap_losses, Shape s, Overlap f, Span<const float> sums, Span<float> losses) {
    for (u64 n = thread(); n < losses.len; n += threads()) {
        float loss = 0.0f;
        for (u32 area = 0; area < s.areas; area++) {
            Score score = score_of(s, f, n / f.together * f.together, area, sums);
            loss += 1.0f - score.above / score.below;
        }
        losses[n] = loss / (float)s.areas;
    }
}

/// Computes the factors of the gradient of every area: that of the other side, and the constant.
KERNEL(overlap_factors, Shape s, Overlap f, u64 samples, Span<const float> sums, Span<const float> scale, Span<float> factors) {
    for (u64 i = thread(); i < factors.len / 2; i += threads()) {
        u64 from = i / s.areas * f.together;
        float weight = 0.0f;
        for (u64 n = from; n < from + f.together; n++) weight += weight_of(scale, n, samples);
        weight /= (float)s.areas;
        Score score = score_of(s, f, from, (u32)(i % s.areas), sums);
        float above = score.above, below = score.below;
        factors[2 * i] = -weight * (f.jaccard ? (below + above) / below / below : 2.0f / below);
        factors[2 * i + 1] = weight * (above / below / below);
    }
}

/// Computes the gradient to logits of classes from their probabilities: a thread for each pixel.
KERNEL(class_overlap_backward, Shape s, Void hole, u32 together, Span<const float> factors, Span<const float> p,
       Span<const u32> labels, Span<float> d, u32 add) {
    for (u64 i = thread(); i < labels.len; i += threads()) {
        u64 sample = i / s.pixels, pixel = i % s.pixels, first = 2 * (sample / together * s.areas);
        u32 label = labels[i];
        bool counts = !(hole.ignores && label == hole.target);
        float mean = 0.0f;
        for (u32 area = 0; counts && area < s.areas; area++) {
            float slope = factors[first + 2 * area + 1] + (area == label ? (float)factors[first + 2 * area] : 0.0f);
            mean = fmaf(p[place(s, sample, area, pixel)], slope, mean);
        }
        for (u32 area = 0; area < s.areas; area++) {
            u64 at = place(s, sample, area, pixel);
            float slope = factors[first + 2 * area + 1] + (area == label ? (float)factors[first + 2 * area] : 0.0f);
            accumulate(d, at, counts ? p[at] * (slope - mean) : 0.0f, add);
        }
    }
}

/// Computes the gradient to logits of masks, or to the masks if `input` is 1.
KERNEL(mask_overlap_backward, Shape s, Void hole, u32 input, u32 together, Span<const float> factors, Span<const float> x,
       Span<const float> mask, Span<float> d, u32 add) {
    for (u64 i = thread(); i < d.len; i += threads()) {
        u64 area = i / s.pixels, of = 2 * (area / s.areas / together * s.areas + area % s.areas);
        float t = mask[i], p = sigmoid(x[i]), other = factors[of], own = factors[of + 1];
        float slope = input == 0 ? fmaf(other, t, own) * p * (1.0f - p) : fmaf(other, p, own);
        bool counts = !(hole.ignores && t == __uint_as_float(hole.target));
        accumulate(d, i, counts ? slope : 0.0f, add);
    }
}
