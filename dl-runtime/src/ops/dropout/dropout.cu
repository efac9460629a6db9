// Dropout. Each thread draws the four words of a counter for elements `i`, `i + 16`, `i + 32` and `i + 48` of a group
// of 64.

/// The value of `Purpose::Dropout`.
#define DROPOUT 1u

template <class X>
DEVICE float read(X x, u64 i) {
    return i < x.len ? x[i] : 0.0f;
}

/// `y = mask·x`. A product with 0 keeps a NaN, which a selection of 0 would hide.
DEVICE void keep(Span<float> y, u64 i, bool kept, float scale, float x, u32 add) {
    if (i < y.len) accumulate(y, i, (kept ? scale : 0.0f) * x, add);
}

template <class X>
DEVICE void mask(u64 seed, u32 id, u32 threshold, float scale, X x, Span<float> y, u32 add) {
    u64 counters = (y.len + 63) / 64 * 16;
    for (u64 counter = thread(); counter < counters; counter += threads()) {
        u64 i = counter / 16 * 64 + counter % 16;
        float a = read(x, i), b = read(x, i + 16), c = read(x, i + 32), d = read(x, i + 48);
        Words words = philox(seed, id, DROPOUT, counter);
        keep(y, i, words.a >= threshold, scale, a, add);
        keep(y, i + 16, words.b >= threshold, scale, b, add);
        keep(y, i + 32, words.c >= threshold, scale, c, add);
        keep(y, i + 48, words.d >= threshold, scale, d, add);
    }
}

KERNEL(dropout, u64 seed, u32 id, u32 threshold, float scale, Span<const float> x, Span<float> y, u32 add) {
    mask(seed, id, threshold, scale, x, y, add);
}

KERNEL(dropout_in_place, u64 seed, u32 id, u32 threshold, float scale, Span<float> x) {
    mask(seed, id, threshold, scale, x, x, 0);
}
