//! The file is that of another network on int8.

use dl::int8::QuantizedModel;
use dl::prelude::*;

model! {
    #[int8]
    pub Net(x: [3]) -> [4] { x -> dense(4) as head }
}

static NET: &NetI8 = dl::include_model!(NetI8, "../../../tests/fixtures/include/int8.safetensors");

fn main() {
    println!("{:?}", NET.input());
}
