// What kernels of optimizers share: one or four numbers at a time, their roles, and the check for finite numbers.
#pragma once
#include "elementwise.cuh"

/// Words of the check (finite_check.rs).
#define STOPPED 0
#define OVERFLOWED 1
#define NORM 2

/// Roles of numbers (segments.rs).
#define WEIGHT 0u
#define STATISTIC 2u

/// Weight decay of weights and of what else is trained: `added` to the gradient, and the `factor` of what is left.
struct Decay {
    float added, factor, added_to_rest, factor_of_rest;
};

/// Zero instead of a subnormal number, as `flush` of segments.rs.
DEVICE float flush(float x) { return (__float_as_uint(x) & 0x7F800000u) == 0 ? 0.0f : x; }

/// Numbers that a thread works on at a time.
template <u32 N>
struct Numbers {
    float at[N];
};
template <class S>
DEVICE Numbers<1> load(S s, One at) {
    float v = s[at.i];
    return {{v}};
}
template <class S>
DEVICE Numbers<4> load(S s, Four at) {
    float4 v = load4(s, at.i);
    return {{v.x, v.y, v.z, v.w}};
}
DEVICE void store(Span<float> s, One at, const Numbers<1>& v) { s[at.i] = v.at[0]; }
DEVICE void store(Span<float> s, Four at, const Numbers<4>& v) {
    store4(s, at.i, make_float4(v.at[0], v.at[1], v.at[2], v.at[3]));
}

/// The roles of a thread's numbers, two bits each.
template <class At>
DEVICE u32 roles_of(Span<const u32> roles, At at) {
    return roles[at.i / 16] >> (2 * (at.i % 16));
}

/// One step of a thread's weights, of which statistics stay. `step(g, memory)` says what is taken from a weight whose gradient,
/// after decay, is `g`, and changes what is remembered of it: a number in each of the spans `kept`. `bad` takes note of what is
/// not finite.
template <class At, class Step, class... Kept>
DEVICE void move(At at, Decay decay, Span<const u32> roles, Span<float> w, Span<const float> g, u32& bad, Step step,
                 Kept... kept) {
    // Signed: none may be kept, and nothing unsigned is below 0.
    constexpr int KEPT = sizeof...(kept);
    auto weights = load(w, at), gradients = load(g, at);
    // One more than needed: an array cannot be empty.
    decltype(weights) memory[KEPT + 1] = {load(kept, at)..., weights};
    u32 all = roles_of(roles, at);
#pragma unroll
    for (u32 k = 0; k < sizeof(weights) / sizeof(float); k++) {
        u32 role = all >> (2 * k) & 3u;
        float old = weights.at[k], gradient = gradients.at[k];
        if (role == STATISTIC) continue;
        float added = role == WEIGHT ? decay.added : decay.added_to_rest;
        float factor = role == WEIGHT ? decay.factor : decay.factor_of_rest;
        float numbers[KEPT + 1];
#pragma unroll
        for (int m = 0; m < KEPT; m++) numbers[m] = memory[m].at[k];
        weights.at[k] = old * factor - step(gradient + added * old, numbers);
#pragma unroll
        for (int m = 0; m < KEPT; m++) memory[m].at[k] = numbers[m];
        bad |= (not_finite(weights.at[k]) ? 1u : 0u) | (not_finite(gradient) ? 2u : 0u);
    }
    store(w, at, weights);
    int m = 0;
    (store(kept, at, memory[m++]), ...);
    (void)m;
}

/// One step over all weights, unless the training has stopped.
template <class Step, class... Kept>
DEVICE void move_all(Decay decay, Span<const u32> roles, Span<float> w, Span<const float> g, Span<u32> check, Step step,
                     Kept... kept) {
    if (check[STOPPED]) return;
    u32 bad = 0;
    EACH(at, w.len, ((aligned(w) && aligned(g)) && ... && aligned(kept)), move(at, decay, roles, w, g, bad, step, kept...));
    // A gradient alone does no harm: a step may have taken nothing from it.
    if (bad & 1) atomicOr(&check[OVERFLOWED], bad);
}
