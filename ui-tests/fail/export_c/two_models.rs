use dl::prelude::*;

model! {
    pub Encoder(x: [4]) -> [2] { x -> dense(2) }
    pub Decoder(x: [2]) -> [4] { x -> dense(4) }
}

dl::export_c!(Encoder, Decoder);

fn main() {}
