// Shared code of optimizer kernels: loads of one or four numbers, roles, and the check for finite numbers.
#pragma once
#include "cast.cuh"
#include "elementwise.cuh"
#include "extension.cuh"

/// The first word of the norm in the check (finite_check.rs).
#define NORM 2

/// The roles of numbers (segments.rs).
#define WEIGHT 0u
#define STATISTIC 2u

/// The decay of weights and of everything else that is trained: `added` is the multiple of a weight that is added to
/// its gradient, `factor` the factor of the weight.
struct Decay {
    float added, factor, added_to_rest, factor_of_rest;
};

/// Replaces a subnormal number by zero, like `flush` of segments.rs.
DEVICE float flush(float x) { return (__float_as_uint(x) & 0x7F800000u) == 0 ? 0.0f : x; }

/// The numbers that a thread works on at a time.
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
DEVICE float number(const Numbers<1>& v) { return v.at[0]; }
DEVICE float4 number(const Numbers<4>& v) { return make_float4(v.at[0], v.at[1], v.at[2], v.at[3]); }
DEVICE void store(Span<float> s, One at, const Numbers<1>& v) { s[at.i] = v.at[0]; }
DEVICE void store(Span<float> s, Four at, const Numbers<4>& v) {
    store4(s, at.i, number(v));
}

/// Returns the roles of a thread's numbers, two bits each. Without roles, all are weights.
template <class At>
DEVICE u32 roles_of(Span<const u32> roles, At at) {
    return roles.len == 0 ? 0 : roles[at.i / 16] >> (2 * (at.i % 16));
}

/// Performs one step on a thread's weights, except statistics. `step(g, state)` returns the number that is subtracted
/// from a weight whose gradient, after decay, is `g`, and updates the weight's state, which has a number in each of the
/// spans `kept`. `bad` records numbers that are not finite. The weights are also written to `halves` as bf16, unless it is empty.
template <class At, class Step, class... Kept>
DEVICE void move(At at, Span<float> halves, Decay decay, Span<const u32> roles, Span<float> w, Span<const float> g, u32& bad, Step step,
                 Kept... kept) {
    // The count is signed, because a loop to an unsigned 0 would cause a compiler warning.
    constexpr int KEPT = sizeof...(kept);
    auto weights = load(w, at), gradients = load(g, at);
    // The array has one more element, because it must not be empty.
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
    write_bf16(halves, at, number(weights));
    int m = 0;
    (store(kept, at, memory[m++]), ...);
    (void)m;
}

/// Performs one step on all weights, unless the training has stopped.
template <class Step, class... Kept>
DEVICE void move_all(Span<float> halves, Decay decay, Span<const u32> roles, Span<float> w, Span<const float> g, Span<u32> check, Step step,
                     Kept... kept) {
    if (check[STOPPED]) {
        // Whoever asked for the rounded weights gets them.
        if (halves.len > 0) EACH(at, w.len, aligned(w), write_bf16(halves, at, number(load(w, at))));
        return;
    }
    u32 bad = 0;
    EACH(at, w.len, ((aligned(w) && aligned(g)) && ... && aligned(kept)), move(at, halves, decay, roles, w, g, bad, step, kept...));
    // A gradient that is not finite does no harm if the new weights are finite.
    if (bad & 1) atomicOr(&check[OVERFLOWED], bad);
}
