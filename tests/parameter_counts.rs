//! The numbers of parameters of well-known networks, which the compiler counts: none of them is ever made.
//!
//! The numbers are those of PyTorch and of the library `transformers` for the same networks.
#![allow(missing_docs)]

use dl::prelude::*;

model! {
    block gpt2_layer(x, d, heads) {
        x -> residual { layer_norm -> attention(heads: heads, causal: true) }
            -> residual { layer_norm -> dense(4 * d) -> gelu(approximate: tanh) -> dense(d) }
    }
    Gpt2(tokens: u32[..=1024]) -> [.., 50257] {
        tokens -> embedding(50257, 768) as wte -> learned_positions -> repeat 12 { gpt2_layer(768, 12) }
            -> layer_norm -> unembedding(wte)
    }
    Gpt2Xl(tokens: u32[..=1024]) -> [.., 50257] {
        tokens -> embedding(50257, 1600) as wte -> learned_positions -> repeat 48 { gpt2_layer(1600, 25) }
            -> layer_norm -> unembedding(wte)
    }

    block bert_layer(x, d, heads) {
        x -> residual { attention(heads: heads) } -> layer_norm(epsilon: 1e-12)
            -> residual { dense(4 * d) -> gelu -> dense(d) } -> layer_norm(epsilon: 1e-12)
    }
    // With the layer that pools.
    BertBase(tokens: u32[512], types: u32[512]) -> [768] {
        let words = tokens -> embedding(30522, 768) -> learned_positions;
        (words + (types -> embedding(2, 768))) -> layer_norm(epsilon: 1e-12) -> repeat 12 { bert_layer(768, 12) }
            -> first -> dense(768) -> tanh
    }
    BertLarge(tokens: u32[512], types: u32[512]) -> [1024] {
        let words = tokens -> embedding(30522, 1024) -> learned_positions;
        (words + (types -> embedding(2, 1024))) -> layer_norm(epsilon: 1e-12) -> repeat 24 { bert_layer(1024, 16) }
            -> first -> dense(1024) -> tanh
    }

    VitB16(image: [3, 224, 224]) -> [1000] {
        let patches = image -> conv2d(768, 16, stride: 16) -> reshape([768, 196]) -> transpose;
        let class_token = parameter([1, 768]);
        concat(class_token, patches) -> learned_positions
            -> repeat 12 {
                residual { layer_norm -> attention(heads: 12) } -> residual { layer_norm -> dense(3072) -> gelu -> dense(768) }
            }
            -> layer_norm -> first -> dense(1000)
    }

    block gated(x: [_, d], hidden) {
        let gated = (x -> dense(hidden, bias: false) -> silu) * (x -> dense(hidden, bias: false));
        gated -> dense(d, bias: false)
    }
    Llama2(tokens: u32[..=4096]) -> [.., 32000] {
        tokens -> embedding(32000, 4096)
            -> repeat 32 {
                residual { rms_norm(epsilon: 1e-5) -> attention(heads: 32, causal: true, rotary: 10000, bias: false) }
                    -> residual { rms_norm(epsilon: 1e-5) -> gated(11008) }
            }
            -> rms_norm(epsilon: 1e-5) -> dense(32000, bias: false)
    }

    Lstm(x: [.., 32]) -> [.., 128] { x -> lstm(128) }
    Gru(x: [.., 32]) -> [.., 128] { x -> gru(128) }
    BidirectionalLstm(x: [.., 32]) -> [.., 256] { x -> lstm(128, layers: 2, bidirectional: true) }
}

const _: () = assert!(Gpt2::PARAMETERS == 124_439_808);
const _: () = assert!(Gpt2Xl::PARAMETERS == 1_557_611_200);
const _: () = assert!(BertBase::PARAMETERS == 109_482_240);
const _: () = assert!(BertLarge::PARAMETERS == 335_141_888);
const _: () = assert!(VitB16::PARAMETERS == 86_567_656);
const _: () = assert!(Llama2::PARAMETERS == 6_738_415_616);
const _: () = assert!(Lstm::PARAMETERS == 82_944);
const _: () = assert!(Gru::PARAMETERS == 62_208);
const _: () = assert!(BidirectionalLstm::PARAMETERS == 561_152);
