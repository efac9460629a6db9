// Elementwise loops, which handle four elements at a time where the alignment allows it. An operation provides a
// function of one element.
#pragma once

/// The index of one element, or of the first of four elements (a multiple of 4).
struct One {
    u64 i;
};
struct Four {
    u64 i;
};

template <class S>
DEVICE float get(S s, One at) {
    return s[at.i];
}
template <class S>
DEVICE float4 get(S s, Four at) {
    return load4(s, at.i);
}

/// Applies `f` to numbers, or to each of the four components of vectors.
template <class F, class... Rest>
DEVICE float map(F f, float first, Rest... rest) {
    return f(first, rest...);
}
template <class F, class... Rest>
DEVICE float4 map(F f, float4 first, Rest... rest) {
    float4 result;
    result.x = f(first.x, rest.x...);
    result.y = f(first.y, rest.y...);
    result.z = f(first.z, rest.z...);
    result.w = f(first.w, rest.w...);
    return result;
}

/// Sets the elements, or adds to them if `add`.
DEVICE void accumulate(Span<float> to, One at, float value, u32 add) { accumulate(to, at.i, value, add); }
DEVICE void accumulate(Span<float> to, Four at, float4 value, u32 add) {
    if (add) value = map([](float old, float v) { return old + v; }, load4(to, at.i), value);
    store4(to, at.i, value);
}

/// Runs `step`, an expression that uses `at`, for every element of `0..n`. `at` is a `Four` where all ranges are
/// `aligned`, else a `One`. It is a macro because NVRTC does not support generic lambdas here.
#define EACH(at, n, aligned, step)                                        \
    {                                                                     \
        u64 fours_ = (aligned) ? (n) / 4 : 0;                             \
        for (u64 i_ = thread(); i_ < fours_; i_ += threads()) {           \
            Four at = {4 * i_};                                           \
            step;                                                         \
        }                                                                 \
        for (u64 i_ = 4 * fours_ + thread(); i_ < (n); i_ += threads()) { \
            One at = {i_};                                                \
            step;                                                         \
        }                                                                 \
    }

/// `y = f(inputs…)`, element by element; added to `y` if `add`.
template <class F, class... Inputs>
DEVICE void elementwise(Span<float> y, u32 add, F f, Inputs... inputs) {
    EACH(at, y.len, (aligned(y) && ... && aligned(inputs)), accumulate(y, at, map(f, get(inputs, at)...), add));
}
