// Kernels for the emulation's own tests: some right, each of the others with one mistake.

KERNEL(emulation_test_add, Span<const float> x, Span<float> y, float by) {
    for (u64 i = thread(); i < y.len; i += threads()) y[i] = x[i] + by;
}
/// The sum of a row by each block.
KERNEL(emulation_test_sum, Span<const float> x, u32 width, Span<float> y) {
    SHARED(float, partial, WARP);
    float sum = 0;
    for (u32 i = threadIdx.x; i < width; i += blockDim.x) sum += x[(u64)blockIdx.x * width + i];
    sum = block_sum(sum, partial);
    if (threadIdx.x == 0) y[blockIdx.x] = sum;
}
KERNEL(emulation_test_copy4, Span<const float> x, Span<float> y) {
    for (u64 i = thread(); i < y.len / 4; i += threads()) store4(y, 4 * i, load4(x, 4 * i));
}
KERNEL(emulation_test_count, Span<const u32> x, Span<u32> bins) {
    SHARED(u32, mine, 4);
    if (threadIdx.x < 4) mine[threadIdx.x] = 0;
    __syncthreads();
    for (u64 i = thread(); i < x.len; i += threads()) atomicAdd(&mine[x[i]], 1u);
    __syncthreads();
    if (threadIdx.x < 4) atomicAdd(&bins[threadIdx.x], mine[threadIdx.x]);
}
/// Warp operations with known answers: lane numbers go around.
KERNEL(emulation_test_warp, Span<u32> y) {
    u32 lane = threadIdx.x % WARP;
    u32 next = __shfl_sync(ALL_LANES, lane, lane + 1);
    u32 above = __shfl_up_sync(ALL_LANES, lane, 1);
    u32 below = __shfl_down_sync(ALL_LANES, lane, 2, 8);
    u32 even = __ballot_sync(ALL_LANES, lane % 2 == 0);
    int any = __any_sync(ALL_LANES, lane == 5), all = __all_sync(ALL_LANES, lane < 31);
    int count = __syncthreads_count(threadIdx.x < 40);
    double half = __shfl_xor_sync(ALL_LANES, (double)lane / 2, 1);
    y[threadIdx.x * 8] = next;
    y[threadIdx.x * 8 + 1] = above;
    y[threadIdx.x * 8 + 2] = below;
    y[threadIdx.x * 8 + 3] = even;
    y[threadIdx.x * 8 + 4] = any;
    y[threadIdx.x * 8 + 5] = all;
    y[threadIdx.x * 8 + 6] = count;
    y[threadIdx.x * 8 + 7] = (u32)(2 * half);
}
/// Lanes of one warp pass a number on through shared memory.
KERNEL(emulation_test_warp_memory, Span<u32> y, u32 synchronized) {
    SHARED(u32, row, 32);
    row[threadIdx.x] = threadIdx.x;
    if (synchronized) __syncwarp();
    y[threadIdx.x] = row[31 - threadIdx.x];
}

/// The block that comes last with a ticket adds what all wrote. One bit of `without` leaves out a fence or a barrier.
KERNEL(emulation_test_last_block, Span<u32> x, Span<u32> tickets, Span<u32> y, u32 without) {
    x[thread()] = (u32)thread();
    if (!(without & 1)) __syncthreads();
    bool last = false;
    if (threadIdx.x == 0) {
        if (!(without & 2)) __threadfence();
        last = atomicInc(&tickets[0], gridDim.x - 1) == gridDim.x - 1;
        if (!(without & 4)) __threadfence();
    }
    last = __syncthreads_or(last);
    if (!last || threadIdx.x > 0) return;
    u32 sum = 0;
    for (u64 i = 0; i < x.len; i++) sum += x[i];
    y[0] = sum;
}

KERNEL(emulation_test_past_the_end, Span<const float> x, Span<float> y) {
    u64 i = thread();
    y[i] = x[i];
}
KERNEL(emulation_test_shared_past_the_end, Span<float> y) {
    SHARED(float, tile, 8);
    tile[threadIdx.x] = 1;
    y[threadIdx.x] = tile[threadIdx.x];
}
KERNEL(emulation_test_misaligned, Span<float> y) { store4(y, 2, make_float4(1, 2, 3, 4)); }
KERNEL(emulation_test_no_barrier, Span<float> y) {
    SHARED(float, tile, 64);
    tile[threadIdx.x] = 1;
    y[threadIdx.x] = tile[63 - threadIdx.x];
}
KERNEL(emulation_test_late_barrier, Span<float> y) {
    SHARED(float, tile, 64);
    float sum = 0;
    for (u32 round = 0; round < 2; round++) {
        tile[threadIdx.x] = round;
        __syncthreads();
        sum += tile[63 - threadIdx.x];
    }
    y[threadIdx.x] = sum;
}
KERNEL(emulation_test_unwritten, Span<float> y) {
    SHARED(float, tile, 64);
    if (threadIdx.x < 63) tile[threadIdx.x] = 1;
    __syncthreads();
    y[threadIdx.x] = tile[threadIdx.x];
}
KERNEL(emulation_test_divergent, Span<float> y) {
    if (threadIdx.x < 32) __syncthreads();
    y[threadIdx.x] = 1;
}
KERNEL(emulation_test_divergent_warp, Span<float> y) {
    float v = 1;
    if (threadIdx.x % 2 == 0) v = __shfl_xor_sync(ALL_LANES, v, 2);
    y[threadIdx.x] = v;
}
KERNEL(emulation_test_two_barriers, Span<float> y) {
    if (threadIdx.x < 32)
        __syncthreads();
    else
        __syncthreads();
    y[threadIdx.x] = 1;
}
KERNEL(emulation_test_too_much_shared, Span<float> y) {
    SHARED(float, one, 8192);
    SHARED(float, two, 8192);
    one[0] = two[0] = y[0];
}
KERNEL(emulation_test_blocks_race, Span<float> y) {
    if (threadIdx.x == 0) y[0] = blockIdx.x;
}
KERNEL(emulation_test_blocks_read, Span<float> y) {
    if (blockIdx.x == 0)
        y[threadIdx.x] = 1;
    else if (threadIdx.x == 0)
        y[blockIdx.x + 64] = y[3];
}
KERNEL(emulation_test_absent_lane, Span<float> y) { y[threadIdx.x] = __shfl_down_sync(ALL_LANES, 1.0f, 8); }
KERNEL_OF(64, emulation_test_small_blocks, Span<float> y) { y[threadIdx.x] = 1; }

struct EmulationTestSettings {
    u32 kind;
    float a;
};
KERNEL(emulation_test_parameters, u32 n, EmulationTestSettings settings, u64 wide, Span<float> y) {
    if (thread() == 0) y[0] = n + settings.kind + settings.a + (float)wide;
}
