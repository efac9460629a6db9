// Reductions (reduce.cuh), and repetitions, in which threads are laid out along rows of the output.
#include "extension.cuh"
#include "reduce.cuh"

KERNEL(reduce_sum, Reduction r, Axes kept, Axes reduced, float scale, Span<const float> x, Span<float> y, u32 add) {
    SHARED(float, partial, WARP);
    reduce<Plus>(r, kept, reduced, partial, y, scale, add, [&](u32, Offsets at) { return x[at.left]; });
}

KERNEL(reduce_max, Reduction r, Axes kept, Axes reduced, Span<const float> x, Span<float> y) {
    SHARED(float, partial, WARP);
    reduce<Larger>(r, kept, reduced, partial, y, 1.0f, 0, [&](u32, Offsets at) { return x[at.left]; });
}

/// Counts how many inputs equal each maximum.
KERNEL(reduce_max_count, Reduction r, Axes kept, Axes reduced, Span<const float> x, Span<const float> y, Span<float> counts) {
    SHARED(float, partial, WARP);
    reduce<Plus>(r, kept, reduced, partial, counts, 1.0f, 0, [&](u32 output, Offsets at) {
        return x[at.left] == y[output] ? 1.0f : 0.0f;
    });
}

KERNEL(reduce_max_backward, Rows rows, Axes axes, Span<const float> x, Span<const float> y, Span<const float> dy,
       Span<const float> counts, Span<float> dx, u32 add) {
    fill_rows(
        rows, dx, add, [&](u32 row) { return offsets(axes, row); },
        [&](Offsets at, u64 i, u32 j) {
            u64 output = at.left + (u64)j * axes.left_step;
            return x[i] == y[output] ? dy[output] / counts[output] : 0.0f;
        });
}

KERNEL(reduce_expand, float below, Span<const float> kept, Rows rows, Axes axes, float scale, Span<const float> y, Span<float> x,
       u32 add) {
    Slope slope = {below, kept};
    fill_rows(
        rows, x, add, [&](u32 row) { return offsets(axes, row); },
        [&](Offsets at, u64, u32 j) { return scale * y[at.left + (u64)j * axes.left_step]; },
        [&](u64 i, float d) { return sloped(slope, i, d); });
}
