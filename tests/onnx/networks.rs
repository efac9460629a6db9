//! Whole networks: convolutions with shortcuts, a U-Net, recurrent and generative ones, and transformers.

use crate::harness::export;
use crate::round_trip::come_back;
use dl::prelude::*;

model! {
    LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> flatten -> dense(120) -> relu -> dense(84) -> relu -> dense(10) as logits
    }

    block basic(x: [c, h, w], channels, stride: 1) {
        let y = x
            -> conv2d(channels, 3, stride: stride, padding: 1, bias: false) -> batch_norm -> relu
            -> conv2d(channels, 3, padding: 1, bias: false) -> batch_norm;
        (y + (x -> shortcut(channels, stride))) -> relu
    }
    block shortcut(x: [c, h, w], channels, stride) {
        x -> if stride != 1 || c != channels { conv2d(channels, 1, stride: stride, bias: false) -> batch_norm } else { identity }
    }
    ResNet(image: [3, 32, 32]) -> [10] {
        image -> conv2d(8, 7, stride: 2, padding: 3, bias: false) -> batch_norm -> relu -> max_pool2d(3, stride: 2, padding: 1)
            -> basic(8) as layer1 -> basic(16, stride: 2) as layer2 -> repeat 2 { basic(16) } as layer3
            -> global_avg_pool2d -> dense(10) as fc
    }

    block inverted(x: [c, h, w], channels, stride) {
        x -> conv2d(3 * c, 1, bias: false) -> batch_norm -> relu6
            -> depthwise_conv2d(3, stride: stride, padding: 1, bias: false) -> batch_norm -> relu6
            -> conv2d(channels, 1, bias: false) -> batch_norm
    }
    MobileNet(image: [3, 16, 16]) -> [5] {
        image -> conv2d(8, 3, stride: 2, padding: 1, bias: false) -> batch_norm -> hard_swish
            -> residual { inverted(8, 1) } -> inverted(12, 2) -> squeeze(4) -> global_avg_pool2d -> dropout(0.2) -> dense(5)
    }
    block squeeze(x: [c, h, w], hidden) {
        let gate = x -> global_avg_pool2d -> dense(hidden) -> relu -> dense(c) -> hard_sigmoid -> reshape([c, 1, 1]);
        x * gate
    }

    block double(x, channels) { x -> conv2d(channels, 3, padding: 1) -> relu -> conv2d(channels, 3, padding: 1) -> relu }
    block up(x, skip: [channels, h, w]) { concat(x -> conv_transpose2d(channels, 2, stride: 2), skip) -> double(channels) }
    UNet(image: [1, 16, 24]) -> [2, 16, 24] {
        let a = image -> double(4);
        let b = a -> max_pool2d(2) -> double(8);
        b -> max_pool2d(2) -> double(16) -> up(b) -> up(a) -> conv2d(2, 1)
    }

    Vae(image: [64]) -> (reconstruction: [64], mean: [4], log_variance: [4]) {
        let hidden = image -> dense(32) -> tanh;
        let (mean, log_variance) = (hidden -> dense(4), hidden -> dense(4));
        let z = mean + ((0.5 * log_variance) -> exp) * (mean -> random_normal);
        (z -> dense(32) -> relu -> dense(64) -> sigmoid, mean, log_variance)
    }

    DenseNet(image: [3, 8, 8]) -> [4] {
        let a = image -> conv2d(4, 3, padding: 1);
        let b = concat(a, a -> batch_norm -> relu -> conv2d(3, 3, padding: 1));
        let c = concat(b, b -> batch_norm -> relu -> conv2d(3, 3, padding: 1));
        c -> avg_pool2d(2) -> flatten -> dense(4) -> log_softmax
    }

    Generic<const HIDDEN: usize, const OUT: usize>(x: [6]) -> [OUT] { x -> dense(HIDDEN) -> silu -> dense(OUT) }

    block thin(x) { x -> residual { layer_norm -> dense(12) -> gelu -> dense(6) } }
    Checkpointed(x: [.., 6]) -> [.., 6] { x -> repeat 3 { checkpoint { thin } } as stack }

    pub Inner(x: [6]) -> (left: [4], right: [2]) { (x -> dense(4) -> relu, x -> dense(2)) }
    Outer(x: [6]) -> [6] {
        let (left, right) = x -> Inner as inner;
        concat(left, right) -> residual { dense(6) as after -> tanh }
    }
}

model! {
    const T: usize = 12; const D: usize = 16; const VOCAB: usize = 40;

    Tagger(words: u32[..]) -> [.., 5] { words -> embedding(VOCAB, 8) -> lstm(6, bidirectional: true) -> dropout(0.5) -> dense(5) }

    GruTagger(words: u32[..]) -> [.., 5] { words -> embedding(VOCAB, 8) as words_in -> gru(6, layers: 2) -> dense(5) }

    Gpt(tokens: u32[..=T]) -> [.., VOCAB] {
        tokens -> embedding(VOCAB, D) as wte -> learned_positions as wpe
            -> repeat 2 {
                residual { layer_norm as norm1 -> attention(heads: 4, causal: true) as attn }
                    -> residual { layer_norm as norm2 -> dense(4 * D) as up -> gelu(approximate: tanh) -> dense(D) as down }
            } as layers
            -> layer_norm as norm -> unembedding(wte)
    }

    block gated(x) {
        let gated = (x -> dense(24, bias: false) as gate -> silu) * (x -> dense(24, bias: false) as up);
        gated -> dense(D, bias: false) as down
    }
    Llama(tokens: u32[..=T]) -> [.., VOCAB] {
        tokens -> embedding(VOCAB, D) as wte
            -> repeat 2 {
                residual { rms_norm as norm1 -> attention(heads: 4, kv_heads: 2, causal: true, rotary: 10000, bias: false) as attn }
                    -> residual { rms_norm as norm2 -> gated as mlp }
            } as layers
            -> rms_norm as norm -> dense(VOCAB, bias: false) as head
    }

    Bert(tokens: u32[T], types: u32[T]) -> [T, VOCAB] {
        let bias = parameter([VOCAB]);
        let words = tokens -> embedding(VOCAB, D) as wte -> learned_positions as wpe;
        let logits = (words + (types -> embedding(2, D) as wtt)) -> layer_norm(epsilon: 1e-12) as norm
            -> repeat 2 {
                residual { attention(heads: 4) as attn } -> layer_norm as norm1
                    -> residual { dense(2 * D) as up -> gelu -> dense(D) as down } -> layer_norm as norm2
            } as layers
            -> unembedding(wte);
        logits + bias
    }

    Translate(source: u32[..=T], target: u32[..=T]) -> [target.., VOCAB] {
        let memory = source -> embedding(VOCAB, D) as shared -> sinusoidal_positions
            -> repeat 2 { residual { attention(heads: 4) as attn } -> layer_norm as norm1 -> residual { dense(D) -> relu -> dense(D) } } as encoder;
        target -> shared -> sinusoidal_positions
            -> repeat 2 {
                residual { attention(heads: 4, causal: true) as attn } -> layer_norm as norm1
                    -> residual { cross_attention(memory, heads: 4) as cross } -> layer_norm as norm2
            } as decoder
            -> unembedding(shared)
    }

    Vit(image: [3, 8, 8]) -> [5] {
        let class_token = parameter([1, D]);
        let patches = image -> conv2d(D, 4, stride: 4) as patches -> reshape([D, 4]) -> transpose;
        concat(class_token, patches) -> learned_positions as wpe
            -> repeat 2 {
                residual { layer_norm as norm1 -> attention(heads: 4) as attn }
                    -> residual { layer_norm as norm2 -> dense(2 * D) as up -> gelu -> dense(D) as down }
            } as layers
            -> layer_norm as norm -> first -> dense(5) as classifier
    }
}

come_back! { "networks":
    lenet: LeNet => LeNet;
    resnet: ResNet => ResNet;
    mobilenet: MobileNet => MobileNet;
    unet: UNet => UNet;
    densenet: DenseNet => DenseNet;
    vit: Vit => Vit;
    inner: Inner => Inner;
    outer: Outer => Outer;
    generic: Generic<5, 3> => Generic;
    checkpointed: Checkpointed => Checkpointed;
    tagger: Tagger => Tagger;
    gru: GruTagger => GruTagger;
    gpt: Gpt => Gpt;
    bert: Bert => Bert;
}

#[test]
fn of_images() {
    let lenet = export::<LeNet>("networks.lenet", 0);
    // A reader sees the network, and nothing else.
    let nodes: Vec<String> =
        lenet.graph.unwrap().node.iter().map(|node| format!("{} {}", node.op_type(), node.name())).collect();
    let expected = [
        "Conv conv1",
        "Relu relu1",
        "MaxPool max_pool1",
        "Conv conv2",
        "Relu relu2",
        "MaxPool max_pool2",
        "Flatten flatten1",
        "Gemm dense1",
        "Relu relu3",
        "Gemm dense2",
        "Relu relu4",
        "Gemm logits",
    ];
    assert_eq!(nodes, expected);
    export::<ResNet>("networks.resnet", 0);
    export::<MobileNet>("networks.mobilenet", 0);
    export::<UNet>("networks.unet", 0);
    export::<DenseNet>("networks.densenet", 0);
    export::<Vit>("networks.vit", 0);
}

#[test]
fn of_several_values() {
    let vae = export::<Vae>("networks.vae", 0);
    let operators: Vec<String> = vae.graph.unwrap().node.iter().map(|node| node.op_type().to_owned()).collect();
    assert_eq!(
        operators,
        ["Gemm", "Tanh", "Gemm", "Gemm", "Gemm", "Relu", "Gemm", "Sigmoid"],
        "noise vanishes with all it needs"
    );
    export::<Inner>("networks.inner", 0);
    export::<Outer>("networks.outer", 0);
    export::<Generic<5, 3>>("networks.generic", 0);
    export::<Checkpointed>("networks.checkpointed", 0);
}

#[test]
fn of_sequences() {
    export::<Tagger>("networks.tagger", 40);
    export::<GruTagger>("networks.gru", 40);
    export::<Gpt>("networks.gpt", 40);
    export::<Llama>("networks.llama", 40);
    export::<Bert>("networks.bert", 2);
    export::<Translate>("networks.translate", 40);
}
