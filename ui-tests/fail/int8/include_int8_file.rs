//! A network on int8 is no file of real numbers.

use dl::prelude::*;

model! {
    #[int8]
    pub Net(x: [3]) -> [2] { x -> dense(2) }
}

static NET: &Net = dl::include_model!(Net, "../../../tests/fixtures/include/int8.safetensors");

fn main() {
    println!("{:?}", NET.predict_one(&[1.0, 2.0, 3.0]));
}
