//! Tests of files: compared with those that PyTorch writes, and with every kind of mistake.

mod atomic;
mod files;
mod fuzz;
mod kinds;
mod model;
mod names;
mod rule_mistakes;
mod rules;
