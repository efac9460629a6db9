use dl::prelude::*;

model! { pub Double(x: [4]) -> [4] { 2 * x } }

dl::export_c!(Double);

fn main() {}
