// Elementwise arithmetic. For operands of equal shape, a thread handles four elements. For broadcast operands, threads
// are laid out along rows of the output, and gradients are sums (reduce.cuh).
#include "activation.cuh"
#include "axes.cuh"
#include "reduce.cuh"

/// `Operator` of `arithmetic/mod.rs`.
enum class Operator : u32 { Add, Mul, Div };

/// `y = f(op(a, b))`.
template <class Op, class At>
DEVICE void each(Op op, Activation f, Span<const float> a, Span<const float> b, Span<float> y, At at) {
    accumulate(y, at, activate(f, map(op, get(a, at), get(b, at))), 0);
}

KERNEL(arithmetic, Operator op, float sign, Activation f, Span<const float> a, Span<const float> b, Span<float> y) {
    auto sum = [=](float a, float b) { return a + sign * b; };
    auto product = [](float a, float b) { return a * b; };
    auto quotient = [](float a, float b) { return a / b; };
    bool fours = aligned(a) && aligned(b) && aligned(y);
    switch (op) {
    case Operator::Add:
        EACH(at, y.len, fours, each(sum, f, a, b, y, at));
        return;
    case Operator::Mul:
        EACH(at, y.len, fours, each(product, f, a, b, y, at));
        return;
    case Operator::Div:
        EACH(at, y.len, fours, each(quotient, f, a, b, y, at));
    }
}

/// `Slope` of `arithmetic/mod.rs`.
enum class Slope : u32 { Factor, Dividend, Divisor };

KERNEL(arithmetic_backward, Slope slope, Span<const float> own, Span<const float> other, Span<const float> dy, Span<float> d,
       u32 add) {
    switch (slope) {
    case Slope::Factor:
        return elementwise(d, add, [](float other, float dy) { return other * dy; }, other, dy);
    case Slope::Dividend:
        return elementwise(d, add, [](float other, float dy) { return dy / other; }, other, dy);
    case Slope::Divisor:
        return elementwise(d, add, [](float own, float other, float dy) { return -(other / own / own) * dy; }, own, other, dy);
    }
}

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

KERNEL(broadcast_backward, Slope slope, Reduction r, Axes kept, Axes reduced, Span<const float> own, Span<const float> other,
       Span<const float> dy, Span<float> d, u32 add) {
    SHARED(float, partial, WARP);
    switch (slope) {
    case Slope::Factor:
        return reduce<Plus>(
            r, kept, reduced, partial, d, 1.0f, add, [&](u32, Offsets at) { return other[at.right] * dy[at.left]; });
    case Slope::Dividend:
        return reduce<Plus>(
            r, kept, reduced, partial, d, 1.0f, add, [&](u32, Offsets at) { return dy[at.left] / other[at.right]; });
    case Slope::Divisor:
        return reduce<Plus>(r, kept, reduced, partial, d, 1.0f, add, [&](u32 output, Offsets at) {
            float divisor = own[output];
            return -(other[at.right] / divisor / divisor) * dy[at.left];
        });
    }
}

KERNEL(arithmetic_affine, float scale, float shift, Span<const float> x, Span<float> y, u32 add) {
    elementwise(y, add, [=](float x) { return scale * x + shift; }, x);
}

KERNEL(arithmetic_affine_in_place, float scale, float shift, Span<float> x) {
    elementwise(x, 0, [=](float x) { return scale * x + shift; }, x);
}

KERNEL(arithmetic_reciprocal, float numerator, Span<const float> x, Span<float> y) {
    elementwise(y, 0, [=](float x) { return numerator / x; }, x);
}

KERNEL(arithmetic_reciprocal_in_place, float numerator, Span<float> x) {
    elementwise(x, 0, [=](float x) { return numerator / x; }, x);
}

KERNEL(arithmetic_reciprocal_backward, float numerator, Span<const float> x, Span<const float> dy, Span<float> dx, u32 add) {
    elementwise(dx, add, [=](float x, float dy) { return -(numerator / x / x) * dy; }, x, dy);
}

KERNEL(arithmetic_reciprocal_backward_in_place, float numerator, Span<const float> x, Span<float> d) {
    elementwise(d, 0, [=](float x, float d) { return -(numerator / x / x) * d; }, x, d);
}
