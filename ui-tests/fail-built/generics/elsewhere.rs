//! A generic model that gives a model from elsewhere an input of another size: said once.

use dl::prelude::*;

mod parts {
    use dl::prelude::*;

    model! { pub Encoder(x: [8]) -> [2] { x -> dense(2) } }
}

model! {
    Net<const N: usize>(x: [N]) -> [4] { x -> parts::Encoder: [2] -> dense(4) }
}

fn main() {
    let net = Net::<6>::init(1);
    println!("{:?}", net.predict_one(&[0.0; 6]));
}
