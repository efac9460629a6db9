//! Networks and helpers of the tests of freezing and groups.
#![allow(dead_code)]

use crate::common::{Fixture, STEPS, agree};
use dl::data::Dataset;
use dl::pod::flat;
use dl::prelude::*;
use dl::{Passes, Pod};
use std::slice::from_ref;

model! {
    pub Tuned(x: [6]) -> [3] {
        x -> dense(8) as first -> tanh -> batch_norm as norm -> dense(5) as second -> tanh -> dense(3) as head
    }

    pub Encoder(image: [1, 8, 8]) -> [24] { image -> flatten -> dense(24) -> batch_norm as norm -> relu }
    pub Net(image: [1, 8, 8]) -> [10] { image -> Encoder as encoder -> dropout(0.2) -> dense(10) as head }

    pub Maps(image: [1, 8, 8]) -> [10] {
        image -> conv2d(4, 3) as conv -> batch_norm as norm -> relu -> flatten -> dense(10) as head
    }
}

pub type Digits = Dataset<dl::Input<Net>, u32>;

pub fn digits() -> Digits {
    dl::data::digits().train.split_at(250).0
}

pub fn numbers<M: Pod<Element = f32>>(net: &M) -> Vec<f32> {
    flat(from_ref(net)).to_vec()
}

pub fn bits<M: Pod<Element = f32>>(net: &M) -> Vec<u32> {
    flat(from_ref(net)).iter().map(|w| w.to_bits()).collect()
}

pub fn copy(net: &Net) -> Box<Net> {
    let mut copy = Net::init(0);
    dl::pod::flat_mut(std::slice::from_mut(&mut *copy)).copy_from_slice(flat(from_ref(net)));
    copy
}

/// The names of the tensors that differ.
pub fn moved<M: Passes>(before: &M, after: &M) -> Vec<String> {
    let (before, after) = (bits(before), bits(after));
    M::TENSORS
        .iter()
        .filter(|tensor| before[tensor.range()] != after[tensor.range()])
        .map(|tensor| tensor.name)
        .collect()
}

/// Ten steps as in `fine_tuning.py`; `at` is called before each of them.
pub fn like_pytorch<D: Device, O: Optimizer>(
    device: &D,
    case: &str,
    optimizer: O,
    clip: Option<f64>,
    mut at: impl FnMut(usize, &mut Training<Tuned, D>),
) {
    let fixture = Fixture::open("fine_tuning.safetensors");
    let mut net = fixture.model::<Tuned>("start/");
    let inputs: Vec<[[f32; 6]; 7]> = fixture.samples("input");
    let targets: Vec<[u32; 7]> = fixture.samples("target");
    let mut training = Training::on(device.clone(), &*net, 7).unwrap();
    let (mut losses, mut weights) = (Vec::new(), vec![Vec::new(); Tuned::TENSORS.len()]);
    for (step, (inputs, targets)) in inputs.iter().zip(&targets).enumerate() {
        at(step, &mut training);
        training.forward(inputs).unwrap();
        losses.push(training.loss(&CrossEntropy, targets).unwrap());
        training.backward();
        if let Some(limit) = clip {
            training.clip(Clip::Norm(limit)).unwrap();
        }
        training.step(&optimizer).unwrap();
        training.store(&mut net).unwrap();
        for (tensor, history) in Tuned::TENSORS.iter().zip(&mut weights) {
            history.extend_from_slice(&flat(from_ref(&*net))[tensor.range()]);
        }
    }
    agree(&format!("{case}: losses"), &losses, &fixture.floats(&format!("{case}/loss")), STEPS);
    for (tensor, history) in Tuned::TENSORS.iter().zip(&weights) {
        let expected = fixture.floats(&format!("{case}/weights/{}", tensor.name));
        agree(&format!("{case}: {}", tensor.name), history, &expected, STEPS);
    }
}
