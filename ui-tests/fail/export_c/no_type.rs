use dl::prelude::*;

model! { pub LeNet(x: [4]) -> [2] { x -> dense(2) } }

dl::export_c!("lenet.safetensors");

fn main() {}
