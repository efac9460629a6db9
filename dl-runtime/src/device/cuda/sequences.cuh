// The rows of each sample in packed sequences: they lie one sample after another, and `ends` has the row after the last one of each
// sample. Without `ends`, every sample has `len` rows (tensor/sequences.rs).
#pragma once

/// Returns the first row of a sample.
DEVICE u32 first_row(Span<const u32> ends, u32 len, u32 sample) {
    if (ends.len == 0) return sample * len;
    return sample == 0 ? 0 : ends[sample - 1];
}
/// Returns the row after the last one of a sample.
DEVICE u32 end_row(Span<const u32> ends, u32 len, u32 sample) { return ends.len == 0 ? (sample + 1) * len : ends[sample]; }
/// Returns the sample that a row belongs to.
DEVICE u32 sample_of_row(Span<const u32> ends, u32 len, u32 row) {
    if (ends.len == 0) return row / len;
    u32 low = 0, high = (u32)ends.len - 1;
    while (low < high) {
        u32 middle = (low + high) / 2;
        if (row < ends[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}
