//! Any bytes as a model file: an error, or a model of finite numbers.
#![no_main]

use dl::prelude::*;

dl::model! {
    Net(x: [3]) -> [2] { x -> dense(4) -> relu -> dense(2) }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(net) = Net::from_bytes(bytes) {
        assert!(dl::pod::flat(std::slice::from_ref(&*net)).iter().all(|weight| weight.is_finite()));
    }
});
