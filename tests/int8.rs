//! Networks on int8: `#[int8]`, their quantization, and their files.
#![allow(missing_docs)]

use dl::int8::{Quantize, QuantizedFile, QuantizedModel, Scratch};
use dl::prelude::*;

model! {
    /// Reads handwritten digits of 8×8 pixels.
    #[int8]
    pub Digits(image: [1, 8, 8]) -> [10] {
        image
            -> conv2d(8, 3, padding: 1) -> relu -> max_pool2d(2)
            -> conv2d(16, 3, padding: 1) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(32) -> relu
            -> dense(10) as logits
    }
}

/// Returns the share of samples, in percent, whose largest score is that of their class.
fn accuracy<I>(inputs: &[I], targets: &[u32], mut scores: impl FnMut(&I) -> [f32; 10]) -> f64 {
    let right = inputs.iter().zip(targets).filter(|(input, target)| {
        let scores = scores(input);
        let best = (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        best == **target as usize
    });
    100.0 * right.count() as f64 / inputs.len() as f64
}

/// Computes the scores of a network on int8.
fn scores<M: QuantizedModel<Output = [f32; 10]>>(net: &M, scratch: &mut Scratch<M>, input: &M::Input) -> [f32; 10] {
    let mut output = [0.0; 10];
    net.predict_into(input, &mut output, scratch);
    output
}

fn trained() -> Box<Digits> {
    let digits = dl::data::digits();
    let mut net = Digits::init(42);
    Trainer::new(Adam::new(3e-3)).loss(CrossEntropy).epochs(20).quiet().fit(&mut net, &digits.train).unwrap();
    net
}

#[test]
fn digits_lose_less_than_half_a_point() {
    let (digits, net) = (dl::data::digits(), trained());
    let small = Digits::quantize(&net, &digits.train.inputs[..200]).unwrap();
    let mut scratch = Scratch::new();
    let float = accuracy(&digits.test.inputs, &digits.test.targets, |image| *net.predict_one(image));
    let int8 = accuracy(&digits.test.inputs, &digits.test.targets, |image| scores(&*small, &mut scratch, image));
    println!("float {float:.2} %, int8 {int8:.2} %");
    assert!(float > 95.0, "{float}");
    assert!((float - int8).abs() <= 0.5, "float {float} %, int8 {int8} %");

    let bytes = small.to_bytes().unwrap();
    let again = DigitsI8::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes().unwrap(), bytes);
    for image in &digits.test.inputs[..20] {
        assert_eq!(scores(&*small, &mut scratch, image), scores(&*again, &mut scratch, image));
    }
}
