use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [4] { x -> gru(2, bidirectional: true) -> last }
}

fn main() {
    let (net, mut output) = (Net::init(1), [0.0; 4]);
    let mut stream = dl::Stream::new();
    net.step_into(&[0.0; 8], &mut output, &mut stream, &mut dl::Scratch::new());
}
