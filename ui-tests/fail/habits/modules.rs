//! Layers behind the modules of other systems, and fields of `self`.

use dl::prelude::*;

model! {
    Torch(x: [8]) -> [4] { x -> nn.Linear(16) -> torch.relu -> nn::Linear(4) }
    Unknown(x: [8]) -> [4] { x -> nn.Masking -> dense(4) }
    Field(x: [8]) -> [4] { self.fc(x) -> relu }
    Path(x: [8]) -> [4] { x -> parts.Encoder -> dense(4) }
    Value(x: [8]) -> [4] { x.clone() -> dense(4) }
    Again(x: [8]) -> [4] { x -> dense(4) -> x.relu() }
}

fn main() {}
