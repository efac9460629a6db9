use dl::prelude::*;

model! {
    pub Net<const K: usize>(x: [.., 8]) -> [.., 8] { x -> conv1d(8, K, padding: causal) -> relu }
}

fn main() {
    let _ = dl::Stream::<Net<3>>::new();
}
