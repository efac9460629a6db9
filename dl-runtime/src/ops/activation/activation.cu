// Activations, with four elements for each thread. The kind is the same for all threads, so warps do not diverge.
#include "activation.cuh"
#include "cast.cuh"

template <class X, class At>
DEVICE void forward(Activation f, X x, Span<float> y, At at) {
    accumulate(y, at, activate(f, get(x, at)), 0);
}

template <class Dy, class At>
DEVICE void backward(Activation f, Span<const float> kept, Dy dy, Span<float> dx, u32 add, At at) {
    accumulate(dx, at, map([](float slope, float d) { return slope * d; }, derivative(f, get(kept, at)), get(dy, at)), add);
}

KERNEL(activation_forward, Activation f, Span<const float> x, Span<float> y) {
    EACH(at, y.len, aligned(x) && aligned(y), forward(f, x, y, at));
}

KERNEL(activation_forward_in_place, Activation f, Span<float> x) {
    EACH(at, x.len, aligned(x), forward(f, x, x, at));
}

KERNEL(activation_backward, Activation f, Span<const float> kept, Span<const float> dy, Span<float> dx, u32 add) {
    EACH(at, dx.len, aligned(kept) && aligned(dy) && aligned(dx), backward(f, kept, dy, dx, add, at));
}

template <class At>
DEVICE void backward_in_place(Span<float> halves, Activation f, Span<const float> kept, Span<float> d, At at) {
    auto v = map([](float slope, float d) { return slope * d; }, derivative(f, get(kept, at)), get(d, at));
    accumulate(d, at, v, 0);
    write_bf16(halves, at, v);
}

KERNEL(activation_backward_in_place, Span<float> halves, Activation f, Span<const float> kept, Span<float> d) {
    EACH(at, d.len, aligned(kept) && aligned(d), backward_in_place(halves, f, kept, d, at));
}
