//! Networks on int8: `#[int8]`, their quantization, and their files.
#![allow(missing_docs)]

use dl::Error;
use dl::int8::{Calibration, Native, Portable, QuantizedFile, QuantizedModel, Scratch};
use dl::pod::flat;
use dl::prelude::*;
use std::slice::from_ref;

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

model! {
    /// LeNet-5 for 28×28 grey-scale digits.
    #[int8]
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2)
            -> conv2d(16, 5) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(120) -> relu
            -> dense(84) -> relu
            -> dense(10) as logits
    }

    block basic(x: [c, h, w], channels, stride: 1) {
        let shortcut = if stride != 1 || c != channels {
            x -> conv2d(channels, 1, stride: stride, bias: false) -> batch_norm
        } else {
            x
        };
        let main = x
            -> conv2d(channels, 3, stride: stride, padding: 1, bias: false) -> batch_norm -> relu
            -> conv2d(channels, 3, padding: 1, bias: false) -> batch_norm;
        (main + shortcut) -> relu
    }

    /// Every operation that has a form on int8.
    #[int8]
    Everything(x: [3, 12, 12]) -> [5] {
        let h = x
            -> pad2d([1, 1, 0, 2]) -> conv2d(8, 3, bias: false) -> batch_norm -> relu6 -> dropout(0.1)
            -> basic(8) -> basic(16, stride: 2);
        let a = h -> depthwise_conv2d(3, padding: 1) -> hard_swish;
        let b = h -> conv2d(16, 3, padding: 2, dilation: 2, groups: 4) -> batch_norm -> tanh;
        let c = (a * b) - (h -> max_pool2d(3, stride: 1, padding: 1));
        let d = c -> avg_pool2d(3, stride: 1, padding: 1);
        let e = concat(c, d) -> conv2d(6, 1) -> silu;
        concat(e -> global_avg_pool2d, e -> adaptive_max_pool2d(2) -> flatten, axis: 0)
            -> dense(12, bias: false) -> batch_norm -> leaky_relu -> dense(5) -> softmax
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

    for image in &digits.test.inputs {
        let expected = scores(&*small, &mut scratch, image);
        for kernels in Native::all() {
            let mut output = [0.0; 10];
            small.predict_with(kernels, image, &mut output, &mut scratch);
            assert_eq!(output, expected, "{kernels:?}");
        }
    }
}

#[test]
fn mnist_loses_less_than_half_a_point() {
    let Some(folder) = std::env::var_os("DL_DATA") else {
        return println!("SKIP: `DL_DATA` names no folder with MNIST");
    };
    let mnist = match dl::data::mnist(std::path::Path::new(&folder).join("mnist")) {
        Ok(mnist) => mnist,
        Err(error) => return println!("SKIP: {error}"),
    };
    // A third of it is enough for the question.
    let (train, _) = mnist.train.split(1.0 / 3.0);
    let mut net = LeNet::init(42);
    Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).batch_size(64).epochs(2).quiet().fit(&mut net, &train).unwrap();
    let small = LeNet::quantize(&net, &train.inputs[..300]).unwrap();
    let mut scratch = Scratch::new();
    let float = accuracy(&mnist.test.inputs, &mnist.test.targets, |image| *net.predict_one(image));
    let int8 = accuracy(&mnist.test.inputs, &mnist.test.targets, |image| scores(&*small, &mut scratch, image));
    println!("float {float:.2} %, int8 {int8:.2} %");
    assert!(float > 96.0, "{float}");
    assert!((float - int8).abs() <= 0.5, "float {float} %, int8 {int8} %");
}

/// Random images, of which no two are alike.
fn images(count: usize) -> Vec<[[[f32; 12]; 12]; 3]> {
    let mut random = 1_u32;
    let mut next = move || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| std::array::from_fn(|_| std::array::from_fn(|_| std::array::from_fn(|_| next())))).collect()
}

/// Trains a little, so that batch norm has statistics and probabilities differ.
fn everything() -> Box<Everything> {
    let images = images(64);
    let labels =
        images.iter().map(|image| u32::from(image[0][3][4] > 0.0) + 2 * u32::from(image[1][5][5] > 0.3)).collect();
    let data = dl::data::Dataset::new(images, labels).unwrap();
    let mut net = Everything::init(3);
    Trainer::new(Adam::new(3e-3)).loss(CrossEntropy).epochs(8).batch_size(16).quiet().fit(&mut net, &data).unwrap();
    net
}

#[test]
fn every_operation_is_near_its_real_numbers_and_the_same_everywhere() {
    let (net, images) = (everything(), images(40));
    let small = Everything::quantize(&net, &images).unwrap();
    let mut scratch = Scratch::new();
    let (mut error, mut spread) = (0.0, 0.0);
    for image in &images {
        let (real, mut int8) = (net.predict_one(image), [0.0; 5]);
        small.predict_into(image, &mut int8, &mut scratch);
        error += real.iter().zip(&int8).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        spread += real.iter().map(|x| (x - 0.2).powi(2)).sum::<f32>();
        let mut portable = [0.0; 5];
        small.predict_with(Portable, image, &mut portable, &mut scratch);
        assert_eq!(portable, int8);
        assert!((int8.iter().sum::<f32>() - 1.0).abs() < 0.02, "{int8:?}");
    }
    println!("error {:.4} of the spread", (error / spread).sqrt());
    assert!((error / spread).sqrt() < 0.1, "{error} of {spread}");
}

#[test]
fn int8_in_and_out_is_what_real_numbers_become() {
    let (net, images) = (everything(), images(10));
    let small = Everything::quantize(&net, &images).unwrap();
    let mut scratch = Scratch::new();
    for image in &images {
        let mut input = [[[0; 12]; 12]; 3];
        dl::int8::quantize(small.input(), flat(from_ref(image)), dl::int8::flat_mut(&mut input));
        let (mut int8, mut real) = ([0; 5], [0.0; 5]);
        small.predict_i8_into(&input, &mut int8, &mut scratch);
        small.predict_into(image, &mut real, &mut scratch);
        assert_eq!(int8.map(|q| small.output().dequantize(q)), real);
    }
}

#[test]
fn a_percentile_cuts_what_is_far_away() {
    let (net, mut images) = (everything(), images(30));
    let plain = Everything::quantize(&net, &images).unwrap();
    images[0][0][0][0] = 1000.0;
    let far = Everything::quantize(&net, &images).unwrap();
    let cut = Calibration::new().percentile(99.9).quantize(&*net, &images).unwrap();
    assert!(far.input().scale > 100.0 * plain.input().scale);
    assert!(cut.input().scale < 2.0 * plain.input().scale, "{:?} {:?}", cut.input(), plain.input());
}

#[test]
fn samples_that_say_nothing_are_refused() {
    let net = Digits::init(1);
    let error = |samples: &[[[[f32; 8]; 8]; 1]]| Digits::quantize(&net, samples).map(|_| ()).unwrap_err();
    assert_eq!(error(&[]).to_string(), "the set of samples for the calibration is empty");
    let mut image = [[[0.5; 8]; 8]];
    image[0][2][3] = f32::NAN;
    assert!(matches!(error(&[[[[0.5; 8]; 8]], image]), Error::SampleNotFinite { sample: 1, .. }));
    let zeros = error(&[[[[0.0; 8]; 8]]]).to_string();
    assert!(zeros.starts_with("`image` cannot be quantized: it is 0 for all samples"), "{zeros}");
    let mut broken = net.clone();
    broken.conv1.weight[0][0][0][0] = f32::INFINITY;
    let error = Digits::quantize(&broken, &[[[[0.5; 8]; 8]]]).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Quantize { .. }), "{error}");
    for percent in [50.0, 101.0, f64::NAN] {
        let error = Calibration::new().percentile(percent).quantize(&*net, &[[[[0.5; 8]; 8]]]).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Setting { setting: "percentile", .. }), "{error}");
    }
}

#[test]
fn files_are_exact_and_checked() {
    let digits = dl::data::digits();
    let small = Digits::quantize(&Digits::init(7), &digits.train.inputs[..50]).unwrap();
    let bytes = small.to_bytes().unwrap();
    let again = DigitsI8::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes().unwrap(), bytes);
    let mut scratch = Scratch::new();
    for image in &digits.test.inputs[..20] {
        assert_eq!(scores(&*small, &mut scratch, image), scores(&*again, &mut scratch, image));
    }
    // What `include_model!` does while the compiler runs.
    let included: DigitsI8 = dl::included("digits.safetensors", &bytes);
    assert_eq!(included.to_bytes().unwrap(), bytes);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("digits.safetensors");
    small.save(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    DigitsI8::load(&path).unwrap();

    let message = |bytes: &[u8]| DigitsI8::from_bytes(bytes).map(|_| ()).unwrap_err().to_string();
    // The file of the network with real numbers.
    assert!(message(&Digits::init(7).to_bytes().unwrap()).contains("does not fit the model `DigitsI8`"));
    let with = |from: &str, to: &str| {
        let (text, to) =
            (bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap(), to.as_bytes());
        let mut bytes = bytes.clone();
        bytes[text..text + to.len()].copy_from_slice(to);
        message(&bytes)
    };
    let wrong = with(r#""I32","shape":[8]"#, r#""F32","shape":[8]"#);
    assert!(wrong.contains("expected elements I32, found F32"), "{wrong}");
    for len in [0, 7, 100, bytes.len() - 1] {
        message(&bytes[..len]);
    }
}
