//! In place of `bar.rs` without the feature `progress`, and where programs have no terminal.

/// No bar.
pub struct Bar;

impl Bar {
    pub fn new(_quiet: bool) -> Self {
        Bar
    }
    pub fn begin(&mut self, _epoch: usize, _epochs: usize, _batches: usize, _done: usize) {}
    pub fn step(&mut self, _loss: f64, _samples: usize) {}
    pub fn message(&self, _text: &'static str) {}
    pub fn clear(&self) {}
}
