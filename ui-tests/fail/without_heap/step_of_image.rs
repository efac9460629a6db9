use dl::prelude::*;

model! {
    pub Net(image: [1, 8, 8]) -> [10] { image -> flatten -> dense(10) }
}

fn main() {
    let (net, mut output) = (Net::init(1), [0.0; 10]);
    let mut stream = dl::Stream::new();
    net.step_into(&[[[0.0; 8]; 8]; 1], &mut output, &mut stream, &mut dl::Scratch::new());
}
