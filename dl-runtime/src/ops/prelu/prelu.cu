// Parametric rectifiers: threads lie along channels; the gradient to the weights is a sum (reduce.cuh).
#include "axes.cuh"
#include "reduce.cuh"

KERNEL(prelu_forward, Rows rows, Axes axes, Span<const float> x, Span<const float> weight, Span<float> y) {
    fill_pairs(rows, axes, x, weight, y, 0, [](float x, float weight) { return x > 0.0f ? x : weight * x; });
}

KERNEL(prelu_backward_input, Rows rows, Axes axes, Span<const float> x, Span<const float> weight, Span<const float> dy,
       Span<float> dx, u32 add) {
    fill_rows(
        rows, dx, add, [&](u32 row) { return offsets(axes, row); },
        [&](Offsets at, u64 i, u32 j) {
            float w = weight[at.right + (u64)j * axes.right_step], d = dy[i];
            return x[i] > 0.0f ? d : w * d;
        });
}

KERNEL(prelu_backward_weight, Reduction r, Axes kept, Axes reduced, Span<const float> x, Span<const float> dy, Span<float> d, u32 add) {
    SHARED(float, partial, WARP);
    reduce<Plus>(r, kept, reduced, partial, d, 1.0f, add, [&](u32, Offsets at) {
        float value = x[at.left];
        return value > 0.0f ? 0.0f : dy[at.left] * value;
    });
}
