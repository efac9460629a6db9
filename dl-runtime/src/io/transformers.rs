//! Rules for models of the Python library `transformers`, as its `save_pretrained` writes them: between its names and those of the models
//! declared here.
//!
//! Each function documents a declaration whose names fit; layers of a block would have the name of the block before theirs, and so the
//! braces of `repeat` hold them directly. A model that lacks a part, such as a head, takes
//! [`Rules::skip`] for it, and one inside another model takes [`Rules::under`]. The same rules write such files: see
//! [`Save::rules`](super::Save::rules).
//!
//! ```no_run
//! # use dl_runtime as dl;
//! # fn example<Gpt2: dl::Model, Bert: dl::Model>() -> dl::Result<()> {
//! use dl::io::{Load, Save, transformers};
//! let net: Box<Gpt2> = Load::new().rules(transformers::gpt2()).load("gpt2/model.safetensors")?;
//! // Without the layer that pools.
//! let body = transformers::bert().skip("[bert.]pooler.*").skip("cls.*");
//! let body: Box<Bert> = Load::new().rules(body).load("bert/model.safetensors")?;
//! // `transformers` can load this file.
//! Save::new().rules(transformers::gpt2()).save(&*net, "tuned/model.safetensors")?;
//! # Ok(())
//! # }
//! ```

use super::Rules;

/// GPT-2: `GPT2LMHeadModel`, `GPT2Model`, and the files of the first release, which hold masks and no prefix.
///
/// ```text
/// model! {
///     const T: usize = 1024; const D: usize = 768; const VOCAB: usize = 50257;
///
///     pub Gpt2(tokens: u32[..=T]) -> [.., VOCAB] {
///         tokens -> embedding(VOCAB, D) as wte -> learned_positions as wpe -> dropout(0.1)
///             -> repeat 12 {
///                 residual { layer_norm as norm1 -> attention(heads: 12, causal: true) as attn -> dropout(0.1) }
///                     -> residual { layer_norm as norm2 -> dense(4 * D) as up -> gelu(approximate: tanh) -> dense(D) as down -> dropout(0.1) }
///             } as layers
///             -> layer_norm as norm -> unembedding(wte)
///     }
/// }
/// ```
///
/// The head is tied to `wte`. In a model with a head of its own, `dense(VOCAB, bias: false) as head`, it begins as a copy.
pub fn gpt2() -> Rules {
    let layer = "[transformer.]h.{i}";
    let file = |name: &str| format!("{layer}.{name}");
    let mut rules = Rules::new()
        .rename("[transformer.]wte.weight", "wte.weight")
        .rename("[transformer.]wpe.weight", "wpe.weight")
        .rename(&file("ln_1.*"), "layers.{i}.norm1.*")
        .rename(&file("attn.c_proj.*"), "layers.{i}.attn.out.*")
        .rename(&file("ln_2.*"), "layers.{i}.norm2.*")
        .rename(&file("mlp.c_fc.*"), "layers.{i}.up.*")
        .rename(&file("mlp.c_proj.*"), "layers.{i}.down.*")
        .rename("[transformer.]ln_f.*", "norm.*")
        .rename("lm_head.weight", "head.weight")
        .tied("lm_head.weight", "[transformer.]wte.weight");
    for (tensor, axis) in [("weight", 1), ("bias", 0)] {
        let parts = ["q", "k", "v"].map(|part| format!("layers.{{i}}.attn.{part}.{tensor}"));
        rules = rules.split(&file(&format!("attn.c_attn.{tensor}")), axis, parts.each_ref().map(|part| &**part));
    }
    // `Conv1D` has [in, out].
    for weight in ["attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight"] {
        rules = rules.transpose(&file(weight));
    }
    rules.skip(&file("attn.bias")).skip(&file("attn.masked_bias"))
}

/// BERT: `BertForMaskedLM`, `BertModel`, `BertForPreTraining` and `BertForSequenceClassification`, of which each file has a part.
///
/// ```text
/// model! {
///     const T: usize = 512; const D: usize = 768; const VOCAB: usize = 30522;
///
///     /// With the head for masked tokens.
///     pub Bert(tokens: u32[T], types: u32[T]) -> [T, VOCAB] {
///         let bias = parameter([VOCAB]);
///         let words = tokens -> embedding(VOCAB, D) as wte -> learned_positions as wpe;
///         let logits = (words + (types -> embedding(2, D) as wtt)) -> layer_norm(epsilon: 1e-12) as norm -> dropout(0.1)
///             -> repeat 12 {
///                 residual { attention(heads: 12) as attn -> dropout(0.1) } -> layer_norm(epsilon: 1e-12) as norm1
///                     -> residual { dense(4 * D) as up -> gelu -> dense(D) as down -> dropout(0.1) } -> layer_norm(epsilon: 1e-12) as norm2
///             } as layers
///             -> dense(D) as transform -> gelu -> layer_norm(epsilon: 1e-12) as transform_norm
///             -> unembedding(wte);
///         logits + bias
///     }
/// }
/// ```
///
/// The other heads are `first -> dense(D) as pooler -> tanh`, `dense(classes) as classifier`, and `dense(2) as next_sentence` after the
/// pooler. Old files have `gamma` and `beta` for the weights and biases of norms; they are loaded too.
pub fn bert() -> Rules {
    let mut rules = Rules::new()
        .rename("[bert.]embeddings.word_embeddings.weight", "wte.weight")
        .rename("[bert.]embeddings.position_embeddings.weight", "wpe.weight")
        .rename("[bert.]embeddings.token_type_embeddings.weight", "wtt.weight")
        .rename("[bert.]encoder.layer.{i}.attention.self.query.*", "layers.{i}.attn.q.*")
        .rename("[bert.]encoder.layer.{i}.attention.self.key.*", "layers.{i}.attn.k.*")
        .rename("[bert.]encoder.layer.{i}.attention.self.value.*", "layers.{i}.attn.v.*")
        .rename("[bert.]encoder.layer.{i}.attention.output.dense.*", "layers.{i}.attn.out.*")
        .rename("[bert.]encoder.layer.{i}.intermediate.dense.*", "layers.{i}.up.*")
        .rename("[bert.]encoder.layer.{i}.output.dense.*", "layers.{i}.down.*")
        .rename("[bert.]pooler.dense.*", "pooler.*")
        .rename("cls.predictions.transform.dense.*", "transform.*")
        .rename("cls.predictions.bias", "bias")
        .rename("cls.seq_relationship.*", "next_sentence.*")
        .rename("cls.predictions.decoder.weight", "decoder.weight")
        .rename("cls.predictions.decoder.bias", "decoder.bias")
        .tied("cls.predictions.decoder.weight", "[bert.]embeddings.word_embeddings.weight")
        .tied("cls.predictions.decoder.bias", "cls.predictions.bias")
        .skip("[bert.]embeddings.position_ids");
    for (file, model) in [
        ("[bert.]embeddings.LayerNorm", "norm"),
        ("[bert.]encoder.layer.{i}.attention.output.LayerNorm", "layers.{i}.norm1"),
        ("[bert.]encoder.layer.{i}.output.LayerNorm", "layers.{i}.norm2"),
        ("cls.predictions.transform.LayerNorm", "transform_norm"),
    ] {
        for (part, name) in [("weight", "weight"), ("bias", "bias"), ("gamma", "weight"), ("beta", "bias")] {
            rules = rules.rename(&format!("{file}.{part}"), &format!("{model}.{name}"));
        }
    }
    rules
}

/// Llama and models that are built alike: `LlamaForCausalLM` and `LlamaModel`.
///
/// ```text
/// model! {
///     const T: usize = 4096; const D: usize = 4096; const HIDDEN: usize = 11008; const VOCAB: usize = 32000;
///
///     block gated(x, hidden) {
///         let gated = (x -> dense(hidden, bias: false) as gate -> silu) * (x -> dense(hidden, bias: false) as up);
///         gated -> dense(D, bias: false) as down
///     }
///
///     pub Llama(tokens: u32[..=T]) -> [.., VOCAB] {
///         tokens -> embedding(VOCAB, D) as wte
///             -> repeat 32 {
///                 residual { rms_norm(epsilon: 1e-5) as norm1 -> attention(heads: 32, kv_heads: 32, causal: true, rotary: 10000, bias: false) as attn }
///                     -> residual { rms_norm(epsilon: 1e-5) as norm2 -> gated(HIDDEN) as mlp }
///             } as layers
///             -> rms_norm(epsilon: 1e-5) as norm -> dense(VOCAB, bias: false) as head
///     }
/// }
/// ```
///
/// Where the head is tied, files lack it: a model that ends with `unembedding(wte)` has none, and one with a head gets a copy. Rotary
/// positions turn halves of a head, as in `transformers`; files of the original release need [`Rules::deinterleave`] for queries and keys.
pub fn llama() -> Rules {
    Rules::new()
        .rename("[model.]embed_tokens.weight", "wte.weight")
        .rename("[model.]layers.{i}.input_layernorm.weight", "layers.{i}.norm1.weight")
        .rename("[model.]layers.{i}.self_attn.q_proj.*", "layers.{i}.attn.q.*")
        .rename("[model.]layers.{i}.self_attn.k_proj.*", "layers.{i}.attn.k.*")
        .rename("[model.]layers.{i}.self_attn.v_proj.*", "layers.{i}.attn.v.*")
        .rename("[model.]layers.{i}.self_attn.o_proj.*", "layers.{i}.attn.out.*")
        .rename("[model.]layers.{i}.post_attention_layernorm.weight", "layers.{i}.norm2.weight")
        .rename("[model.]layers.{i}.mlp.gate_proj.*", "layers.{i}.mlp.gate.*")
        .rename("[model.]layers.{i}.mlp.up_proj.*", "layers.{i}.mlp.up.*")
        .rename("[model.]layers.{i}.mlp.down_proj.*", "layers.{i}.mlp.down.*")
        .rename("[model.]norm.weight", "norm.weight")
        .rename("lm_head.weight", "head.weight")
        .tied("lm_head.weight", "[model.]embed_tokens.weight")
        .skip("[model.]layers.{i}.self_attn.rotary_emb.inv_freq")
}

/// Marian, which translates: `MarianMTModel` with one vocabulary for both languages, as OPUS-MT has it.
///
/// ```text
/// model! {
///     const T: usize = 512; const D: usize = 512; const VOCAB: usize = 58101;
///
///     block feed_forward(x) {
///         x -> residual { dense(4 * D) as up -> silu -> dense(D) as down -> dropout(0.1) } -> layer_norm as norm
///     }
///
///     pub Marian(source: u32[..=T], target: u32[..=T]) -> [target.., VOCAB] {
///         let bias = parameter([VOCAB]);
///         let scale = 22.627417; // √D, with `scale_embedding`
///         let words = source -> embedding(VOCAB, D) as shared;
///         let memory = (words * scale) -> sinusoidal_positions(order: halves) -> dropout(0.1)
///             -> repeat 6 {
///                 residual { attention(heads: 8) as attn -> dropout(0.1) } -> layer_norm as norm1
///                     -> feed_forward as mlp
///             } as encoder;
///         let words = target -> shared;
///         let logits = (words * scale) -> sinusoidal_positions(order: halves) -> dropout(0.1)
///             -> repeat 6 {
///                 residual { attention(heads: 8, causal: true) as attn -> dropout(0.1) } -> layer_norm as norm1
///                     -> residual { cross_attention(memory, heads: 8) as cross -> dropout(0.1) } -> layer_norm as norm2
///                     -> feed_forward as mlp
///             } as decoder
///             -> unembedding(shared);
///         logits + bias
///     }
/// }
/// ```
///
/// A translation begins with the token `decoder_start_token_id` of the file `config.json`, and ends with `eos_token_id`.
pub fn marian() -> Rules {
    let mut rules = Rules::new()
        .rename("model.shared.weight", "shared.weight")
        .rename("final_logits_bias", "bias")
        .leading("final_logits_bias", 1)
        .rename("model.decoder.layers.{i}.encoder_attn_layer_norm.*", "decoder.{i}.norm2.*");
    for side in ["encoder", "decoder"] {
        let file = |name: &str| format!("model.{side}.layers.{{i}}.{name}.*");
        let model = |name: &str| format!("{side}.{{i}}.{name}.*");
        let attentions = [("self_attn", "attn"), ("encoder_attn", "cross")];
        for (from, to) in attentions.into_iter().take(if side == "encoder" { 1 } else { 2 }) {
            for part in ["q", "k", "v", "out"] {
                rules = rules.rename(&file(&format!("{from}.{part}_proj")), &model(&format!("{to}.{part}")));
            }
        }
        rules = rules
            .rename(&file("self_attn_layer_norm"), &model("norm1"))
            .rename(&file("fc1"), &model("mlp.up"))
            .rename(&file("fc2"), &model("mlp.down"))
            .rename(&file("final_layer_norm"), &model("mlp.norm"))
            // Old files have copies of what is shared, and the sinusoids.
            .tied(&format!("model.{side}.embed_tokens.weight"), "model.shared.weight")
            .skip(&format!("model.{side}.embed_positions.weight"));
    }
    rules.tied("lm_head.weight", "model.shared.weight")
}

/// The vision transformer: `ViTForImageClassification` and `ViTModel`.
///
/// ```text
/// model! {
///     const SIDE: usize = 14; const T: usize = SIDE * SIDE + 1; const D: usize = 768;
///
///     pub Vit(image: [3, 224, 224]) -> [1000] {
///         let patches = image -> conv2d(D, 16, stride: 16) as patches -> reshape([D, SIDE * SIDE]) -> transpose;
///         let class_token = parameter([1, D]);
///         concat(class_token, patches) -> learned_positions as wpe
///             -> repeat 12 {
///                 residual { layer_norm(epsilon: 1e-12) as norm1 -> attention(heads: 12) as attn }
///                     -> residual { layer_norm(epsilon: 1e-12) as norm2 -> dense(4 * D) as up -> gelu -> dense(D) as down }
///             } as layers
///             -> layer_norm(epsilon: 1e-12) as norm -> first -> dense(1000) as classifier
///     }
/// }
/// ```
///
/// `ViTModel` has a `dense(D) as pooler -> tanh` in the place of the classifier.
pub fn vit() -> Rules {
    Rules::new()
        .rename("[vit.]embeddings.cls_token", "class_token")
        .rename("[vit.]embeddings.position_embeddings", "wpe.weight")
        .rename("[vit.]embeddings.patch_embeddings.projection.*", "patches.*")
        .rename("[vit.]encoder.layer.{i}.layernorm_before.*", "layers.{i}.norm1.*")
        .rename("[vit.]encoder.layer.{i}.attention.attention.query.*", "layers.{i}.attn.q.*")
        .rename("[vit.]encoder.layer.{i}.attention.attention.key.*", "layers.{i}.attn.k.*")
        .rename("[vit.]encoder.layer.{i}.attention.attention.value.*", "layers.{i}.attn.v.*")
        .rename("[vit.]encoder.layer.{i}.attention.output.dense.*", "layers.{i}.attn.out.*")
        .rename("[vit.]encoder.layer.{i}.layernorm_after.*", "layers.{i}.norm2.*")
        .rename("[vit.]encoder.layer.{i}.intermediate.dense.*", "layers.{i}.up.*")
        .rename("[vit.]encoder.layer.{i}.output.dense.*", "layers.{i}.down.*")
        .rename("[vit.]layernorm.*", "norm.*")
        .rename("[vit.]pooler.dense.*", "pooler.*")
        // The batch is a dimension of these two.
        .leading("[vit.]embeddings.cls_token", 1)
        .leading("[vit.]embeddings.position_embeddings", 1)
        .skip("[vit.]embeddings.mask_token")
}
