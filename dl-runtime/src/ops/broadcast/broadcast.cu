// Broadcast arithmetic: threads lie along rows of the output; gradients are sums (reduce.cuh).
#include "axes.cuh"
#include "reduce.cuh"

/// `Operator`.
enum class Operator : u32 { Add, Mul, Div };

KERNEL(broadcast, Operator op, float sign, Rows rows, Axes axes, Span<const float> a, Span<const float> b, Span<float> y) {
    switch (op) {
    case Operator::Add:
        return fill_pairs(rows, axes, a, b, y, 0, [=](float a, float b) { return a + sign * b; });
    case Operator::Mul:
        return fill_pairs(rows, axes, a, b, y, 0, [](float a, float b) { return a * b; });
    case Operator::Div:
        return fill_pairs(rows, axes, a, b, y, 0, [](float a, float b) { return a / b; });
    }
}

/// `Slope`.
enum class Slope : u32 { Factor, Dividend, Divisor };

KERNEL(broadcast_backward, Slope slope, Reduction r, Axes kept, Axes reduced, Span<const float> own, Span<const float> other,
       Span<const float> dy, Span<float> d, u32 add) {
    SHARED(float, partial, WARP);
    switch (slope) {
    case Slope::Factor:
        return reduce<Plus>(
            r, kept, reduced, partial, d, 1.0f, add, [&](u32, Places at) { return other[at.right] * dy[at.left]; });
    case Slope::Dividend:
        return reduce<Plus>(
            r, kept, reduced, partial, d, 1.0f, add, [&](u32, Places at) { return dy[at.left] / other[at.right]; });
    case Slope::Divisor:
        return reduce<Plus>(r, kept, reduced, partial, d, 1.0f, add, [&](u32 output, Places at) {
            float divisor = own[output];
            return -(other[at.right] / divisor / divisor) * dy[at.left];
        });
    }
}
