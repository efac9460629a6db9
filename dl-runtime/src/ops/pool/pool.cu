// Pooling: a group for each window (one thread, unless windows are large and few); backward, a thread for each number of the
// input gathers from the windows that it is in, so that nothing is written twice. Windows of 2×2 side by side have kernels
// of their own, two windows a thread.
#include "elementwise.cuh"
#include "thread_group.cuh"

/// The windows along an axis; those without a size are adaptive.
struct Axis {
    u32 size, output, kernel, stride, padding;
};
struct Windows {
    Axis rows, columns;
};
struct Range {
    u32 start, end;
};
/// The rows (or columns) of the image in window number `at`.
DEVICE Range range_of(Axis a, u32 at) {
    if (a.kernel == 0) return Range{(u32)((u64)at * a.size / a.output), (u32)(((at + 1ull) * a.size + a.output - 1) / a.output)};
    u32 start = at * a.stride, end = start + a.kernel;
    start = start > a.padding ? start - a.padding : 0;
    end = end > a.padding ? end - a.padding : 0;
    return Range{start, end < a.size ? end : a.size};
}
/// How many rows window number `at` has, with those of the padding; one that was rounded up to may go beyond it.
DEVICE u32 counted(Axis a, u32 at) {
    Range range = range_of(a, at);
    if (a.kernel == 0) return range.end - range.start;
    u32 left = a.size + 2 * a.padding - at * a.stride;
    return a.kernel < left ? a.kernel : left;
}
/// The windows that row `at` of the image is in.
DEVICE Range windows_of(Axis a, u32 at) {
    if (a.kernel == 0) return Range{(u32)((u64)at * a.output / a.size), (u32)(((at + 1ull) * a.output - 1) / a.size + 1)};
    u32 start = at + a.padding, end = start / a.stride + 1;
    start = start < a.kernel ? 0 : (start - a.kernel) / a.stride + 1;
    return Range{start, end < a.output ? end : a.output};
}

/// 64-bit divisions take several times as long.
DEVICE u64 divide(u64 a, u32 b) { return a >> 32 ? a / b : (u32)a / b; }
/// Where number `i` of planes of `height` × `width` is.
struct Spot {
    u64 plane;
    u32 row, column;
};
DEVICE Spot spot_of(u64 i, u32 height, u32 width) {
    u64 line = divide(i, width), plane = divide(line, height);
    return Spot{plane, (u32)(line - plane * height), (u32)(i - line * width)};
}

/// The numbers of a window for one thread of a group.
struct StridedIter {
    u32 row, column, jump, rest, rows, columns;
};
DEVICE StridedIter walk_of(ThreadGroup group, Range rows, Range columns) {
    u32 width = columns.end - columns.start;
    bool within = group.lanes < width;
    u32 row = within ? 0 : group.lane / width;
    return StridedIter{row, group.lane - row * width, within ? 0 : group.lanes / width, within ? group.lanes : group.lanes % width,
                rows.end - rows.start, width};
}
DEVICE void next(StridedIter& w) {
    w.row += w.jump;
    w.column += w.rest;
    if (w.column >= w.columns) {
        w.column -= w.columns;
        w.row++;
    }
}

#define NOWHERE 0xFFFFFFFFu
/// A number and its place in the plane.
struct Best {
    float value;
    u32 at;
};
/// The first of the largest, or the last NaN, as in PyTorch; whichever comes first here.
DEVICE Best better(Best a, Best b) {
    if (a.at == NOWHERE) return b;
    if (b.at == NOWHERE) return a;
    bool a_nan = a.value != a.value, b_nan = b.value != b.value;
    bool second = a_nan || b_nan ? b_nan && (!a_nan || b.at > a.at)
                                 : b.value > a.value || (b.value == a.value && b.at < a.at);
    return second ? b : a;
}
/// The maximum of a window of a plane that begins at `plane`.
DEVICE Best maximum(Windows w, ThreadGroup group, Span<const float> x, u64 plane, u32 row, u32 column) {
    Range rows = range_of(w.rows, row), columns = range_of(w.columns, column);
    Best best = {0.0f, NOWHERE};
    for (StridedIter walk = walk_of(group, rows, columns); walk.row < walk.rows; next(walk)) {
        u32 at = (rows.start + walk.row) * w.columns.size + columns.start + walk.column;
        float value = x[plane + at];
        best = better(best, Best{value, at});
    }
    if (group.lanes == WARP) {
        for (u32 apart = WARP / 2; apart > 0; apart /= 2) {
            Best other = {__shfl_xor_sync(ALL_LANES, best.value, apart), __shfl_xor_sync(ALL_LANES, best.at, apart)};
            best = better(best, other);
        }
    }
    return best;
}

/// The maximum of every window and, where there is room, its place. Groups are of 1 or 32.
KERNEL(pool_max_forward, Windows w, u32 lanes, u64 windows, Span<const float> x, Span<float> y, Span<u32> positions) {
    ThreadGroup group = thread_group(lanes);
    u64 spatial_size = (u64)w.rows.size * w.columns.size;
    for (u64 i = group.row; i < windows; i += group.step) {
        Spot spot = spot_of(i, w.rows.output, w.columns.output);
        Best best = maximum(w, group, x, spot.plane * spatial_size, spot.row, spot.column);
        if (group.lane == 0 && y.len) y[i] = best.value;
        if (group.lane == 0 && positions.len) positions[i] = best.at;
    }
}

/// Each number gets what belongs to the windows whose maximum it is; without `positions`, these are looked for here.
KERNEL(pool_max_backward, Windows w, Span<const float> x, Span<const u32> positions, Span<const float> dy, Span<float> dx,
       u32 add) {
    ThreadGroup alone = {0, 1, 0, 1};
    u64 spatial_size = (u64)w.rows.size * w.columns.size, output_size = (u64)w.rows.output * w.columns.output;
    for (u64 i = thread(); i < dx.len; i += threads()) {
        Spot spot = spot_of(i, w.rows.size, w.columns.size);
        Range rows = windows_of(w.rows, spot.row), columns = windows_of(w.columns, spot.column);
        u32 at = spot.row * w.columns.size + spot.column;
        float d = 0.0f;
        for (u32 row = rows.start; row < rows.end; row++) {
            for (u32 column = columns.start; column < columns.end; column++) {
                u64 window = spot.plane * output_size + row * w.columns.output + column;
                u32 best = positions.len ? (u32)positions[window] : maximum(w, alone, x, spot.plane * spatial_size, row, column).at;
                if (best == at) d += dy[window];
            }
        }
        accumulate(dx, i, d, add);
    }
}

/// Two windows of 2×2 for each thread, four columns of two rows that begin at this place; `width` is a multiple of 4.
DEVICE Four pair_of(u64 i, u32 width) { return Four{4 * i + divide(i, width / 4) * width}; }

KERNEL(pool_pairs_forward, u32 width, Span<const float> x, Span<float> y) {
    for (u64 i = thread(); i < y.len / 2; i += threads()) {
        Four at = pair_of(i, width);
        float4 a = load4(x, at.i), b = load4(x, at.i + width);
        y[2 * i] = larger(larger(larger(a.x, a.y), b.x), b.y);
        y[2 * i + 1] = larger(larger(larger(a.z, a.w), b.z), b.w);
    }
}

/// `d` for the winner of a window: in each row, one of two.
DEVICE float4 winner(float a, float b, float c, float d, float dy) {
    bool b_wins = b > a || b != b;
    float best = b_wins ? b : a;
    bool c_wins = c > best || c != c;
    best = c_wins ? c : best;
    bool d_wins = d > best || d != d;
    return make_float4(b_wins || c_wins || d_wins ? 0.0f : dy, b_wins && !c_wins && !d_wins ? dy : 0.0f,
                       c_wins && !d_wins ? dy : 0.0f, d_wins ? dy : 0.0f);
}
KERNEL(pool_pairs_backward, u32 width, Span<const float> x, Span<const float> dy, Span<float> dx, u32 add) {
    for (u64 i = thread(); i < dy.len / 2; i += threads()) {
        Four at = pair_of(i, width);
        float4 a = load4(x, at.i), b = load4(x, at.i + width);
        float4 left = winner(a.x, a.y, b.x, b.y, dy[2 * i]), right = winner(a.z, a.w, b.z, b.w, dy[2 * i + 1]);
        accumulate(dx, at, make_float4(left.x, left.y, right.x, right.y), add);
        accumulate(dx, Four{at.i + width}, make_float4(left.z, left.w, right.z, right.w), add);
    }
}

/// One over the numbers of a window.
DEVICE float share_of(Windows w, u32 row, u32 column, u32 with_padding) {
    Range rows = range_of(w.rows, row), columns = range_of(w.columns, column);
    u32 height = with_padding ? counted(w.rows, row) : rows.end - rows.start;
    u32 width = with_padding ? counted(w.columns, column) : columns.end - columns.start;
    return 1.0f / (float)(height * width);
}

KERNEL(pool_avg_forward, Windows w, u32 with_padding, u32 lanes, u64 windows, Span<const float> x, Span<float> y) {
    ThreadGroup group = thread_group(lanes);
    u64 spatial_size = (u64)w.rows.size * w.columns.size;
    for (u64 i = group.row; i < windows; i += group.step) {
        Spot spot = spot_of(i, w.rows.output, w.columns.output);
        Range rows = range_of(w.rows, spot.row), columns = range_of(w.columns, spot.column);
        float sum = 0.0f;
        for (StridedIter walk = walk_of(group, rows, columns); walk.row < walk.rows; next(walk)) {
            sum += x[spot.plane * spatial_size + (u64)(rows.start + walk.row) * w.columns.size + columns.start + walk.column];
        }
        if (lanes == WARP) sum = warp_sum(sum);
        if (group.lane == 0) y[i] = sum * share_of(w, spot.row, spot.column, with_padding);
    }
}

KERNEL(pool_avg_backward, Windows w, u32 with_padding, Span<const float> dy, Span<float> dx, u32 add) {
    u64 output_size = (u64)w.rows.output * w.columns.output;
    for (u64 i = thread(); i < dx.len; i += threads()) {
        Spot spot = spot_of(i, w.rows.size, w.columns.size);
        Range rows = windows_of(w.rows, spot.row), columns = windows_of(w.columns, spot.column);
        float d = 0.0f;
        for (u32 row = rows.start; row < rows.end; row++) {
            for (u32 column = columns.start; column < columns.end; column++) {
                u64 window = spot.plane * output_size + row * w.columns.output + column;
                d = fmaf(share_of(w, row, column, with_padding), dy[window], d);
            }
        }
        accumulate(dx, i, d, add);
    }
}
