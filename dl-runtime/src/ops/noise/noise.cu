// Noise: a thread draws the four words of one counter, for elements `i`, `i + 16`, `i + 32` and `i + 48` of a group of
// 64.

/// Returns the normal quantile of `(word + ½)/2³²`, with the formulas and constants of `random/normal.rs`. It computes
/// in f32, because f64 is slow on many GPUs. Where more bits are needed they are taken from the integers, so that the
/// error stays within a few units in the last place.
DEVICE float normal(u32 word) {
    // The distance from the median, and below the probability of the tail, are each rounded only once.
    float q = (float)(2 * (i64)word + 1 - (1ll << 32)) * (1.0f / 8589934592.0f);
    if (fabsf(q) <= 0.425f) {
        float r = 0.180625f - q * q;
        return q * (((59.109374720f * r + 159.29113202f) * r + 50.434271938f) * r + 3.3871327179f)
            / (((67.187563600f * r + 78.757757664f) * r + 17.895169469f) * r + 1.0f);
    }
    u32 least = q < 0.0f ? word : ~word;
    // r is at most 4.8 before the shift, so the host's formula for values above 5 is not needed.
    float r = sqrtf(-logf(((float)least + 0.5f) * (1.0f / 4294967296.0f))) - 1.6f;
    float tail = (((0.17023821103f * r + 1.3067284816f) * r + 2.7568153900f) * r + 1.4234372777f)
        / ((0.12021132975f * r + 0.73700164250f) * r + 1.0f);
    return q < 0.0f ? -tail : tail;
}

DEVICE float read(Span<float> y, u64 i) { return i < y.len ? y[i] : 0.0f; }
DEVICE void write(Span<float> y, u64 i, float value) {
    if (i < y.len) y[i] = value;
}

KERNEL(noise_add, u64 seed, u32 id, u32 purpose, float stddev, Span<float> y) {
    u64 counters = (y.len + 63) / 64 * 16;
    for (u64 counter = thread(); counter < counters; counter += threads()) {
        u64 i = counter / 16 * 64 + counter % 16;
        float a = read(y, i), b = read(y, i + 16), c = read(y, i + 32), d = read(y, i + 48);
        Words words = philox(seed, id, purpose, counter);
        write(y, i, a + stddev * normal(words.a));
        write(y, i + 16, b + stddev * normal(words.b));
        write(y, i + 32, c + stddev * normal(words.c));
        write(y, i + 48, d + stddev * normal(words.d));
    }
}
