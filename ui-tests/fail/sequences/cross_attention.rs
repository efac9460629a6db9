//! Attention to another sequence takes two of them, and sees all rows of the second.

use dl::prelude::*;

model! {
    Net(x: [5, 12], memory: [7, 6], image: [3, 8, 8]) -> [5, 12] {
        let a = x -> cross_attention(heads: 4);
        let b = x -> cross_attention(image, heads: 4);
        let c = x -> cross_attention(memory, heads: 4, causal: true);
        x -> cross_attention(memory, 5)
    }
}

fn main() {}
