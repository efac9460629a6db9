use dl::prelude::*;

model! {
    Part(x: [3, 8]) -> [3, 8] { x -> dense(8) -> cumsum(axis: 0) as sums }
    pub Net(x: [3, 8]) -> [3, 8] { x -> Part as part }
}

fn main() {
    static SCRATCH: dl::Scratch<Net> = dl::Scratch::new();
    let _ = &SCRATCH;
}
