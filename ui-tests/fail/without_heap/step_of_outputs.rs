use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> (each: [.., 4], end: [4]) { let h = x -> gru(4); (h, h -> last) }
}

fn main() {
    let _ = dl::Stream::<Net>::new();
}
