//! `LeNet` with dl.
#[path = "../../../common/measure.rs"]
mod measure;
#[path = "../networks.rs"]
mod networks;

use dl::{Cpu, Session};
use networks::LeNet;

static NET: &LeNet = dl::include_model!(LeNet, "../../../weights/lenet.safetensors");

fn main() {
    let input = [pixels()];
    let mut session = Session::on(Cpu::with_threads(1), NET, 1).expect("memory");
    let mut outputs = [[0.0; 10]];
    measure::report(|| {
        session.predict_into(&input, &mut outputs).expect("numbers");
        outputs[0].to_vec()
    });
}

fn pixels() -> dl::Input<LeNet> {
    dl::tensor::pod::shaped(&measure::pixels()).expect("784 pixels")[0]
}
