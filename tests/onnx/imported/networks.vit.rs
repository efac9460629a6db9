// Made by `dl import` of networks.vit.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.vit.onnx.
    pub Vit(image: [3, 8, 8]) -> [5] {
        let class_token = parameter([1, 16]);
        let a = image -> conv2d(16, 4, stride: 4) as patches -> reshape([16, 4]) -> transpose;
        concat(class_token, a) -> learned_positions as wpe
            -> repeat 2 {
                residual { layer_norm as norm1 -> attention(4) as attn }
                    -> residual {
                        layer_norm as norm2 -> dense(32) as up -> gelu -> dense(16) as down
                    }
            } as layers -> layer_norm as norm -> first -> dense(5) as classifier
    }
}
