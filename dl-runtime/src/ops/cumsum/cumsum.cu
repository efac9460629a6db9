// Cumulative sums along an axis: a thread for each line, so that reads coalesce where the axis is not the last.

KERNEL(cumsum, u32 size, u32 inner, u32 reversed, Span<const float> x, Span<float> y, u32 add) {
    u64 lines = y.len / size;
    for (u64 line = thread(); line < lines; line += threads()) {
        u64 first = line / inner * size * inner + line % inner;
        float sum = 0.0f;
        for (u32 k = 0; k < size; k++) {
            u64 at = first + (u64)(reversed ? size - 1 - k : k) * inner;
            sum += x[at];
            accumulate(y, at, sum, add);
        }
    }
}
