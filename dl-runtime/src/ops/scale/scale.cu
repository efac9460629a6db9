// Scales: threads are laid out along rows, and the gradient to the weights is a sum (reduce.cuh).
#include "axes.cuh"
#include "reduce.cuh"

KERNEL(scale, Rows rows, Axes axes, Span<const float> x, Span<const float> weight, Span<float> y, u32 add) {
    fill_pairs(rows, axes, x, weight, y, add, [](float x, float weight) { return weight * x; });
}

KERNEL(scale_backward_weight, Reduction r, Axes kept, Axes reduced, Span<const float> x, Span<const float> dy, Span<float> d, u32 add) {
    SHARED(float, partial, WARP);
    reduce<Plus>(r, kept, reduced, partial, d, 1.0f, add, [&](u32, Offsets at) { return x[at.left] * dy[at.left]; });
}
