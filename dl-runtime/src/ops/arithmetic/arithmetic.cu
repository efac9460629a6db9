// Arithmetic on whole tensors: four elements a thread.
#include "activation.cuh"

template <class At>
DEVICE void sum(Activation f, Span<const float> a, Span<const float> b, Span<float> y, At at) {
    accumulate(y, at, activate(f, map([](float a, float b) { return a + b; }, get(a, at), get(b, at))), 0);
}

KERNEL(arithmetic_add, Activation f, Span<const float> a, Span<const float> b, Span<float> y) {
    EACH(at, y.len, aligned(a) && aligned(b) && aligned(y), sum(f, a, b, y, at));
}

KERNEL(arithmetic_sub, Span<const float> a, Span<const float> b, Span<float> y) {
    elementwise(y, 0, [](float a, float b) { return a - b; }, a, b);
}

KERNEL(arithmetic_mul, Span<const float> a, Span<const float> b, Span<float> y, u32 add) {
    elementwise(y, add, [](float a, float b) { return a * b; }, a, b);
}

KERNEL(arithmetic_div, Span<const float> a, Span<const float> b, Span<float> y, u32 add) {
    elementwise(y, add, [](float a, float b) { return a / b; }, a, b);
}

KERNEL(arithmetic_div_backward_right, Span<const float> a, Span<const float> b, Span<const float> dy, Span<float> db, u32 add) {
    elementwise(db, add, [](float a, float b, float dy) { return -(a / b / b) * dy; }, a, b, dy);
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
