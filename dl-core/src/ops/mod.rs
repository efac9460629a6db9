//! Operations of inference on one sample, in plain scalar Rust. Each has a file with the name of its room in `dl-runtime`.
