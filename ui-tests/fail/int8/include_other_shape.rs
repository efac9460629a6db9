//! The network of the file has another number of outputs.

use dl::int8::QuantizedModel;
use dl::prelude::*;

model! {
    #[int8]
    pub Net(x: [3]) -> [4] { x -> dense(4) }
}

static NET: &NetI8 = dl::include_model!(NetI8, "../../../tests/fixtures/include/int8.safetensors");

fn main() {
    println!("{:?}", NET.input());
}
