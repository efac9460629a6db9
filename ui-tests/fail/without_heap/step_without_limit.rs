use dl::prelude::*;

model! {
    Part(x: [.., 8]) -> [.., 8] { x -> dense(8) -> attention(heads: 2, causal: true) }
    pub Net(x: [.., 8]) -> [.., 8] { x -> Part as part }
}

static STREAM: dl::Stream<Net> = dl::Stream::new();

fn main() {
    let _ = &STREAM;
}
