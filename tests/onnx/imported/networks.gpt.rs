// Made by `dl import` of networks.gpt.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.gpt.onnx.
    pub Gpt(tokens: u32[..=12]) -> [.., 40] {
        tokens -> embedding(40, 16) as wte -> learned_positions as wpe
            -> repeat 2 {
                residual { layer_norm as norm1 -> attention(4, causal: true) as attn }
                    -> residual {
                        layer_norm as norm2 -> dense(64) as up -> gelu(approximate: tanh)
                            -> dense(16) as down
                    }
            } as layers -> layer_norm as norm -> unembedding(wte)
    }
}
