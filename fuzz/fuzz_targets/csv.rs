//! Any bytes as a table: an error, or as many inputs as targets.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for header in [true, false] {
        if let Ok(set) = dl::data::Csv::new().header(header).parse::<[f32; 2], u32>(bytes) {
            assert_eq!(set.inputs.len(), set.targets.len());
        }
    }
});
