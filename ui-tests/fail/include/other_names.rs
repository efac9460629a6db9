use dl::prelude::*;

model! {
    pub Net(x: [3]) -> [2] { x -> dense(2) }
}

static NET: &Net = dl::include_model!(Net, "../../../tests/fixtures/include/other_names.safetensors");

fn main() {
    println!("{:?}", NET.predict_one(&[1.0, 2.0, 3.0]));
}
