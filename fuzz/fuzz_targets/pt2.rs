//! Any bytes as a program that PyTorch exported: an error, or a file that can be shown and a network that can be imported or not.
#![no_main]

use dl_cli::file::File;
use dl_cli::import::{Options, import_program};
use dl_cli::inspect::Report;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = File::of(bytes.to_vec()) {
        assert!(!Report::new(&file, true).to_string().is_empty());
    }
    let _ = import_program(bytes.to_vec(), &Options::default());
});
