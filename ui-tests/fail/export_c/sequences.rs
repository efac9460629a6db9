use dl::prelude::*;

model! { pub Tagger(tokens: u32[..]) -> [.., 3] { tokens -> embedding(50, 8) -> lstm(8) -> dense(3) } }

dl::export_c!(Tagger);

fn main() {}
