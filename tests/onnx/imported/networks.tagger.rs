// Made by `dl import` of networks.tagger.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.tagger.onnx.
    pub Tagger(words: u32[..]) -> [.., 5] {
        words -> embedding(40, 8) as embedding1 -> lstm(6, bidirectional: true) as lstm1
            -> dense(5) as dense1
    }
}
