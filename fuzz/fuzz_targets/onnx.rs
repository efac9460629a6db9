//! Any bytes as ONNX: an error, or a file that can be shown, with no more bytes of tensors than it has.
#![no_main]

use dl_cli::file::File;
use dl_cli::inspect::Report;

libfuzzer_sys::fuzz_target!(|rest: &[u8]| {
    let bytes = [b"\x08\x08\x3a", rest].concat();
    let len = bytes.len();
    if let Ok(file) = File::of(bytes) {
        let report = Report::new(&file, true);
        assert!(report.bytes <= 8 * len && !report.to_string().is_empty());
    }
});
