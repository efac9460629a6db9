use dl::prelude::*;

model! {
    pub Net(x: [4, 8]) -> [4, 8] { x -> dense(8) -> attention(heads: 2) }
}

fn main() {
    let net = Net::init(1);
    let mut output = [[0.0; 8]; 4];
    net.predict_into(&[[0.0; 8]; 4], &mut output, &mut dl::Scratch::new());
}
