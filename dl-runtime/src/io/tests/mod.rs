//! Files against what PyTorch writes, and against every way to be wrong.

mod files;
mod fuzz;
mod kinds;
mod model;
mod names;
