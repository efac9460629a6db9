// Attention in float32, tile by tile: a block has four warps, and a warp four queries (or four keys, for their gradients), whose scores
// with 32 keys (queries) are in its lanes. Rows are read through shared memory, 32 features at a time; a block computes 64 features of
// its result, and the blocks of the others compute the same scores again. The matrix units are not used.
#include "sequences.cuh"

/// The value of `Purpose::AttentionDropout`.
#define DROPOUT 5u

/// The rows of a warp and of a block, and the features of a block's result.
#define MINE 4u
#define ROWS 16u
#define PART 64u

/// The settings of a call: `Settings` of cuda.rs.
struct Attention {
    u32 heads, kv_heads, features, causal, window, alibi;
    u32 q_row, q_first, k_row, k_first, v_first;
    u32 longest_q, longest_k, id, drops, threshold;
    float scale, kept;
};

/// What a block computes: a head of a sample, from row `first` on and from feature `part` on.
struct Block {
    u32 sample, head, first, part;
};
DEVICE Block block_of(const Attention& a, u32 heads, u32 longest) {
    u32 parts = (a.features + PART - 1) / PART, tiles = (longest + ROWS - 1) / ROWS, at = blockIdx.x;
    u32 part = at % parts;
    at /= parts;
    u32 tile = at % tiles;
    at /= tiles;
    return Block{at / heads, at % heads, tile * ROWS, part * PART};
}

/// The features of one head in rows: feature `i` of row `r` is at `begin + r·row + i`.
struct Head {
    Span<const float> data;
    u64 begin;
    u32 row;
};
DEVICE Head head_of(Span<const float> data, u32 row, u32 first, u32 head, u32 features, u64 row_before) {
    return Head{data, row_before * row + first + head * features, row};
}
DEVICE float feature(const Head& h, u32 row, u32 i) { return h.data[h.begin + (u64)row * h.row + i]; }

/// Copies 32 features, from `from` on, of `count` rows, from `first` on, to rows of 33 numbers, with zeros for what there is none of.
template <u32 N>
DEVICE void copy_rows(SharedArray<float, N>& to, const Head& h, u32 first, u32 count, u32 end, u32 from, u32 features, float scale) {
    for (u32 at = threadIdx.x; at < count * WARP; at += blockDim.x) {
        u32 row = first + at / WARP, i = from + at % WARP;
        to[at / WARP * 33 + at % WARP] = row < end && i < features ? feature(h, row, i) * scale : 0.0f;
    }
}
/// Copies 64 features of 32 rows, as `copy_rows`, to rows of 64 numbers.
template <u32 N>
DEVICE void copy_wide(SharedArray<float, N>& to, const Head& h, u32 first, u32 end, u32 from, u32 features) {
    for (u32 at = threadIdx.x; at < WARP * PART; at += blockDim.x) {
        u32 row = first + at / PART, i = from + at % PART;
        to[at] = row < end && i < features ? feature(h, row, i) : 0.0f;
    }
}

/// Adds the products of four rows of a warp with the row of each lane, 32 features of both.
template <u32 N, u32 M>
DEVICE void add_products(float (&sums)[MINE], SharedArray<float, N>& mine, SharedArray<float, M>& theirs) {
    u32 lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
#pragma unroll 8
    for (u32 i = 0; i < WARP; i++) {
        float x = theirs[lane * 33 + i];
#pragma unroll
        for (u32 r = 0; r < MINE; r++) {
            float y = mine[(warp * MINE + r) * 33 + i];
            sums[r] = fmaf(x, y, sums[r]);
        }
    }
}

/// Returns the slope of a head.
DEVICE float slope(const Attention& a, u32 head) {
    u32 most = 1;
    while (2 * most <= a.heads) most *= 2;
    u32 eighths = head < most ? 8 * (head + 1) : 4 * (2 * (head - most) + 1);
    return a.alibi ? exp2f(-(float)eighths / (float)most) : 0.0f;
}
/// Returns whether the query at a position sees the key at another.
DEVICE bool sees(const Attention& a, u32 query, u32 key) {
    return (!a.causal || key <= query) && (a.window == 0 || key + a.window > query);
}
/// Returns how much the score of two positions is lowered.
DEVICE float distance(float slope, u32 query, u32 key) { return slope * (query > key ? (float)(query - key) : (float)(key - query)); }
/// Returns the factor of a probability.
DEVICE float factor(const Attention& a, u64 seed, u32 sample, u32 head, u32 query, u32 key) {
    if (!a.drops) return 1.0f;
    u64 across = (a.longest_q + 15) / 16, down = (a.longest_k + 3) / 4;
    u64 group = (((u64)sample * a.heads + head) * down + key / 4) * across + query / 16;
    Words words = philox(seed, a.id, DROPOUT, group * 16 + query % 16);
    u32 word = key % 4 == 0 ? words.a : key % 4 == 1 ? words.b : key % 4 == 2 ? words.c : words.d;
    return word >= a.threshold ? a.kept : 0.0f;
}

/// The keys that some of 16 queries see, from whole tiles on.
DEVICE u32 first_key(const Attention& a, u32 first_query) {
    return a.window == 0 || first_query + 1 <= a.window ? 0 : (first_query + 1 - a.window) / WARP * WARP;
}
DEVICE u32 end_key(const Attention& a, u32 end_query, u32 keys) { return a.causal && end_query < keys ? end_query : keys; }

/// Adds the rows of a tile, weighted by `weights` of its lanes, to the results of the four rows of a warp. Rows that are not `seen`
/// are not touched, so that what is not finite in them stays there.
template <u32 N>
DEVICE void add_weighted(float (&results)[MINE][2], const float (&weights)[MINE], const bool (&seen)[MINE], SharedArray<float, N>& rows) {
    u32 lane = threadIdx.x % WARP;
#pragma unroll
    for (u32 r = 0; r < MINE; r++) {
        u32 these = __ballot_sync(ALL_LANES, seen[r]);
        for (u32 j = 0; j < WARP; j++) {
            float weight = __shfl_sync(ALL_LANES, weights[r], j);
            if ((these >> j & 1) == 0) continue;
            float x = rows[j * PART + lane], y = rows[j * PART + WARP + lane];
            results[r][0] = fmaf(weight, x, results[r][0]);
            results[r][1] = fmaf(weight, y, results[r][1]);
        }
    }
}

/// The queries of a step: how many rows their stream has seen, and where it stores them.
struct State {
    u32 past, slots;
    Span<const float> data;
    /// The first number of the head.
    u64 begin;
};
/// Copies rows of keys (or of values, `offset` numbers further) at positions from `first` on: from the state, or from new rows.
template <u32 N>
DEVICE void copy_positions(SharedArray<float, N>& to, u32 width, u32 step, const State& state, u32 offset, const Head& h, u32 first, u32 end,
                           u32 from, u32 features) {
    for (u32 at = threadIdx.x; at < WARP * width; at += blockDim.x) {
        u32 position = first + at / width, i = from + at % width;
        float x = 0.0f;
        if (position < end && i < features) {
            x = position < state.past ? state.data[state.begin + (u64)(position % state.slots) * 2 * features + offset + i]
                                      : feature(h, position - state.past, i);
        }
        to[at / width * step + at % width] = x;
    }
}

template <u32 STEP>
DEVICE void forward(const Attention& a, u64 seed, Span<const u32> q_ends, u32 q_len, Span<const u32> k_ends, u32 k_len, Span<const u32> pasts,
                    u32 slots, Span<const float> store, Span<const float> q, Span<const float> k, Span<const float> v, Span<float> y,
                    Span<float> sums) {
    SHARED(float, mine, ROWS * 33);
    SHARED(float, theirs, WARP * 33);
    SHARED(float, values, WARP * PART);
    Block b = block_of(a, a.heads, a.longest_q);
    u32 lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, kv_head = b.head / (a.heads / a.kv_heads);
    u32 q_start = first_row(q_ends, q_len, b.sample), queries = end_row(q_ends, q_len, b.sample) - q_start;
    u32 k_start = first_row(k_ends, k_len, b.sample), keys = end_row(k_ends, k_len, b.sample) - k_start;
    if (b.first >= queries) return;
    State state = {0, slots, store, 0};
    if (STEP) {
        state.past = pasts[b.sample];
        state.begin = ((u64)b.sample * a.kv_heads + kv_head) * slots * 2 * a.features;
        keys += state.past;
    }
    Head of_q = head_of(q, a.q_row, a.q_first, b.head, a.features, q_start);
    Head of_k = head_of(k, a.k_row, a.k_first, kv_head, a.features, k_start);
    Head of_v = head_of(v, a.k_row, a.v_first, kv_head, a.features, k_start);
    float most[MINE], sum[MINE], results[MINE][2], tilt = slope(a, b.head);
#pragma unroll
    for (u32 r = 0; r < MINE; r++) most[r] = MINUS_INFINITY, sum[r] = 0.0f, results[r][0] = 0.0f, results[r][1] = 0.0f;
    // Positions count from the first row of the sample, or of the stream.
    u32 first = b.first + state.past, end = end_key(a, first + ROWS, keys);
    for (u32 tile = first_key(a, first); tile < end; tile += WARP) {
        float scores[MINE] = {0.0f, 0.0f, 0.0f, 0.0f};
        for (u32 from = 0; from < a.features; from += WARP) {
            __syncthreads();
            copy_rows(mine, of_q, b.first, ROWS, queries, from, a.features, a.scale);
            copy_positions(theirs, WARP, 33, state, 0, of_k, tile, keys, from, a.features);
            __syncthreads();
            add_products(scores, mine, theirs);
        }
        copy_positions(values, PART, PART, state, a.features, of_v, tile, keys, b.part, a.features);
        __syncthreads();
        float weights[MINE];
        bool seen[MINE];
#pragma unroll
        for (u32 r = 0; r < MINE; r++) {
            u32 query = first + warp * MINE + r, key = tile + lane;
            seen[r] = key < keys && sees(a, query, key);
            float score = seen[r] ? scores[r] - distance(tilt, query, key) : MINUS_INFINITY;
            float now = warp_max(score);
            now = now > most[r] || now != now ? now : most[r];
            float from = now == MINUS_INFINITY ? 0.0f : now, before = expf(most[r] - from);
            float p = seen[r] ? expf(score - from) : 0.0f;
            sum[r] = sum[r] * before + warp_sum(p);
            results[r][0] *= before, results[r][1] *= before, most[r] = now;
            weights[r] = p * factor(a, seed, b.sample, b.head, query, key);
        }
        add_weighted(results, weights, seen, values);
    }
#pragma unroll
    for (u32 r = 0; r < MINE; r++) {
        u32 row = b.first + warp * MINE + r;
        if (row >= queries) continue;
        float by = sum[r] == 0.0f ? 0.0f : 1.0f / sum[r];
        u64 to = ((u64)(q_start + row) * a.heads + b.head) * a.features;
#pragma unroll
        for (u32 half = 0; half < 2; half++) {
            u32 i = b.part + half * WARP + lane;
            if (i < a.features) y[to + i] = results[r][half] * by;
        }
        if (sums.len != 0 && b.part == 0 && lane == 0) {
            sums[(u64)(q_start + row) * a.heads + b.head] = sum[r] == 0.0f ? PLUS_INFINITY : most[r] + logf(sum[r]);
        }
    }
}

KERNEL_RESIDENT(128, 4, attention_forward, Attention a, u64 seed, Span<const u32> q_ends, u32 q_len, Span<const u32> k_ends, u32 k_len,
          Span<const float> q, Span<const float> k, Span<const float> v, Span<float> y, Span<float> sums) {
    Span<const u32> pasts = q_ends.part(0, 0);
    Span<const float> store = q.part(0, 0);
    forward<0>(a, seed, q_ends, q_len, k_ends, k_len, pasts, 1, store, q, k, v, y, sums);
}

/// The forward pass for new rows of streams.
KERNEL_RESIDENT(128, 4, attention_step, Attention a, Span<const u32> ends, u32 len, Span<const u32> pasts, u32 slots, Span<const float> store,
          Span<const float> q, Span<const float> k, Span<const float> v, Span<float> y) {
    Span<float> sums = y.part(0, 0);
    forward<1>(a, 0, ends, len, ends, len, pasts, slots, store, q, k, v, y, sums);
}

/// Stores the last new keys and values of every stream, after `attention_step`.
KERNEL(attention_store, Attention a, Span<const u32> ends, u32 len, u32 rows, Span<const u32> pasts, u32 slots, Span<const float> k,
       Span<const float> v, Span<float> store) {
    u32 each = a.kv_heads * a.features;
    for (u64 at = thread(); at < (u64)rows * each; at += threads()) {
        u32 row = (u32)(at / each), i = (u32)(at % each), sample = sample_of_row(ends, len, row);
        u32 first = first_row(ends, len, sample), end = end_row(ends, len, sample);
        if (end - row > slots) continue;
        u64 slot = (pasts[sample] + (row - first)) % slots;
        u64 to = (((u64)sample * a.kv_heads + i / a.features) * slots + slot) * 2 * a.features + i % a.features;
        store[to] = k[(u64)row * a.k_row + a.k_first + i];
        store[to + a.features] = v[(u64)row * a.k_row + a.v_first + i];
    }
}

/// Returns `Σ dy·y` of a row of a head, to all lanes of a warp.
DEVICE float delta(const Head& y, const Head& dy, u32 row, u32 features) {
    float sum = 0.0f;
    for (u32 i = threadIdx.x % WARP; i < features; i += WARP) sum = fmaf(feature(y, row, i), feature(dy, row, i), sum);
    return warp_sum(sum);
}

/// The gradient to queries: rows of `d` begin with them.
KERNEL_RESIDENT(128, 4, attention_backward_queries, Attention a, u64 seed, Span<const u32> q_ends, u32 q_len, Span<const u32> k_ends, u32 k_len,
          Span<const float> q, Span<const float> k, Span<const float> v, Span<const float> y, Span<const float> sums, Span<const float> dy,
          Span<float> d, u32 d_row, u32 add) {
    SHARED(float, mine, ROWS * 33);
    SHARED(float, theirs, WARP * 33);
    SHARED(float, rows, WARP * PART);
    Block b = block_of(a, a.heads, a.longest_q);
    u32 lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, kv_head = b.head / (a.heads / a.kv_heads);
    u32 q_start = first_row(q_ends, q_len, b.sample), queries = end_row(q_ends, q_len, b.sample) - q_start;
    u32 k_start = first_row(k_ends, k_len, b.sample), keys = end_row(k_ends, k_len, b.sample) - k_start;
    if (b.first >= queries) return;
    u32 y_row = a.heads * a.features;
    Head of_q = head_of(q, a.q_row, a.q_first, b.head, a.features, q_start);
    Head of_k = head_of(k, a.k_row, a.k_first, kv_head, a.features, k_start);
    Head of_v = head_of(v, a.k_row, a.v_first, kv_head, a.features, k_start);
    Head of_y = head_of(y, y_row, 0, b.head, a.features, q_start), of_dy = head_of(dy, y_row, 0, b.head, a.features, q_start);
    float logarithm[MINE], deltas[MINE], results[MINE][2], tilt = slope(a, b.head);
#pragma unroll
    for (u32 r = 0; r < MINE; r++) {
        u32 row = b.first + warp * MINE + r;
        bool real = row < queries;
        logarithm[r] = real ? sums[(u64)(q_start + row) * a.heads + b.head] : PLUS_INFINITY;
        deltas[r] = delta(of_y, of_dy, real ? row : 0, a.features);
        results[r][0] = 0.0f, results[r][1] = 0.0f;
    }
    u32 end = end_key(a, b.first + ROWS, keys);
    for (u32 tile = first_key(a, b.first); tile < end; tile += WARP) {
        float scores[MINE] = {0.0f, 0.0f, 0.0f, 0.0f}, weights[MINE] = {0.0f, 0.0f, 0.0f, 0.0f};
        for (u32 from = 0; from < a.features; from += WARP) {
            __syncthreads();
            copy_rows(mine, of_q, b.first, ROWS, queries, from, a.features, a.scale);
            copy_rows(theirs, of_k, tile, WARP, keys, from, a.features, 1.0f);
            __syncthreads();
            add_products(scores, mine, theirs);
            __syncthreads();
            copy_rows(mine, of_dy, b.first, ROWS, queries, from, a.features, 1.0f);
            copy_rows(theirs, of_v, tile, WARP, keys, from, a.features, 1.0f);
            __syncthreads();
            add_products(weights, mine, theirs);
        }
        copy_wide(rows, of_k, tile, keys, b.part, a.features);
        __syncthreads();
        bool seen[MINE];
#pragma unroll
        for (u32 r = 0; r < MINE; r++) {
            u32 query = b.first + warp * MINE + r, key = tile + lane;
            seen[r] = query < queries && key < keys && sees(a, query, key);
            float p = seen[r] ? expf(scores[r] - distance(tilt, query, key) - logarithm[r]) : 0.0f;
            weights[r] = seen[r] ? p * (weights[r] * factor(a, seed, b.sample, b.head, query, key) - deltas[r]) : 0.0f;
        }
        add_weighted(results, weights, seen, rows);
    }
#pragma unroll
    for (u32 r = 0; r < MINE; r++) {
        u32 row = b.first + warp * MINE + r;
        if (row >= queries) continue;
        u64 to = (u64)(q_start + row) * d_row + b.head * a.features;
#pragma unroll
        for (u32 half = 0; half < 2; half++) {
            u32 i = b.part + half * WARP + lane;
            if (i < a.features) accumulate(d, to + i, results[r][half] * a.scale, add);
        }
    }
}

/// The gradients to keys and values, which begin at column `d_first` of the rows of `d`: keys of all heads, then values. Lanes are
/// queries.
KERNEL_RESIDENT(128, 4, attention_backward_keys, Attention a, u64 seed, Span<const u32> q_ends, u32 q_len, Span<const u32> k_ends, u32 k_len,
          Span<const float> q, Span<const float> k, Span<const float> v, Span<const float> y, Span<const float> sums, Span<const float> dy,
          Span<float> d, u32 d_row, u32 d_first, u32 add) {
    SHARED(float, mine, ROWS * 33);
    SHARED(float, theirs, WARP * 33);
    SHARED(float, of_queries, WARP * PART);
    SHARED(float, of_outputs, WARP * PART);
    SHARED(float, deltas, WARP);
    Block b = block_of(a, a.kv_heads, a.longest_k);
    u32 lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, shared = a.heads / a.kv_heads;
    u32 q_start = first_row(q_ends, q_len, b.sample), queries = end_row(q_ends, q_len, b.sample) - q_start;
    u32 k_start = first_row(k_ends, k_len, b.sample), keys = end_row(k_ends, k_len, b.sample) - k_start;
    if (b.first >= keys) return;
    u32 y_row = a.heads * a.features;
    Head of_k = head_of(k, a.k_row, a.k_first, b.head, a.features, k_start);
    Head of_v = head_of(v, a.k_row, a.v_first, b.head, a.features, k_start);
    float dk[MINE][2], dv[MINE][2];
#pragma unroll
    for (u32 r = 0; r < MINE; r++) dk[r][0] = 0.0f, dk[r][1] = 0.0f, dv[r][0] = 0.0f, dv[r][1] = 0.0f;
    u32 last = b.first + ROWS < keys ? b.first + ROWS : keys;
    u32 end = a.window != 0 && last + a.window - 1 < queries ? last + a.window - 1 : queries;
    for (u32 head = b.head * shared; head < (b.head + 1) * shared; head++) {
        Head of_q = head_of(q, a.q_row, a.q_first, head, a.features, q_start);
        Head of_y = head_of(y, y_row, 0, head, a.features, q_start), of_dy = head_of(dy, y_row, 0, head, a.features, q_start);
        float tilt = slope(a, head);
        for (u32 tile = a.causal ? b.first / WARP * WARP : 0; tile < end; tile += WARP) {
            float scores[MINE] = {0.0f, 0.0f, 0.0f, 0.0f}, weights[MINE] = {0.0f, 0.0f, 0.0f, 0.0f};
            for (u32 from = 0; from < a.features; from += WARP) {
                __syncthreads();
                copy_rows(mine, of_k, b.first, ROWS, keys, from, a.features, 1.0f);
                copy_rows(theirs, of_q, tile, WARP, queries, from, a.features, a.scale);
                __syncthreads();
                add_products(scores, mine, theirs);
                __syncthreads();
                copy_rows(mine, of_v, b.first, ROWS, keys, from, a.features, 1.0f);
                copy_rows(theirs, of_dy, tile, WARP, queries, from, a.features, 1.0f);
                __syncthreads();
                add_products(weights, mine, theirs);
            }
            copy_wide(of_queries, of_q, tile, queries, b.part, a.features);
            copy_wide(of_outputs, of_dy, tile, queries, b.part, a.features);
            for (u32 j = warp; j < WARP; j += blockDim.x / WARP) {
                float sum = delta(of_y, of_dy, tile + j < queries ? tile + j : 0, a.features);
                if (lane == 0) deltas[j] = sum;
            }
            __syncthreads();
            u32 query = tile + lane;
            float logarithm = query < queries ? sums[(u64)(q_start + query) * a.heads + head] : PLUS_INFINITY, mean = deltas[lane];
            bool seen[MINE];
#pragma unroll
            for (u32 r = 0; r < MINE; r++) {
                u32 key = b.first + warp * MINE + r;
                seen[r] = query < queries && key < keys && sees(a, query, key);
                float kept = seen[r] ? factor(a, seed, b.sample, head, query, key) : 0.0f;
                float p = seen[r] ? expf(scores[r] - distance(tilt, query, key) - logarithm) : 0.0f;
                weights[r] = seen[r] ? p * (weights[r] * kept - mean) : 0.0f;
                scores[r] = p * kept;
            }
            add_weighted(dk, weights, seen, of_queries);
            add_weighted(dv, scores, seen, of_outputs);
        }
    }
#pragma unroll
    for (u32 r = 0; r < MINE; r++) {
        u32 row = b.first + warp * MINE + r;
        if (row >= keys) continue;
        u64 to = (u64)(k_start + row) * d_row + d_first + b.head * a.features;
#pragma unroll
        for (u32 half = 0; half < 2; half++) {
            u32 i = b.part + half * WARP + lane;
            if (i >= a.features) continue;
            accumulate(d, to + i, dk[r][half] * a.scale, add);
            accumulate(d, to + a.kv_heads * a.features + i, dv[r][half], add);
        }
    }
}
