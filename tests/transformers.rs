//! Files of the Python library `transformers` (`tests/fixtures/transformers.py`) by the rules for them: every tensor gets its place,
//! and goes back to it.
#![allow(missing_docs)]

mod common;

use common::places::fixture;
use dl::io::{Load, Rules, Save, transformers};
use dl::prelude::*;
use safetensors::SafeTensors;
use std::fs::read;

model! {
    const VOCAB: usize = 40; const T: usize = 12; const D: usize = 16;

    // Only the names and shapes of their tensors are those of attention.
    Attention(x: [T, D]) -> [T, D] {
        ((x -> dense(D) as q) + (x -> dense(D) as k) + (x -> dense(D) as v)) -> dense(D) as out
    }
    Grouped(x: [T, D]) -> [T, D] {
        let parts = concat(x -> dense(8, bias: false) as k, x -> dense(8, bias: false) as v, axis: 1);
        ((x -> dense(D, bias: false) as q) + parts) -> dense(D, bias: false) as out
    }
    OfPatches(x: [5, D]) -> [5, D] {
        ((x -> dense(D) as q) + (x -> dense(D) as k) + (x -> dense(D) as v)) -> dense(D) as out
    }

    Gpt2(tokens: u32[T]) -> [T, VOCAB] {
        tokens -> embedding(VOCAB, D) as wte -> learned_positions as wpe
            -> repeat 2 {
                residual { layer_norm as norm1 -> Attention as attn }
                    -> residual { layer_norm as norm2 -> dense(4 * D) as up -> gelu(approximate: tanh) -> dense(D) as down }
            } as layers
            -> layer_norm as norm -> unembedding(wte)
    }

    Bert(tokens: u32[T], types: u32[T]) -> [T, VOCAB] {
        let words = tokens -> embedding(VOCAB, D) as wte -> learned_positions as wpe;
        (words + (types -> embedding(2, D) as wtt)) -> layer_norm(epsilon: 1e-12) as norm
            -> repeat 2 {
                residual { identity -> Attention as attn } -> layer_norm(epsilon: 1e-12) as norm1
                    -> residual { dense(2 * D) as up -> gelu -> dense(D) as down } -> layer_norm(epsilon: 1e-12) as norm2
            } as layers
            -> dense(D) as transform -> gelu -> layer_norm(epsilon: 1e-12) as transform_norm
            -> unembedding(wte) -> scale as bias
    }

    block gated(x) {
        let gated = (x -> dense(24, bias: false) as gate -> silu) * (x -> dense(24, bias: false) as up);
        gated -> dense(D, bias: false) as down
    }
    Llama(tokens: u32[T]) -> [T, VOCAB] {
        tokens -> embedding(VOCAB, D) as wte -> repeat 2 {
                residual { rms_norm(epsilon: 1e-5) as norm1 -> Grouped as attn }
                    -> residual { rms_norm(epsilon: 1e-5) as norm2 -> gated as mlp }
            } as layers
            -> rms_norm(epsilon: 1e-5) as norm -> dense(VOCAB, bias: false) as head
    }

    Vit(image: [3, 8, 8]) -> [5] {
        let patches = image -> conv2d(D, 4, stride: 4) as patches -> reshape([D, 4]) -> transpose;
        let class = patches -> slice(0, 1) -> learned_positions as class_token;
        concat(class, patches) -> learned_positions as wpe
            -> repeat 2 {
                residual { layer_norm(epsilon: 1e-12) as norm1 -> OfPatches as attn }
                    -> residual { layer_norm(epsilon: 1e-12) as norm2 -> dense(2 * D) as up -> gelu -> dense(D) as down }
            } as layers
            -> layer_norm(epsilon: 1e-12) as norm -> first -> dense(5) as classifier
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
    let attention = &net.layers[1].attn;
    for (part, layer) in [&attention.q, &attention.k, &attention.v].into_iter().enumerate() {
        for (output, row) in layer.weight.iter().enumerate() {
            let column = 16 * part + output;
            assert_eq!(layer.bias[output], bias[column]);
            assert!(row.iter().enumerate().all(|(input, number)| *number == weight[48 * input + column]));
        }
    }
    let (_, up) = tensor("gpt2", "transformer.h.0.mlp.c_fc.weight");
    assert_eq!(net.layers[0].up.weight[5][3], up[64 * 3 + 5]);
    // The gradients have the names of the file.
    let gradients = load::<Gpt2>("gpt2.gradients", &transformers::gpt2());
    assert_ne!(gradients.wte.weight, net.wte.weight);
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
    assert_eq!(net.layers[1].attn.k.weight.as_flattened(), key);
    assert_eq!(net.bias.weight.to_vec(), tensor("bert", "cls.predictions.bias").1);
    load::<Bert>("bert.gradients", &transformers::bert());
}

#[test]
fn llama() {
    let net = load::<Llama>("llama", &transformers::llama());
    let (shape, value) = tensor("llama", "model.layers.0.self_attn.v_proj.weight");
    assert_eq!(shape, [8, 16]);
    assert_eq!(net.layers[0].attn.v.weight.as_flattened(), value);
    assert_eq!(net.head.weight.as_flattened(), tensor("llama", "lm_head.weight").1);
}

#[test]
fn vit() {
    let net = load::<Vit>("vit", &transformers::vit());
    let (shape, positions) = tensor("vit", "vit.embeddings.position_embeddings");
    assert_eq!(shape, [1, 5, 16]);
    assert_eq!(net.wpe.weight.as_flattened(), positions);
    let (_, query) = tensor("vit", "vit.encoder.layer.0.attention.attention.query.weight");
    assert_eq!(net.layers[0].attn.q.weight.as_flattened(), query);
}
