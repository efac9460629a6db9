//! Carrying the state of models that remember something else than recurrent layers do, or nothing.

use dl::prelude::*;

model! {
    pub Both(x: [.., 8]) -> [.., 16] { x -> lstm(8, bidirectional: true) }
    pub Looks(tokens: u32[..]) -> [.., 8] { tokens -> embedding(50, 8) -> attention(2, causal: true) -> gru(8) }
    pub Plain(x: [8]) -> [8] { x -> dense(8) }
}

fn main() {
    let _ = Both::init(1).training(Cpu::new(), 1).unwrap().carry_state(true);
    let _ = Looks::init(1).training(Cpu::new(), 1).unwrap().carry_state(true);
    let trainer: Trainer<Plain, [f32; 8], _> = Trainer::new(Adam::new(1e-3));
    let _ = trainer.carry_state(true);
}
