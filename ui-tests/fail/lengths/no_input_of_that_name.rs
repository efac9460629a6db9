//! A length of an input that is no sequence, and one that is no input.

use dl::prelude::*;

model! {
    pub A(source: u32[..], image: [8]) -> [image.., 4] {
        let y = image -> dense(4);
        source -> embedding(9, 4)
    }

    pub B(source: u32[..], other: u32[..]) -> [target.., 4] {
        let unused = other -> embedding(9, 4);
        source -> embedding(9, 4)
    }
}

fn main() {}
