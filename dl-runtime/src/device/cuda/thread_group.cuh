// Thread groups: the threads that work on one row together. A group is a single thread, a warp or a block, depending on
// the length of the row (thread_group.rs).
#pragma once

struct ThreadGroup {
    /// The group's first row and the distance to its next one: `for (u64 row = group.row; row < rows; row +=
    /// group.step)`.
    u64 row, step;
    /// The index of this thread in the group, and the group's size: `for (u64 i = group.lane; i < n; i +=
    /// group.lanes)`.
    u32 lane, lanes;
};

/// Returns this thread's group; `lanes` is 1, 32 or the block size.
DEVICE ThreadGroup thread_group(u32 lanes) {
    u32 groups = blockDim.x / lanes;
    return ThreadGroup{(u64)blockIdx.x * groups + threadIdx.x / lanes, (u64)gridDim.x * groups, threadIdx.x % lanes, lanes};
}

/// Returns the sum over a group to all its threads; all of them must call it.
DEVICE float group_sum(ThreadGroup group, float v, SharedArray<float, WARP>& partial) {
    if (group.lanes == 1) return v;
    return group.lanes == WARP ? warp_sum(v) : block_sum(v, partial);
}
/// Returns the largest number of a group to all its threads; NaN if one of them is NaN.
DEVICE float group_max(ThreadGroup group, float v, SharedArray<float, WARP>& partial) {
    if (group.lanes == 1) return v;
    return group.lanes == WARP ? warp_max(v) : block_max(v, partial);
}

/// Returns `b` if it is larger than `a` or NaN, else `a`.
DEVICE float larger(float a, float b) { return b > a || b != b ? b : a; }
