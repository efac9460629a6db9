// Made by `dl import` of networks.checkpointed.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block thin(x) {
        x -> residual {
            layer_norm as layer_norm1 -> dense(12) as dense1 -> gelu -> dense(6) as dense2
        }
    }

    /// Imported from networks.checkpointed.onnx.
    pub Checkpointed(x: [.., 6]) -> [.., 6] {
        x -> repeat 3 { thin as thin1 } as stack
    }
}
