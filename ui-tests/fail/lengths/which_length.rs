//! An output with the length of one of two inputs, which is not said.

use dl::prelude::*;

model! {
    pub Net(source: u32[..], target: u32[..]) -> [.., 4] {
        let a = source -> embedding(9, 4);
        target -> embedding(9, 4)
    }
}

fn main() {}
