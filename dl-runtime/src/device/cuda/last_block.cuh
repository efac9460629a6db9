// Sums that several blocks compute in parts, added by the block that ends last, which spares a launch. Source: CUDA C++ Programming
// Guide, "Memory Fence Functions", and its sample threadFenceReduction.
#pragma once

/// Returns to all threads of a block whether it is the last of `blocks` blocks that ask with this counter; it may read what all of
/// them wrote before they asked. The counter is 0 before the first and after the last, so that the launch can be repeated.
DEVICE bool is_last(Span<u32> counters, u64 counter, u32 blocks) {
    // Between barriers, the fences of one thread count for its block: they are cumulative, as in `grid.sync()` of cooperative groups.
    __syncthreads();
    int last = 0;
    if (threadIdx.x == 0) {
        __threadfence();
        last = atomicInc(&counters[counter], blocks - 1) == blocks - 1;
        __threadfence();
    }
    return __syncthreads_or(last);
}

/// The number of counters of a sum, and of groups into which its parts are dealt (last_block.rs).
#define GROUPS 16u
#define COUNTERS (GROUPS + 1u)

/// One of `parts` parts of the sum with number `sum` of `sums`. A part has `len` numbers, a multiple of 4, in memory of `stride`.
struct Part {
    u32 part, parts, sum, sums, len, stride;
};
/// Returns the memory of a part.
DEVICE Span<float> memory_of(const Part& p, u32 part, Span<float> partial) {
    return partial.part(((u64)part * p.sums + p.sum) * p.stride, p.len);
}
/// Returns the sum of four neighbouring numbers over the parts from `first` on.
DEVICE float4 add_fours(const Part& p, u32 first, u32 step, u32 end, u32 i, Span<float> partial) {
    float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#pragma unroll 8
    for (u32 part = first; part < end; part += step) {
        float4 v = load4(partial, ((u64)part * p.sums + p.sum) * p.stride + i);
        sum.x += v.x, sum.y += v.y, sum.z += v.z, sum.w += v.w;
    }
    return sum;
}
/// Adds the parts when all are written, and gives each number to `to(number, sum)`. Every block calls it after it wrote its part to
/// `partial`. The last block of each group of every sixteenth part adds these, and the last of all groups adds their sums: no block
/// reads many parts, and the order depends on nothing but the number of parts.
template <class To>
DEVICE void add_parts(const Part& p, Span<float> partial, Span<u32> counters, To to) {
    u32 group = p.part % GROUPS, groups = p.parts < GROUPS ? p.parts : GROUPS, members = (p.parts - group + GROUPS - 1) / GROUPS;
    u64 counter = (u64)p.sum * COUNTERS;
    if (members > 1) {
        if (!is_last(counters, counter + group, members)) return;
        Span<float> sums = memory_of(p, group, partial);
        for (u32 i = 4 * threadIdx.x; i < p.len; i += 4 * blockDim.x)
            store4(sums, i, add_fours(p, group, GROUPS, p.parts, i, partial));
    }
    if (!is_last(counters, counter + GROUPS, groups)) return;
    for (u32 i = 4 * threadIdx.x; i < p.len; i += 4 * blockDim.x) {
        float4 sum = add_fours(p, 0, 1, groups, i, partial);
        to(i, sum.x), to(i + 1, sum.y), to(i + 2, sum.z), to(i + 3, sum.w);
    }
}
