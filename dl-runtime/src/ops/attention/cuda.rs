//! Attention on CUDA.

use super::{Attention, AttentionKernel, Drops, Inputs, Outcome, Towards};
use crate::device::cuda::{Cuda, Grid, Mut, arguments, headers, kernels};
use crate::ops::axes::cuda::word;
use crate::tensor::{Sequences, Storage, Streams, Write};

kernels!(
    "attention.cu" with [headers::SEQUENCES]:
    attention_forward(a, seed, q_ends, q_len, k_ends, k_len, q, k, v, y, sums),
    attention_step(a, ends, len, pasts, slots, store, q, k, v, y),
    attention_store(a, ends, len, rows, pasts, slots, k, v, store),
    attention_backward_queries(a, seed, q_ends, q_len, k_ends, k_len, q, k, v, y, sums, dy, d, d_row, add),
    attention_backward_keys(a, seed, q_ends, q_len, k_ends, k_len, q, k, v, y, sums, dy, d, d_row, d_first, add),
);
arguments! {
    /// `Attention` of attention.cu.
    struct Settings {
        heads: u32, kv_heads: u32, features: u32, causal: u32, window: u32, alibi: u32,
        q_row: u32, q_first: u32, k_row: u32, k_first: u32, v_first: u32,
        longest_q: u32, longest_k: u32, id: u32, drops: u32, threshold: u32,
        scale: f32, kept: f32,
    }
}

/// The threads of a block, the rows of its result, and the features of its result.
const THREADS: u32 = 128;
const ROWS: usize = 16;
const PART: usize = 64;

/// Returns the settings of a call, and the seed of its pass.
fn settings(
    attention: Attention,
    inputs: &Inputs<'_, Cuda>,
    queries: Sequences<'_, Cuda>,
    keys: Sequences<'_, Cuda>,
) -> (Settings, u64) {
    let Attention { heads, kv_heads, head_dim, sight, alibi, dropout } = attention;
    let Drops { seed, id, threshold, scale } = dropout.unwrap_or(Drops { seed: 0, id: 0, threshold: 0, scale: 1.0 });
    let Inputs { q, k, v } = *inputs;
    let [heads, kv_heads, features] = [heads, kv_heads, head_dim].map(word);
    let [q_row, q_first, k_row, k_first, v_first] = [q.row, q.first, k.row, k.first, v.first].map(word);
    let [longest_q, longest_k, window] = [queries.longest(), keys.longest(), sight.window].map(word);
    let settings = Settings {
        heads,
        kv_heads,
        features,
        causal: u32::from(sight.causal),
        window,
        alibi: u32::from(alibi),
        q_row,
        q_first,
        k_row,
        k_first,
        v_first,
        longest_q,
        longest_k,
        id,
        drops: u32::from(dropout.is_some()),
        threshold,
        scale: attention.scale(),
        kept: scale,
    };
    (settings, seed)
}

impl Attention {
    /// Returns the grid for tiles of the rows of `heads` heads.
    fn grid(self, sequences: Sequences<'_, Cuda>, heads: usize) -> Grid {
        let tiles = sequences.longest().div_ceil(ROWS) * self.head_dim.div_ceil(PART);
        Grid::new(sequences.samples() * heads * tiles, THREADS)
    }
}

impl AttentionKernel for Cuda {
    fn attention_forward(
        &self,
        attention: Attention,
        queries: Sequences<'_, Cuda>,
        keys: Sequences<'_, Cuda>,
        inputs: Inputs<'_, Cuda>,
        y: Mut<'_, f32>,
        sums: Option<Mut<'_, f32>>,
    ) {
        let (settings, seed) = settings(attention, &inputs, queries, keys);
        let ((q_ends, q_len), (k_ends, k_len)) = (queries.on_device(), keys.on_device());
        let [q, k, v] = [inputs.q.data, inputs.k.data, inputs.v.data];
        let grid = attention.grid(queries, attention.heads);
        self.launch(grid, attention_forward { a: settings, seed, q_ends, q_len, k_ends, k_len, q, k, v, y, sums });
    }
    fn attention_step(
        &self,
        attention: Attention,
        rows: Sequences<'_, Cuda>,
        streams: Streams<'_, Cuda>,
        inputs: Inputs<'_, Cuda>,
        mut state: Mut<'_, f32>,
        y: Mut<'_, f32>,
    ) {
        let (settings, _) = settings(attention, &inputs, rows, rows);
        let ((ends, len), past, slots) = (rows.on_device(), streams.device_past(), attention.slots(streams.capacity));
        let ([q, k, v], slots) = ([inputs.q.data, inputs.k.data, inputs.v.data], word(slots));
        let (grid, store) = (attention.grid(rows, attention.heads), Cuda::share(&state));
        self.launch(grid, attention_step { a: settings, ends, len, pasts: past, slots, store, q, k, v, y });
        let (count, grid) = (word(rows.rows()), Grid::each(rows.rows() * attention.key_columns()));
        let store = Cuda::reborrow(&mut state);
        self.launch(grid, attention_store { a: settings, ends, len, rows: count, pasts: past, slots, k, v, store });
    }
    fn attention_backward(
        &self,
        attention: Attention,
        queries: Sequences<'_, Cuda>,
        keys: Sequences<'_, Cuda>,
        inputs: Inputs<'_, Cuda>,
        outcome: Outcome<'_, Cuda>,
        towards: Towards,
        d: Mut<'_, f32>,
        write: Write,
    ) {
        let (settings, seed) = settings(attention, &inputs, queries, keys);
        let ((q_ends, q_len), (k_ends, k_len)) = (queries.on_device(), keys.on_device());
        let ([q, k, v], Outcome { y, sums, dy }) = ([inputs.q.data, inputs.k.data, inputs.v.data], outcome);
        let row = attention.row(towards);
        if towards != Towards::KeysAndValues {
            let grid = attention.grid(queries, attention.heads);
            let pass = attention_backward_queries {
                a: settings,
                seed,
                q_ends,
                q_len,
                k_ends,
                k_len,
                q,
                k,
                v,
                y,
                sums,
                dy,
                d: &d,
                d_row: word(row),
                add: write,
            };
            self.launch(grid, pass);
        }
        if towards != Towards::Queries {
            let (grid, first) = (attention.grid(keys, attention.kv_heads), word(row - 2 * attention.key_columns()));
            let pass = attention_backward_keys {
                a: settings,
                seed,
                q_ends,
                q_len,
                k_ends,
                k_len,
                q,
                k,
                v,
                y,
                sums,
                dy,
                d: &d,
                d_row: word(row),
                d_first: first,
                add: write,
            };
            self.launch(grid, pass);
        }
    }
}
