// Parameters: every sample gets the same numbers.
#include "axes.cuh"

KERNEL(parameter_repeat, Rows rows, Span<const float> values, Span<float> y) {
    fill_rows(
        rows, y, 0, [](u32) { return 0; }, [&](int, u64, u32 j) { return values[j]; });
}
