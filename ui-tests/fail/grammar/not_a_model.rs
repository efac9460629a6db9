//! Rust in the place of a model.

use dl::prelude::*;

model! {
    struct Net {
        weights: [f32; 4],
    }
}

fn main() {}
