// Copies and zeros within GPU memory. They are kernels, so that a recorded graph contains them like all other work.

KERNEL(memory_copy, Span<const u32> x, Span<u32> y) {
    for (u64 i = thread(); i < y.len; i += threads()) y[i] = x[i];
}

KERNEL(memory_clear, Span<u32> y) {
    for (u64 i = thread(); i < y.len; i += threads()) y[i] = 0;
}
