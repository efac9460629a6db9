//! Layers along time: of static sequences, and of run-time lengths, which stay free in the file.

use crate::harness::export;
use dl::prelude::*;

macro_rules! cases {
    ($test:ident, $tokens:expr, { $($model:ident $rest:tt -> $out:tt $body:tt)* }) => {
        model! { $($model $rest -> $out $body)* }
        #[test]
        fn $test() {
            $(export::<$model>(concat!("sequences.", stringify!($model)), $tokens);)*
        }
    };
}

cases!(rows, 0, {
    DenseEach(x: [.., 6]) -> [.., 4] { x -> dense(4) -> gelu }
    NormEach(x: [.., 6]) -> [.., 6] { x -> layer_norm -> residual { rms_norm -> dense(6, bias: false) } }
    BatchNormEach(x: [.., 6]) -> [.., 6] { x -> batch_norm }
    ScaleEach(x: [.., 6]) -> [.., 6] { x -> scale -> softmax -> l2_normalize }
    ConcatEach(x: [.., 6]) -> [.., 9] { concat(x, x -> dense(3)) }
    SliceEach(x: [.., 6]) -> [.., 2] { x -> slice(1, 3) }
    FirstOf(x: [.., 6]) -> [6] { x -> first }
    LastOf(x: [.., 6]) -> [6] { x -> last }
    SumOf(x: [.., 6]) -> [6] { x -> sum(axis: 0) }
    MeanOf(x: [.., 6]) -> [6] { x -> mean(axis: 0) }
    MaxOf(x: [.., 6]) -> [6] { x -> max(axis: 0) }
    ReversedOf(x: [.., 6]) -> [.., 6] { x -> reverse }
    SineOf(x: [.., 6]) -> [.., 6] { x -> sinusoidal_positions }
    SineHalves(x: [5, 6]) -> [5, 6] { x -> sinusoidal_positions(order: halves) }
    LearnedAll(x: [5, 6]) -> [5, 6] { x -> learned_positions }
    LearnedSome(x: [..=9, 6]) -> [.., 6] { x -> learned_positions }
    ConvSame(x: [.., 4]) -> [.., 6] { x -> conv1d(6, 3, padding: same, dilation: 2) -> relu }
    ConvCausal(x: [.., 4]) -> [.., 6] { x -> conv1d(6, 3, padding: causal, groups: 2) }
});

cases!(recurrent, 0, {
    RnnTanh(x: [5, 3]) -> [5, 4] { x -> rnn(4) }
    RnnRelu(x: [.., 3]) -> [.., 4] { x -> rnn(4, activation: relu, bias: false) }
    Lstm1(x: [.., 3]) -> [.., 4] { x -> lstm(4) }
    LstmDeep(x: [.., 3]) -> [.., 8] { x -> lstm(4, layers: 2, bidirectional: true) }
    LstmStatic(x: [5, 3]) -> [4] { x -> lstm(4, bias: false) -> last }
    Gru1(x: [.., 3]) -> [.., 4] { x -> gru(4) }
    GruDeep(x: [.., 3]) -> [2] { x -> gru(4, layers: 2, bidirectional: true, dropout: 0.5) -> last -> dense(2) }
});

cases!(attention, 9, {
    AttentionPlain(x: [5, 8]) -> [5, 8] { x -> attention(2) }
    AttentionOfLength(x: [.., 8]) -> [.., 8] { x -> attention(2) }
    AttentionCausal(x: [.., 8]) -> [.., 8] { x -> attention(4, causal: true, bias: false) }
    AttentionGrouped(x: [.., 8]) -> [.., 8] { x -> attention(4, kv_heads: 2, causal: true) }
    AttentionWindow(x: [.., 8]) -> [.., 8] { x -> attention(2, causal: true, window: 2) }
    AttentionAlibi(x: [.., 8]) -> [.., 8] { x -> attention(4, causal: true, alibi: true) }
    AttentionAlibiGrouped(x: [6, 8]) -> [6, 8] { x -> attention(4, kv_heads: 2, alibi: true) }
    AttentionRotary(x: [.., 8]) -> [.., 8] { x -> attention(2, causal: true, rotary: 10000) }
    AttentionRotaryStatic(x: [4, 8]) -> [4, 8] { x -> attention(4, kv_heads: 2, rotary: 100) }
    AttentionLora(x: [.., 8]) -> [.., 8] { x -> attention(2, lora: 2) }
    Cross(x: [.., 8], memory: [.., 6]) -> [x.., 8] { x -> cross_attention(memory, heads: 2) }
    CrossGrouped(x: [.., 8], memory: [4, 6]) -> [x.., 8] { x -> cross_attention(memory, heads: 4, kv_heads: 2) }
    Both(x: [.., 4], y: [.., 4]) -> (left: [x.., 4], right: [4]) { (x -> relu, y -> mean(axis: 0)) }
});
