use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [4] { x -> lstm(4) -> last }
}

fn main() {
    let (net, mut output) = (Net::init(1), [0.0; 4]);
    net.predict_into(&[0.0; 8], &mut output, &mut dl::Scratch::new());
}
