use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [4] { x -> lstm(4) -> last }
}

fn main() {
    let _ = dl::Scratch::<Net>::new();
}
