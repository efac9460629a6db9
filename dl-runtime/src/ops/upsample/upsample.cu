// Enlargement: threads lie along rows of what is written; each number is gathered from where it comes from.
#include "axes.cuh"

/// One axis of an image, and how many numbers of the output each of it becomes.
struct Side {
    u32 image, factor;
    /// Whether the outermost numbers of both images meet.
    u32 align_corners;
};

/// Two neighbours in the image, and the share of the second.
struct Source {
    u32 first, second;
    float share;
};

/// What number `at` of the output is made from on straight lines between neighbours.
DEVICE Source source(const Side& side, u32 at) {
    u32 last = side.image - 1;
    if (side.align_corners != 0) {
        // In whole numbers, so that the share is exact; an output of one number is the first of the image.
        u64 from = (u64)at * last, to = side.image * side.factor > 1 ? side.image * side.factor - 1 : 1;
        u32 first = (u32)(from / to);
        return Source{first, first < last ? first + 1 : last, (float)(from % to) / (float)to};
    }
    float place = ((float)at + 0.5f) / (float)side.factor - 0.5f;
    place = place > 0.0f ? place : 0.0f;
    u32 first = (u32)place;
    first = first < last ? first : last;
    return Source{first, first < last ? first + 1 : last, place - (float)first};
}

/// The share that number `at` of the output has of number `from` of the image.
DEVICE float share(const Side& side, u32 at, u32 from) {
    Source s = source(side, at);
    return (s.first == from ? 1.0f - s.share : 0.0f) + (s.second == from ? s.share : 0.0f);
}

/// The numbers of the output that are made from number `from` of the image, `begin` to before `end`.
struct Range {
    u32 begin, end;
};
DEVICE Range made_from(const Side& side, u32 from) {
    // Those less than one number of the image away, and beyond the outermost; the share of others is 0.
    if (side.align_corners != 0) {
        u32 output = side.image * side.factor, steps = side.image - 1;
        if (steps == 0) return Range{0, output};
        u64 scale = output - 1;
        u32 begin = from == 0 ? 0 : (u32)((from - 1) * scale / steps), end = (u32)((from + 1) * scale / steps) + 1;
        return Range{begin, end < output ? end : output};
    }
    u32 twice = 2 * from * side.factor;
    u32 begin = from == 0 ? 0 : (twice - side.factor - 1) / 2;
    return Range{begin, from == side.image - 1 ? side.image * side.factor : (twice + 3 * side.factor + 1) / 2};
}

/// A row of a plane: where that begins, and what the row is made from.
struct Line {
    u64 plane;
    Source row;
};

KERNEL(upsample_nearest, Rows rows, Side high, Side wide, Span<const float> x, Span<float> y) {
    // Planes of whole rows: the row of all planes says it.
    fill_rows(
        rows, y, 0, [&](u32 row) { return (u64)(row / high.factor) * wide.image; },
        [&](u64 at, u64, u32 j) { return x[at + j / wide.factor]; });
}

KERNEL(upsample_bilinear, Rows rows, Side high, Side wide, Span<const float> x, Span<float> y) {
    fill_rows(
        rows, y, 0,
        [&](u32 row) {
            u32 plane = row / (high.image * high.factor);
            return Line{(u64)plane * high.image * wide.image, source(high, row - plane * high.image * high.factor)};
        },
        [&](Line at, u64, u32 j) {
            Source column = source(wide, j);
            u64 above = at.plane + (u64)at.row.first * wide.image, below = at.plane + (u64)at.row.second * wide.image;
            float right = column.share, left = 1.0f - right, lower = at.row.share, upper = 1.0f - lower;
            return upper * (left * x[above + column.first] + right * x[above + column.second])
                + lower * (left * x[below + column.first] + right * x[below + column.second]);
        });
}

KERNEL(upsample_nearest_backward, Rows rows, Side high, Side wide, Span<const float> dy, Span<float> dx, u32 add) {
    u64 width = (u64)wide.image * wide.factor;
    fill_rows(
        rows, dx, add, [&](u32 row) { return (u64)row * high.factor * width; },
        [&](u64 at, u64, u32 j) {
            float sum = 0.0f;
            for (u32 r = 0; r < high.factor; r++)
                for (u32 c = 0; c < wide.factor; c++) sum += dy[at + r * width + j * wide.factor + c];
            return sum;
        });
}

/// A row of a plane of the image.
struct Place {
    u64 plane;
    u32 row;
};

KERNEL(upsample_bilinear_backward, Rows rows, Side high, Side wide, Span<const float> dy, Span<float> dx, u32 add) {
    u64 width = (u64)wide.image * wide.factor;
    fill_rows(
        rows, dx, add,
        [&](u32 row) {
            u32 plane = row / high.image;
            return Place{(u64)plane * high.image * high.factor * width, row - plane * high.image};
        },
        [&](Place at, u64, u32 j) {
            Range lines = made_from(high, at.row), columns = made_from(wide, j);
            float sum = 0.0f;
            for (u32 r = lines.begin; r < lines.end; r++) {
                float line = 0.0f;
                for (u32 c = columns.begin; c < columns.end; c++) line += share(wide, c, j) * dy[at.plane + r * width + c];
                sum += share(high, r, at.row) * line;
            }
            return sum;
        });
}
