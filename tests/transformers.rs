//! Files of the Python library `transformers` (`tests/fixtures/transformers.py`) by the rules for them: every tensor gets its place,
//! goes back to it, and the networks compute what the library computes.
#![allow(missing_docs)]

mod common;

use common::places::fixture;
use common::{Fixture, PASS, agree};
use dl::io::{Load, Rules, Save, transformers};
use dl::pod::flat;
use dl::prelude::*;
use safetensors::SafeTensors;
use std::fs::read;
use std::slice::from_ref;

model! {
    const VOCAB: usize = 40; const T: usize = 12; const D: usize = 16;

    Gpt2(tokens: u32[..=T]) -> [.., VOCAB] {
        tokens -> embedding(VOCAB, D) as wte -> learned_positions as wpe
            -> repeat 2 {
                residual { layer_norm as norm1 -> attention(heads: 4, causal: true) as attn }
                    -> residual { layer_norm as norm2 -> dense(4 * D) as up -> gelu(approximate: tanh) -> dense(D) as down }
            } as layers
            -> layer_norm as norm -> unembedding(wte)
    }

    // The classes come first for the loss.
    Bert(tokens: u32[T], types: u32[T]) -> [VOCAB, T] {
        let bias = parameter([VOCAB]);
        let words = tokens -> embedding(VOCAB, D) as wte -> learned_positions as wpe;
        let logits = (words + (types -> embedding(2, D) as wtt)) -> layer_norm(epsilon: 1e-12) as norm
            -> repeat 2 {
                residual { attention(heads: 4) as attn } -> layer_norm(epsilon: 1e-12) as norm1
                    -> residual { dense(2 * D) as up -> gelu -> dense(D) as down } -> layer_norm(epsilon: 1e-12) as norm2
            } as layers
            -> dense(D) as transform -> gelu -> layer_norm(epsilon: 1e-12) as transform_norm
            -> unembedding(wte);
        (logits + bias) -> transpose
    }

    block gated(x) {
        let gated = (x -> dense(24, bias: false) as gate -> silu) * (x -> dense(24, bias: false) as up);
        gated -> dense(D, bias: false) as down
    }
    Llama(tokens: u32[..=T]) -> [.., VOCAB] {
        tokens -> embedding(VOCAB, D) as wte
            -> repeat 2 {
                residual {
                    rms_norm(epsilon: 1e-5) as norm1
                        -> attention(heads: 4, kv_heads: 2, causal: true, rotary: 10000, bias: false) as attn
                }
                    -> residual { rms_norm(epsilon: 1e-5) as norm2 -> gated as mlp }
            } as layers
            -> rms_norm(epsilon: 1e-5) as norm -> dense(VOCAB, bias: false) as head
    }

    block feed_forward(x) {
        x -> residual { dense(2 * D) as up -> silu -> dense(D) as down } -> layer_norm as norm
    }
    Marian(source: u32[..=T], target: u32[..=T]) -> [target.., VOCAB] {
        let bias = parameter([VOCAB]);
        let words = source -> embedding(VOCAB, D) as shared;
        let memory = (words * SCALE) -> sinusoidal_positions(order: halves)
            -> repeat 2 {
                residual { attention(heads: 4) as attn } -> layer_norm as norm1 -> feed_forward as mlp
            } as encoder;
        let words = target -> shared;
        let logits = (words * SCALE) -> sinusoidal_positions(order: halves)
            -> repeat 2 {
                residual { attention(heads: 4, causal: true) as attn } -> layer_norm as norm1
                    -> residual { cross_attention(memory, heads: 4) as cross } -> layer_norm as norm2
                    -> feed_forward as mlp
            } as decoder
            -> unembedding(shared);
        logits + bias
    }

    Vit(image: [3, 8, 8]) -> [5] {
        let class_token = parameter([1, D]);
        let patches = image -> conv2d(D, 4, stride: 4) as patches -> reshape([D, 4]) -> transpose;
        concat(class_token, patches) -> learned_positions as wpe
            -> repeat 2 {
                residual { layer_norm(epsilon: 1e-12) as norm1 -> attention(heads: 4) as attn }
                    -> residual { layer_norm(epsilon: 1e-12) as norm2 -> dense(2 * D) as up -> gelu -> dense(D) as down }
            } as layers
            -> layer_norm(epsilon: 1e-12) as norm -> first -> dense(5) as classifier
    }
}

/// The square root of the features, by which Marian scales its embedding.
const SCALE: f32 = 4.0;

/// The length of the sequences of the fixtures.
const STEPS: usize = 12;

/// The inputs of a model, and what the library makes of them.
fn pass(model: &str) -> Fixture {
    Fixture::open(&format!("transformers/{model}.pass.safetensors"))
}

/// The tolerance of a gradient, in units of ε·max|expected|: about three times what PyTorch's own float32 is off at worst, as in
/// `tests/common` (14.5 units; the script of the fixtures prints it).
const GRADIENT: f32 = 44.0;

/// Compares the gradients of all tensors.
fn gradients_agree<M: Model>(found: &M, expected: &M) {
    let (found, expected) = (flat(from_ref(found)), flat(from_ref(expected)));
    for tensor in M::TENSORS.iter() {
        let (found, expected) = (&found[tensor.range()], &expected[tensor.range()]);
        if tensor.name.ends_with(".k.bias") {
            // The softmax does not change where all scores of a row do: what remains is rounding alone.
            assert!(found.iter().all(|gradient| gradient.abs() < 1e-6), "{}: {found:?}", tensor.name);
        } else {
            agree(&tensor.name, found, expected, GRADIENT);
        }
    }
}

/// Loads the file of a model, and checks that saving gives the tensors of the file again.
fn load<M: Model>(file: &str, rules: &Rules) -> Box<M> {
    let path = fixture(&format!("transformers/{file}.safetensors"));
    let net: Box<M> = Load::new().rules(rules.clone()).load(&path).unwrap();
    let (bytes, saved) = (read(path).unwrap(), Save::new().rules(rules.clone()).to_bytes(&*net).unwrap());
    let (original, saved) = (SafeTensors::deserialize(&bytes).unwrap(), SafeTensors::deserialize(&saved).unwrap());
    assert_eq!(saved.len(), original.len());
    for (name, tensor) in original.iter() {
        let again = saved.tensor(name).unwrap();
        assert_eq!((again.shape(), again.data()), (tensor.shape(), tensor.data()), "{name}");
    }
    net
}

/// Returns the shape and the numbers of a tensor of a file.
fn tensor(file: &str, name: &str) -> (Vec<usize>, Vec<f32>) {
    let bytes = read(fixture(&format!("transformers/{file}.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor(name).unwrap();
    let numbers = tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    (tensor.shape().to_vec(), numbers.collect())
}

#[test]
fn gpt2() {
    let net = load::<Gpt2>("gpt2", &transformers::gpt2());
    let (shape, weight) = tensor("gpt2", "transformer.h.1.attn.c_attn.weight");
    let (_, bias) = tensor("gpt2", "transformer.h.1.attn.c_attn.bias");
    assert_eq!(shape, [16, 48]);
    let layer = &net.layers[1].attn.qkv;
    let parts = [(&layer.q_weight, &layer.q_bias), (&layer.k_weight, &layer.k_bias), (&layer.v_weight, &layer.v_bias)];
    for (part, (rows, biases)) in parts.into_iter().enumerate() {
        for (output, row) in rows.iter().enumerate() {
            let column = 16 * part + output;
            assert_eq!(biases[output], bias[column]);
            assert!(row.iter().enumerate().all(|(input, number)| *number == weight[48 * input + column]));
        }
    }
    let (_, up) = tensor("gpt2", "transformer.h.0.mlp.c_fc.weight");
    assert_eq!(net.layers[0].up.weight[5][3], up[64 * 3 + 5]);
    // The gradients have the names of the file.
    let expected = load::<Gpt2>("gpt2.gradients", &transformers::gpt2());
    let pass = pass("gpt2");
    let ragged = |name| pass.samples::<[u32; STEPS]>(name).iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    let (tokens, targets) = (ragged("input_ids"), ragged("target"));
    agree("logits", net.predict(&tokens).concat().as_flattened(), &pass.floats("logits"), PASS);
    let mut training = net.training(Cpu::new(), tokens.len()).unwrap();
    training.forward(&tokens).unwrap();
    agree("loss", &[training.loss(&CrossEntropy, &targets).unwrap()], &pass.floats("loss"), PASS);
    training.backward();
    let mut gradients = Gpt2::init(0);
    training.gradients(&mut gradients).unwrap();
    gradients_agree(&*gradients, &*expected);
    // The files of the first release have no prefix, and masks.
    let bytes = read(fixture("transformers/gpt2.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: Vec<_> = file.iter().map(|(name, tensor)| (name.replace("transformer.", ""), tensor)).collect();
    let (_, mask) = tensors[0].clone();
    tensors.extend(["h.0.attn.bias", "h.1.attn.bias", "h.0.attn.masked_bias"].map(|name| (name.into(), mask.clone())));
    let old = safetensors::serialize(tensors, None).unwrap();
    let old: Box<Gpt2> = Load::new().rules(transformers::gpt2()).from_bytes(&old).unwrap();
    assert_eq!(old.to_bytes().unwrap(), net.to_bytes().unwrap());
}

#[test]
fn bert() {
    let net = load::<Bert>("bert", &transformers::bert());
    let (_, key) = tensor("bert", "bert.encoder.layer.1.attention.self.key.weight");
    assert_eq!(net.layers[1].attn.qkv.k_weight.as_flattened(), key);
    assert_eq!(net.bias.weight.to_vec(), tensor("bert", "cls.predictions.bias").1);
    let expected = load::<Bert>("bert.gradients", &transformers::bert());
    let pass = pass("bert");
    let (tokens, types) = (pass.samples::<[u32; STEPS]>("input_ids"), pass.samples("token_type_ids"));
    let inputs: Vec<_> = tokens.into_iter().zip(types).map(|(tokens, types)| BertInput { tokens, types }).collect();
    let targets: Vec<[u32; STEPS]> = pass.samples("target");
    let mut logits = Vec::new();
    for scores in net.predict(&inputs) {
        logits.extend((0..STEPS).flat_map(|step| scores.map(|class| class[step])));
    }
    agree("logits", &logits, &pass.floats("logits"), PASS);
    let mut training = net.training(Cpu::new(), inputs.len()).unwrap();
    training.forward(&inputs).unwrap();
    agree("loss", &[training.loss(&CrossEntropy, &targets).unwrap()], &pass.floats("loss"), PASS);
    training.backward();
    let mut gradients = Bert::init(0);
    training.gradients(&mut gradients).unwrap();
    gradients_agree(&*gradients, &*expected);
}

#[test]
fn llama() {
    let net = load::<Llama>("llama", &transformers::llama());
    let (shape, value) = tensor("llama", "model.layers.0.self_attn.v_proj.weight");
    assert_eq!(shape, [8, 16]);
    assert_eq!(net.layers[0].attn.qkv.v_weight.as_flattened(), value);
    assert_eq!(net.head.weight.as_flattened(), tensor("llama", "lm_head.weight").1);
    let pass = pass("llama");
    let tokens: Vec<Vec<u32>> = pass.samples::<[u32; STEPS]>("input_ids").iter().map(|row| row.to_vec()).collect();
    agree("logits", net.predict(&tokens).concat().as_flattened(), &pass.floats("logits"), PASS);
}

#[test]
fn vit() {
    let net = load::<Vit>("vit", &transformers::vit());
    let (shape, positions) = tensor("vit", "vit.embeddings.position_embeddings");
    assert_eq!(shape, [1, 5, 16]);
    assert_eq!(net.wpe.weight.as_flattened(), positions);
    let (_, query) = tensor("vit", "vit.encoder.layer.0.attention.attention.query.weight");
    assert_eq!(net.layers[0].attn.qkv.q_weight.as_flattened(), query);
    let pass = pass("vit");
    let images: Vec<[[[f32; 8]; 8]; 3]> = pass.samples("pixel_values");
    agree("logits", net.predict(&images).as_flattened(), &pass.floats("logits"), PASS);
}

#[test]
fn marian() {
    let net = load::<Marian>("marian", &transformers::marian());
    let (_, value) = tensor("marian", "model.decoder.layers.1.encoder_attn.v_proj.weight");
    assert_eq!(net.decoder1.cross.kv.v_weight.as_flattened(), value);
    assert_eq!(net.bias.weight.to_vec(), tensor("marian", "final_logits_bias").1);
    // In the library, rows of 12 tokens are masked after the end of each sequence.
    let pass = pass("marian");
    let lengths =
        |mask| pass.samples::<[u32; STEPS]>(mask).iter().map(|row| row.iter().sum::<u32>() as usize).collect();
    let [sources, targets]: [Vec<usize>; 2] = ["attention_mask", "decoder_attention_mask"].map(lengths);
    assert_eq!([&*sources, &*targets], [[12, 5, 1], [3, 12, 7]]);
    let ragged = |name, lengths: &[usize]| {
        let rows = pass.samples::<[u32; STEPS]>(name);
        rows.iter().zip(lengths).map(|(row, len)| row[..*len].to_vec()).collect::<Vec<_>>()
    };
    let tokens = ragged("input_ids", &sources).into_iter().zip(ragged("decoder_input_ids", &targets));
    let inputs: Vec<_> = tokens.map(|(source, target)| MarianInput { source, target }).collect();
    let expected = pass.samples::<[[f32; 40]; STEPS]>("logits");
    let expected: Vec<&[f32]> = expected.iter().zip(&targets).map(|(rows, len)| rows[..*len].as_flattened()).collect();
    agree("logits", net.predict(&inputs).concat().as_flattened(), &expected.concat(), PASS);
}
