use dl::prelude::*;

model! {
    pub Net(image: [1, 28, 28]) -> [10] { image -> flatten -> dense(10) }
}

fn main() {
    let (net, mut output) = (Net::init(1), [0.0; 10]);
    net.predict_into(&[[[0.0; 32]; 32]; 1], &mut output, &mut dl::Scratch::new());
}
