use dl::prelude::*;

model! {
    pub Net(x: [4]) -> [10] { x -> dense(16) -> dense(10) }
    pub Other(x: [4]) -> [10] { x -> dense(8) -> dense(10) }
}

fn main() {
    let (net, mut output) = (Net::init(1), [0.0; 10]);
    let mut scratch = dl::Scratch::<Other>::new();
    net.predict_into(&[0.0; 4], &mut output, &mut scratch);
}
