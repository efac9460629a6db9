// Argmax: a thread or a warp for each row.
#include "thread_group.cuh"

/// Returns whether `b` at index `j` comes before `a` at index `i`: it is larger, or equal and earlier; NaN is the largest.
DEVICE bool comes_before(float b, u32 j, float a, u32 i) {
    bool b_nan = b != b, a_nan = a != a;
    if (b_nan || a_nan) return b_nan && (!a_nan || j < i);
    return b > a || (b == a && j < i);
}

KERNEL(argmax, u32 lanes, u32 classes, Span<const float> x, Span<u32> y) {
    ThreadGroup group = thread_group(lanes);
    for (u64 row = group.row; row < y.len; row += group.step) {
        // A lane beyond the classes repeats the first.
        u32 index = group.lane < classes ? group.lane : 0;
        float most = x[row * classes + index];
        for (u32 c = index + group.lanes; c < classes; c += group.lanes) {
            float other = x[row * classes + c];
            if (comes_before(other, c, most, index)) {
                most = other;
                index = c;
            }
        }
        for (u32 apart = group.lanes / 2; apart > 0; apart /= 2) {
            float other = __shfl_xor_sync(ALL_LANES, most, apart);
            u32 at = __shfl_xor_sync(ALL_LANES, index, apart);
            if (comes_before(other, at, most, index)) {
                most = other;
                index = at;
            }
        }
        if (group.lane == 0) y[row] = index;
    }
}
