// Gated linear units: a thread for each output.
#include "common.cuh"

DEVICE float gate(float b) { return 1.0f / (1.0f + expf(-b)); }

KERNEL(glu_forward, u32 n, Span<const float> x, Span<float> y) {
    for (u64 i = thread(); i < y.len; i += threads()) {
        u64 a = i + i / n * n;
        y[i] = x[a] * gate(x[a + n]);
    }
}

KERNEL(glu_backward, u32 n, Span<const float> x, Span<const float> dy, Span<float> dx, u32 add) {
    for (u64 i = thread(); i < dy.len; i += threads()) {
        u64 a = i + i / n * n;
        float g = gate(x[a + n]);
        put(dx, a, dy[i] * g, add);
        put(dx, a + n, dy[i] * x[a] * g * (1.0f - g), add);
    }
}
