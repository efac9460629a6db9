//! Attention and the layers of transformers against PyTorch: outputs, loss and all gradients.
#![allow(missing_docs)]

mod common;

use common::{Fixture, check};
use dl::loss::Mse;
use dl::prelude::*;

/// One test for each model, named as the case in the file; the loss compares with random numbers.
macro_rules! operations {
    ($($case:ident: $model:ident),* $(,)?) => { $(
        #[test]
        fn $case() {
            let fixture = Fixture::open("attention.safetensors");
            let case = stringify!($case);
            check(&fixture, case, &*fixture.model::<$model>(&format!("{case}/weights/")), &Mse);
        }
    )* };
}

model! {
    Multihead(x: [5, 8]) -> [5, 8] { x -> attention(2) }
    MultiheadOne(x: [1, 2]) -> [1, 2] { x -> attention(heads: 2) }
    Causal(x: [7, 12]) -> [7, 12] { x -> attention(3, causal: true) }
    NoBias(x: [6, 8]) -> [6, 8] { x -> attention(2, bias: false) }
    Grouped(x: [9, 16]) -> [9, 16] { x -> attention(4, causal: true, kv_heads: 2) }
    OneHeadOfKeys(x: [9, 16]) -> [9, 16] { x -> attention(4, kv_heads: 1) }
    Window(x: [9, 8]) -> [9, 8] { x -> attention(2, causal: true, window: 3) }
    Rotary(x: [40, 16]) -> [40, 16] { x -> attention(2, causal: true, rotary: 10000.0) }
    RotaryGrouped(x: [9, 16]) -> [9, 16] {
        x -> attention(4, causal: true, kv_heads: 2, rotary: 100, bias: false)
    }
    Alibi(x: [11, 8]) -> [11, 8] { x -> attention(4, causal: true, alibi: true) }
    Long(x: [150, 8]) -> [150, 8] { x -> attention(2, causal: true) }
    Cross(x: [12, 8]) -> [5, 8] {
        let (queries, rest) = x -> split([5, 7]);
        let memory = rest -> slice(0, 6, axis: -1);
        queries -> cross_attention(memory, heads: 4)
    }
}
operations! {
    multihead: Multihead,
    multihead_one: MultiheadOne,
    causal: Causal,
    no_bias: NoBias,
    grouped: Grouped,
    one_head_of_keys: OneHeadOfKeys,
    window: Window,
    rotary: Rotary,
    rotary_grouped: RotaryGrouped,
    alibi: Alibi,
    long: Long,
    cross: Cross,
}

model! {
    EncoderPost(x: [6, 8]) -> [6, 8] {
        x -> residual { attention(2) } -> layer_norm -> residual { dense(16) -> relu -> dense(8) } -> layer_norm
    }
    EncoderPostGelu(x: [6, 8]) -> [6, 8] {
        x -> residual { attention(2) } -> layer_norm -> residual { dense(16) -> gelu -> dense(8) } -> layer_norm
    }
    EncoderPre(x: [6, 8]) -> [6, 8] {
        x -> residual { layer_norm -> attention(2) } -> residual { layer_norm -> dense(16) -> relu -> dense(8) }
    }
    EncoderPreGelu(x: [6, 8]) -> [6, 8] {
        x -> residual { layer_norm -> attention(2) } -> residual { layer_norm -> dense(16) -> gelu -> dense(8) }
    }
    DecoderPost(x: [12, 8]) -> [5, 8] {
        let (target, memory) = x -> split([5, 7]);
        target -> residual { attention(2, causal: true) } -> layer_norm
            -> residual { cross_attention(memory, 2) } -> layer_norm
            -> residual { dense(16) -> relu -> dense(8) } -> layer_norm
    }
    DecoderPre(x: [12, 8]) -> [5, 8] {
        let (target, memory) = x -> split([5, 7]);
        target -> residual { layer_norm -> attention(2, causal: true) }
            -> residual { layer_norm -> cross_attention(memory, 2) }
            -> residual { layer_norm -> dense(16) -> relu -> dense(8) }
    }
}
operations! {
    encoder_post: EncoderPost,
    encoder_post_gelu: EncoderPostGelu,
    encoder_pre: EncoderPre,
    encoder_pre_gelu: EncoderPreGelu,
    decoder_post: DecoderPost,
    decoder_pre: DecoderPre,
}
