// Made by `dl import` of networks.gru.onnx; the weights are in the safetensors file beside this one.
use dl::prelude::*;

model! {
    /// Imported from networks.gru.onnx.
    pub GruTagger(words: u32[..]) -> [.., 5] {
        words -> embedding(40, 8) as words_in -> gru(6, layers: 2) as gru1 -> dense(5) as dense1
    }
}
