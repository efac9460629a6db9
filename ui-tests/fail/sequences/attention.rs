//! Heads divide what they share, and the settings of attention do not contradict each other.

use dl::prelude::*;

model! {
    Inputs(x: [8], image: [3, 8, 8], y: [5, 8], tokens: u32[5]) -> [5, 8] {
        let a = x -> attention(2);
        let b = image -> attention(2);
        let c = tokens -> attention(2);
        y -> attention(8, 2)
    }

    Heads(x: [5, 12], y: [5, 10]) -> [5, 12] {
        let a = y -> attention(4);
        let b = y -> attention(2, rotary: 10000.0);
        x -> attention(5)
            -> attention(0)
            -> attention(4, kv_heads: 3)
            -> attention(4, kv_heads: 0)
            -> attention(num_heads: 4)
            -> attention
    }

    Settings(x: [5, 8]) -> [5, 8] {
        x -> attention(2, window: 4)
            -> attention(2, causal: true, window: 0)
            -> attention(2, dropout: 1.5)
            -> attention(2, rotary: 0.0)
            -> attention(2, rotary: 100.0, alibi: true)
            -> attention(2, bias: false, bias_init: ones)
            -> attention(2, causal: yes)
    }
}

fn main() {}
