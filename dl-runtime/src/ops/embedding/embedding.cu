// Embeddings. In the forward pass, threads are laid out along the rows that are copied. In the backward pass, a block
// has some rows of the table and 128 features of them. It reads all tokens in order and lists those of its own rows;
// then a warp sums the entries of each row in the list. Each row belongs to one warp, which sums in the order of the
// tokens: there are no atomics, and the sum is the same every time.
#include "axes.cuh"

#define WARPS 8u
/// The number of tokens that are read at a time, and the capacity of the list.
#define READ 1024u
#define LISTED 2048u
#define NONE 0xFFFFFFFFu

KERNEL(embedding_forward, Rows rows, u32 vocabulary, Span<const float> weight, Span<const u32> tokens, Span<float> y) {
    fill_rows(
        rows, y, 0, [&](u32 row) { return tokens[row]; },
        [&](u32 token, u64, u32 j) {
            return token < vocabulary ? weight[(u64)token * rows.len + j] : __uint_as_float(0x7FC00000u);
        });
}

/// The sum of one row of the table by one warp, with four features per lane.
struct Row {
    u32 features, column;
    float sum[4];
};

/// Adds the gradients at the positions of those lanes whose bit is set in `listed`, four at a time so that several
/// reads are in flight.
DEVICE void add_rows(Row& row, Span<const float> dy, u32 listed, u32 place) {
    while (listed != 0) {
        float values[4][4];
#pragma unroll
        for (u32 q = 0; q < 4; q++) {
            bool there = listed != 0;
            u64 from = (u64)__shfl_sync(ALL_LANES, place, there ? __ffs(listed) - 1 : 0) * row.features;
            listed &= listed - 1;
#pragma unroll
            for (u32 k = 0; k < 4; k++) {
                u32 column = row.column + WARP * k;
                values[q][k] = there && column < row.features ? dy[from + column] : 0.0f;
            }
        }
#pragma unroll
        for (u32 q = 0; q < 4; q++) {
#pragma unroll
            for (u32 k = 0; k < 4; k++) row.sum[k] += values[q][k];
        }
    }
}

/// Computes the gradient of rows `part·blockIdx.x`… of the table from the tokens of chunk `blockIdx.z`, and writes it
/// to that chunk's table in `tables`.
KERNEL_OF(256, embedding_backward, u32 vocabulary, u32 features, u32 part, u32 chunk, Span<const u32> tokens, Span<const float> dy,
          Span<float> tables, u32 add) {
    SHARED(u32, rows, LISTED);
    SHARED(u32, positions, LISTED);
    SHARED(u32, counts, READ / WARP);
    u32 lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    u32 first = blockIdx.x * part, size = vocabulary - first < part ? vocabulary - first : part;
    Row row = {features, blockIdx.y * 4 * WARP + lane, {}};
    Span<float> d = tables.part(((u64)blockIdx.z * vocabulary + first) * features, (u64)size * features);
    if (!add) {
        for (u32 r = warp; r < size; r += WARPS) {
#pragma unroll
            for (u32 k = 0; k < 4; k++) {
                u32 column = row.column + WARP * k;
                if (column < features) d[(u64)r * features + column] = 0.0f;
            }
        }
        __syncthreads();
    }
    u64 begin = (u64)blockIdx.z * chunk, end = begin + chunk < tokens.len ? begin + chunk : tokens.len;
    u32 held = 0;
    for (u64 at = begin; at < end; at += READ) {
        // Append to the list, in the order of the tokens.
        u32 mine[4], listed[4];
#pragma unroll
        for (u32 k = 0; k < 4; k++) {
            u64 i = at + k * 256 + threadIdx.x;
            mine[k] = i < end ? tokens[i] - first : NONE;
        }
#pragma unroll
        for (u32 k = 0; k < 4; k++) {
            listed[k] = __ballot_sync(ALL_LANES, mine[k] < size);
            if (lane == 0) counts[k * WARPS + warp] = __popc(listed[k]);
        }
        __syncthreads();
        u32 before = held;
#pragma unroll
        for (u32 k = 0; k < 4; k++) {
            for (u32 w = 0; w < WARPS; w++) {
                if (w == warp && mine[k] < size) {
                    u32 place = before + __popc(listed[k] & ((1u << lane) - 1));
                    rows[place] = mine[k];
                    positions[place] = (u32)(at + k * 256 + threadIdx.x);
                }
                before += counts[k * WARPS + w];
            }
        }
        held = before;
        __syncthreads();
        if (held <= LISTED - READ && at + READ < end) continue;
        // A warp handles the rows whose index modulo 8 is its own. The position of an entry that was added becomes
        // NONE.
        for (u32 from = 0; from < held; from += WARP) {
            u32 r = from + lane < held ? (u32)rows[from + lane] : NONE;
            bool due = r != NONE && r % WARPS == warp && positions[from + lane] != NONE;
            u32 todo = __ballot_sync(ALL_LANES, due);
            while (todo != 0) {
                u32 next = __shfl_sync(ALL_LANES, r, __ffs(todo) - 1);
                todo &= ~__ballot_sync(ALL_LANES, r == next);
                row.sum[0] = row.sum[1] = row.sum[2] = row.sum[3] = 0.0f;
                for (u32 i = from; i < held; i += WARP) {
                    bool same = i + lane < held && rows[i + lane] == next;
                    u32 place = same ? (u32)positions[i + lane] : 0;
                    if (same) positions[i + lane] = NONE;
                    add_rows(row, dy, __ballot_sync(ALL_LANES, same), place);
                }
#pragma unroll
                for (u32 k = 0; k < 4; k++) {
                    u32 column = row.column + WARP * k;
                    if (column < features) d[(u64)next * features + column] += row.sum[k];
                }
            }
        }
        held = 0;
        __syncthreads();
    }
}
