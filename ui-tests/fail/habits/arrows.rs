//! Words of other languages for an arrow.

use dl::prelude::*;

model! {
    Fat(x: [8]) -> [4] { x => dense(16) => relu => dense(4) }
    Elixir(x: [8]) -> [4] { x |> dense(16) |> relu |> dense(4) }
    Long(x: [8]) -> [4] { x --> dense(4) }
    Torn(x: [8]) -> [4] { x - > dense(4) }
    Method(x: [8]) -> [4] { x.dense(16).relu().dense(4) }
    Sequence(x: [8]) -> [4] { x -> dense(16), relu, dense(4) }
    Sum(x: [8]) -> [4] { x -> dense(16) + relu + dense(4) }
}

fn main() {}
