//! Rotations on CUDA.

use super::{RotaryKernel, Rotation};
use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, headers, kernels};
use crate::ops::axes::cuda::word;
use crate::tensor::{Sequences, Streams, Write};

kernels!(
    "rotary.cu" with [headers::SEQUENCES]:
    rotary_rotate(r, rows, ends, len, past, x, y, add),
    rotary_rotate_in_place(r, rows, ends, len, past, x),
);
arguments! { struct Settings { heads: u32, features: u32, row: u32, back: u32, base: f32 } }

impl Rotation {
    fn settings(self) -> Settings {
        let [heads, features, row] = [self.heads, self.head_dim, self.row].map(word);
        Settings { heads, features, row, back: u32::from(self.back), base: self.base }
    }
    /// Returns a grid with a thread for each pair and for each feature that stays.
    fn grid(self, rows: usize) -> Grid {
        Grid::each(rows * (self.head_dim / 2 + self.row - self.heads * self.head_dim))
    }
}

impl RotaryKernel for Cuda {
    fn rotate(
        &self,
        r: Rotation,
        sequences: Sequences<'_, Cuda>,
        past: Option<Streams<'_, Cuda>>,
        x: Ref<'_, f32>,
        y: Mut<'_, f32>,
        write: Write,
    ) {
        let (rows, (ends, len)) = (sequences.rows(), sequences.on_device());
        let past = past.map(|past| past.device_past());
        self.launch(r.grid(rows), rotary_rotate { r: r.settings(), rows, ends, len, past, x, y, add: write });
    }
    fn rotate_in_place(
        &self,
        r: Rotation,
        sequences: Sequences<'_, Cuda>,
        past: Option<Streams<'_, Cuda>>,
        x: Mut<'_, f32>,
    ) {
        let (rows, (ends, len)) = (sequences.rows(), sequences.on_device());
        let past = past.map(|past| past.device_past());
        self.launch(r.grid(rows), rotary_rotate_in_place { r: r.settings(), rows, ends, len, past, x });
    }
}
