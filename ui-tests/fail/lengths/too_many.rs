//! More sequences than a model can have.

use dl::prelude::*;

model! {
    pub Net(a: u32[..], b: u32[..], c: u32[..], d: u32[..], e: u32[..]) -> [a.., 4] {
        a -> embedding(9, 4)
    }
}

fn main() {}
