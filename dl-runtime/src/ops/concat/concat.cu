// Stretches of rows, copied or added: threads lie along a stretch.
#include "axes.cuh"

KERNEL(concat_stretches, Rows rows, Axes axes, Span<const float> x, Span<float> y, u32 add) {
    fill_from(rows, axes, x, y, add, [](float x) { return x; });
}
