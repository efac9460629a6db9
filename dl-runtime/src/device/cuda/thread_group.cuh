// Groups: the threads that work on one row together: a single one, a warp or a block, as its length asks for (thread_group.rs).
#pragma once

struct ThreadGroup {
    /// The group's first row, and how far its next one is: `for (u64 row = group.row; row < rows; row += group.step)`.
    u64 row, step;
    /// The number of this thread in the group: `for (u64 i = group.lane; i < n; i += group.lanes)`.
    u32 lane, lanes;
};

/// This thread's group: `lanes` is 1, 32 or all threads of a block.
DEVICE ThreadGroup thread_group(u32 lanes) {
    u32 groups = blockDim.x / lanes;
    return ThreadGroup{(u64)blockIdx.x * groups + threadIdx.x / lanes, (u64)gridDim.x * groups, threadIdx.x % lanes, lanes};
}

/// The sum over a group, in all its threads; all of them call it.
DEVICE float group_sum(ThreadGroup group, float v, SharedArray<float, WARP>& partial) {
    if (group.lanes == 1) return v;
    return group.lanes == WARP ? warp_sum(v) : block_sum(v, partial);
}
/// The largest number of a group; NaN if there is one.
DEVICE float group_max(ThreadGroup group, float v, SharedArray<float, WARP>& partial) {
    if (group.lanes == 1) return v;
    return group.lanes == WARP ? warp_max(v) : block_max(v, partial);
}

/// `a`, or `b` if it is larger or NaN.
DEVICE float larger(float a, float b) { return b > a || b != b ? b : a; }
