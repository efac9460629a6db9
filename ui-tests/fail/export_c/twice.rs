use dl::prelude::*;

pub mod small {
    dl::prelude::model! { pub LeNet(x: [4]) -> [2] { x -> dense(2) } }
}

model! { pub LeNet(x: [4]) -> [2] { x -> dense(8) -> relu -> dense(2) } }

dl::export_c!(LeNet);
dl::export_c!(small::LeNet);

fn main() {}
