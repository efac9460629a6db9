//! Words of Rust, of every edition, in the place of every name; `r#type` is a name like others.

use dl::prelude::*;

model! {
    const gen: usize = 3;
    const where: usize = 3;

    block async(x) { x -> relu }
    block wide(await, dyn) { await -> dense(dyn) }
    block good(x, r#try) { x -> dense(r#try) }

    pub Net(gen: [8], try: [8]) -> [4] {
        let abstract = gen -> dense(8) as gen;
        let (yield, become) = (try -> dense(8), abstract -> dense(8) as override);
        (yield + become) -> good(4) as box
    }
    loss(final: u32, r#where: [4]) { cross_entropy(output, final) + mse(output, r#where) }

    pub Several(x: [8]) -> (do: [4], unsized: [4]) {
        (x -> dense(4), x -> dense(4))
    }

    pub Self(x: [8]) -> [4] { x -> dense(4) }

    pub Generic<const Self: usize, const gen: usize, const width: usize>(x: [8]) -> [4] { x -> dense(4) }
}

fn main() {
    let net = Net::init(1);
    let _: &Net = &net;
}
