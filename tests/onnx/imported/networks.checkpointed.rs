// Made by `dl import` of networks.checkpointed.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    block stack_block(x) {
        x -> repeat 3 {
            residual {
                    layer_norm as layer_norm1 -> dense(12) as dense1 -> gelu -> dense(6) as dense2
                }
        } as part1
    }

    /// Imported from networks.checkpointed.onnx.
    pub Checkpointed(x: [.., 6]) -> [.., 6] {
        x -> stack_block as stack
    }
}
