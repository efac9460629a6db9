// Copies and zeros within the GPU; kernels, so that they are part of the recorded work like all else.

KERNEL(memory_copy, Span<const u32> x, Span<u32> y) {
    for (u64 i = thread(); i < y.len; i += threads()) y[i] = x[i];
}

KERNEL(memory_clear, Span<u32> y) {
    for (u64 i = thread(); i < y.len; i += threads()) y[i] = 0;
}
