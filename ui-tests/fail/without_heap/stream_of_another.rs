use dl::prelude::*;

model! {
    pub Net(x: [.., 8]) -> [.., 4] { x -> gru(4) }
    pub Other(x: [.., 8]) -> [.., 4] { x -> gru(6) -> dense(4) }
}

fn main() {
    let (net, mut output) = (Net::init(1), [0.0; 4]);
    let mut stream = dl::Stream::<Other>::new();
    net.step_into(&[0.0; 8], &mut output, &mut stream, &mut dl::Scratch::new());
}
