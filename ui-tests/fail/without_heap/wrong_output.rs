use dl::prelude::*;

model! {
    pub Net(x: [4]) -> [10] { x -> dense(10) }
}

fn main() {
    let (net, mut output) = (Net::init(1), [0.0; 9]);
    net.predict_into(&[0.0; 4], &mut output, &mut dl::Scratch::new());
}
