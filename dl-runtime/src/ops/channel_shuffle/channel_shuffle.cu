// Shuffles of channels: threads lie along the rows of what is written, which are whole channels.
#include "axes.cuh"

KERNEL(channel_shuffle, Rows rows, u32 channels, u32 groups, Span<const float> x, Span<float> y, u32 add) {
    fill_rows(
        rows, y, add,
        [&](u32 row) {
            u32 to = row % channels;
            return (u64)(row - to + to % groups * (channels / groups) + to / groups) * rows.len;
        },
        [&](u64 channel, u64, u32 j) { return x[channel + j]; });
}
