use dl::prelude::*;

model! {
    pub Net(image: [1, 28, 28]) -> [10] { image -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2) -> flatten -> dense(10) }
}

const _: () = assert!(size_of::<dl::Scratch<Net>>() < 4096, "the network wants too much memory for this board");

fn main() {}
