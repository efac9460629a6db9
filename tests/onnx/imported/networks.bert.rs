// Made by `dl import` of networks.bert.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.bert.onnx.
    pub Bert(tokens: u32[12], types: u32[12]) -> [12, 40] {
        let bias = parameter([40]);
        let a = tokens -> embedding(40, 16) as wte -> learned_positions as wpe;
        let b = (a + (types -> embedding(2, 16) as wtt)) -> layer_norm(epsilon: 1e-12) as norm
            -> repeat 2 {
                residual { attention(4) as attn } -> layer_norm as norm1
                    -> residual { dense(32) as up -> gelu -> dense(16) as down }
                    -> layer_norm as norm2
            } as layers -> unembedding(wte);
        b + (bias -> reshape([1, 40]))
    }
}
