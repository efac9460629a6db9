//! Any text as the JSON of a checkpoint: an error, or a session that goes on.
#![no_main]

use dl::io::Save;
use dl::prelude::*;

dl::model! {
    Net(x: [3]) -> [2] { x -> dense(4) -> relu -> dense(2) }
}

libfuzzer_sys::fuzz_target!(|json: &str| {
    let path = std::env::temp_dir().join(format!("dl-fuzz-{}.safetensors", std::process::id()));
    let net = Net::init(1);
    Save::new().metadata("checkpoint", json).save(&*net, &path).expect("a folder for temporary files");
    let mut training = net.training(Cpu::with_threads(1), 2).expect("memory");
    if training.load_checkpoint::<Option<f64>, _>(&Sgd::new(0.1), &path).is_ok() {
        assert!(training.steps() <= u64::MAX / 2);
    }
});
