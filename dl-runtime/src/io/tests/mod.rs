//! Files against what PyTorch writes, and against every way to be wrong.

mod atomic;
mod files;
mod fuzz;
mod kinds;
mod model;
mod names;
