//! A file that was cut off is refused.

use dl::int8::QuantizedModel;
use dl::prelude::*;

model! {
    #[int8]
    pub Net(x: [3]) -> [2] { x -> dense(2) }
}

static NET: &NetI8 = dl::include_model!(NetI8, "../../../tests/fixtures/include/int8_truncated.safetensors");

fn main() {
    println!("{:?}", NET.input());
}
