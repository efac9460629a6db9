use dl::prelude::*;

model! {
    pub Net(x: [.., 4]) -> [.., 4] { let end = x -> gru(4) -> last; x + end }
}

fn main() {
    let _ = dl::Stream::<Net>::new();
}
