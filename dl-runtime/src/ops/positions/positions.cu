// Positions: threads are laid out along a sample.
#include "axes.cuh"

KERNEL(positions_add, Rows rows, Span<const float> positions, Span<const float> x, Span<float> y) {
    fill_rows(
        rows, y, 0, [](u32) { return 0; }, [&](int, u64 i, u32 j) { return x[i] + positions[j]; });
}

/// A thread computes its sinusoid once, in double precision as the CPU does, and adds it to all samples.
KERNEL(positions_add_sinusoids, u32 features, u32 len, Span<const float> x, Span<float> y) {
    for (u64 at = thread(); at < len; at += threads()) {
        u32 t = (u32)at / features, feature = (u32)at % features;
        double angle = (double)t * exp(-9.210340371976184 * (double)(feature / 2 * 2) / (double)features);
        float sinusoid = (float)(feature % 2 == 0 ? sin(angle) : cos(angle));
        for (u64 i = at; i < y.len; i += len) y[i] = x[i] + sinusoid;
    }
}
