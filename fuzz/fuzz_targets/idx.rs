//! Any bytes as an IDX file, plain or packed: an error, or samples of finite numbers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(samples) = dl::data::idx::parse::<[[f32; 2]; 2]>(bytes) {
        assert!(samples.as_flattened().as_flattened().iter().all(|number| number.is_finite()));
    }
    let _ = dl::data::idx::parse::<u32>(bytes);
});
