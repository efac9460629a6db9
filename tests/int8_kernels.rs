//! The kernels of int8 against TensorFlow Lite for Microcontrollers: every number of `fixtures/int8.safetensors` must be the same.
#![allow(missing_docs)]

use dl::int8::{
    self, Conv2dOp, Kernels, Multiplier, Native, Output, PoolSizes, Portable, Product, Quantization, Scaling, Sum,
    Weights, Windows, conv2d, dense,
};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use std::process::Command;

/// One case of the file.
struct Case<'a> {
    name: &'a str,
    settings: &'a Value,
    file: &'a SafeTensors<'a>,
}

impl<'a> Case<'a> {
    fn bytes(&self, tensor: &str, dtype: Dtype) -> &'a [u8] {
        let view = self.file.tensor(&format!("{}/{tensor}", self.name)).unwrap();
        assert_eq!(view.dtype(), dtype);
        view.data()
    }
    fn int8(&self, tensor: &str) -> Vec<i8> {
        self.bytes(tensor, Dtype::I8).iter().map(|&byte| byte as i8).collect()
    }
    fn words(&self, tensor: &str, dtype: Dtype) -> impl Iterator<Item = [u8; 4]> + use<'a> {
        self.bytes(tensor, dtype).chunks_exact(4).map(|word| word.try_into().unwrap())
    }
    fn shape(&self, tensor: &str) -> Vec<usize> {
        self.file.tensor(&format!("{}/{tensor}", self.name)).unwrap().shape().to_vec()
    }
    fn quantization(&self, of: &str) -> Quantization {
        let Value::Array(numbers) = &self.settings[of] else { panic!("no {of}") };
        Quantization {
            scale: numbers[0].as_f64().unwrap() as f32,
            zero_point: numbers[1].as_i64().unwrap().try_into().unwrap(),
        }
    }
    fn output(&self) -> Output {
        let limits = match self.settings["activation"].as_str().unwrap() {
            "none" => [f32::NEG_INFINITY, f32::INFINITY],
            "relu" => [0.0, f32::INFINITY],
            "relu6" => [0.0, 6.0],
            other => panic!("{other}"),
        };
        Output::limited(self.quantization("output"), limits)
    }
    fn pair(&self, of: &str) -> [usize; 2] {
        [0, 1].map(|i| self.settings[of][i].as_u64().unwrap() as usize)
    }
    /// Calls `f` with the weights and the parameters of the channels of a dense layer or a convolution.
    fn weighted(&self, f: impl FnOnce(Weights<'_>)) {
        let weight = self.int8("weight");
        let outputs = self.shape("weight")[0];
        let (input, output) = (self.quantization("input"), self.quantization("output"));
        let factors: Vec<Multiplier> = self
            .words("weight_scale", Dtype::F32)
            .map(|scale| {
                let scale = f64::from(f32::from_le_bytes(scale));
                Multiplier::new(f64::from(input.scale) * scale / f64::from(output.scale))
            })
            .collect();
        let bias: Vec<i32> = self
            .words("bias", Dtype::I32)
            .zip(weight.chunks_exact(weight.len() / outputs))
            .map(|(bias, row)| {
                let sum: i32 = row.iter().map(|&w| i32::from(w)).sum();
                i32::from_le_bytes(bias) - sum * i32::from(input.zero_point)
            })
            .collect();
        let multiplier: Vec<i32> = factors.iter().map(|factor| factor.mantissa).collect();
        let exponent: Vec<i8> = factors.iter().map(|factor| factor.exponent).collect();
        f(Weights {
            weight: &weight,
            bias: &bias,
            multiplier: &multiplier,
            exponent: &exponent,
            input_zero_point: input.zero_point,
            output: self.output(),
        });
    }
}

/// Computes a case with `kernels`.
fn run(case: &Case, kernels: impl Kernels) -> Vec<i8> {
    let mut y = vec![99; case.shape("y").iter().product()];
    let image = |tensor| {
        let shape = case.shape(tensor);
        [shape[1], shape[2]]
    };
    match case.settings["op"].as_str().unwrap() {
        "conv2d" => {
            let x = case.int8("x");
            let (shape, weight) = (case.shape("x"), case.shape("weight"));
            let op = Conv2dOp {
                inputs: shape[0],
                image: image("x"),
                outputs: weight[0],
                size: image("y"),
                kernel: [weight[2], weight[3]],
                stride: case.pair("stride"),
                padding: case.pair("padding"),
                dilation: case.pair("dilation"),
                groups: case.settings["groups"].as_u64().unwrap() as usize,
            };
            case.weighted(|weights| conv2d::conv2d(kernels, &op, weights, &x, &mut y, &mut vec![0; op.columns()]));
        }
        "dense" => {
            let x = case.int8("x");
            case.weighted(|weights| dense::dense(kernels, weights, &x, &mut y));
        }
        kind @ ("max_pool" | "avg_pool") => {
            let windows = Windows::Sliding {
                kernel: case.pair("kernel"),
                stride: case.pair("stride"),
                padding: case.pair("padding"),
            };
            let sizes = PoolSizes { image: image("x"), size: image("y"), windows };
            match kind {
                "max_pool" => int8::pool::max(&sizes, &case.int8("x"), &mut y),
                _ => int8::pool::avg(&sizes, None, &case.int8("x"), &mut y),
            }
        }
        kind @ ("add" | "sub" | "mul") => {
            let operands = ["a", "b"].map(|of| case.quantization(of));
            let [a, b] = ["a", "b"].map(|of| case.int8(of));
            let (scale, output) = (case.quantization("output").scale, case.output());
            match kind {
                "add" => int8::add(&Sum::new(operands, scale, output), &a, &b, &mut y),
                "sub" => int8::sub(&Sum::new(operands, scale, output), &a, &b, &mut y),
                _ => int8::mul(&Product::new(operands, scale, output), &a, &b, &mut y),
            }
        }
        "softmax" => {
            let scaling = Scaling::new(case.quantization("input").scale);
            int8::softmax::softmax(scaling, case.shape("x")[1], &case.int8("x"), &mut y);
        }
        "concat" => {
            let (whole, mut offset) = (y.len(), 0);
            for k in 0.. {
                if case.file.tensor(&format!("{}/x{k}", case.name)).is_err() {
                    break;
                }
                let x = case.int8(&format!("x{k}"));
                int8::concat(1, whole, offset, &x, &mut y);
                offset += x.len();
            }
        }
        "pad" => {
            let padding = [0, 1, 2, 3].map(|i| case.settings["padding"][i].as_u64().unwrap() as usize);
            let zero = case.settings["zero"].as_i64().unwrap() as i8;
            int8::pad2d(image("x"), padding, zero, &case.int8("x"), &mut y);
        }
        "function" => {
            let f = |x: f32| match case.name {
                "elu" if x > 0.0 => x,
                "elu" => x.exp_m1(),
                "tanh" => x.tanh(),
                "sigmoid" => 1.0 / (1.0 + (-x).exp()),
                other => panic!("no function {other}"),
            };
            let table = int8::table(case.quantization("input"), case.quantization("output"), f);
            int8::lookup(&table, &case.int8("x"), &mut y);
        }
        other => panic!("no operation {other}"),
    }
    y
}

/// Compares every case with its fixture.
fn compare(kernels: impl Kernels) {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/int8.safetensors")).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let cases: Value = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["cases"]).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let cases = cases.as_object().unwrap();
    assert!(cases.len() > 30);
    let mut wrong = Vec::new();
    for (name, settings) in cases {
        let case = Case { name, settings, file: &file };
        let (expected, found) = (case.int8("y"), run(&case, kernels));
        let differ = expected.iter().zip(&found).filter(|(a, b)| a != b).count();
        if differ > 0 || expected.len() != found.len() {
            wrong.push(format!("{name}: {differ} of {} numbers differ", expected.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_number_is_that_of_tflite_micro() {
    compare(Portable);
}

#[test]
fn every_processor_computes_the_same_numbers() {
    for kernels in Native::all() {
        println!("{kernels:?}");
        compare(kernels);
    }
}

#[test]
fn sums_of_products_are_the_same_at_every_length() {
    let number = |i: usize| ((i * 7919 + i / 13) % 255) as i32 as u8 as i8;
    let rows: Vec<i8> = (0..700).map(number).collect();
    for n in (0..140_usize).chain([255, 256, 257, 333]) {
        let words = n.div_ceil(4);
        let column: Vec<i8> = (0..n).map(|i| number(3 * i + n)).collect();
        let expected = Portable.products([&rows[..n], &rows[7..7 + n]], &column);
        for kernels in Native::all() {
            assert_eq!(kernels.products([&rows[..n], &rows[7..7 + n]], &column), expected, "{kernels:?}, {n}");
        }
        let mut packed = |kernels: Native| {
            let mut columns = vec![0; 4 * words];
            for position in 0..2 {
                let mut one = vec![0_u32; words];
                int8::dot::bytes_mut(&mut one)[..n].copy_from_slice(&column);
                one.iter_mut()
                    .for_each(|word| *word ^= (position as u32 * 0x0103_0507) & if n % 4 == 0 { !0 } else { 0 });
                kernels.pack(&one, position, &mut columns);
            }
            kernels.packed_products([&rows, &rows[300..]], n, &columns)
        };
        let all: Vec<_> = Native::all().into_iter().map(&mut packed).collect();
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{n}: {all:?}");
        assert_eq!(all[0][0][0], Portable.products([&rows[..n], &rows[300..300 + n]], &column)[0], "{n}");
    }
}

/// The digest of `dl-int8-digest` by the first processor that it ran on. A change of it is a change of results.
const DIGEST: u32 = 2_100_062_198;

#[test]
fn the_digest_is_that_of_every_processor() {
    assert_eq!(dl_int8_digest::digest(), DIGEST);
    for kernels in Native::all() {
        assert_eq!(dl_int8_digest::digest_of(kernels), DIGEST, "{kernels:?}");
    }
}

#[test]
fn webassembly_computes_the_same_numbers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/int8-wasm");
    for features in ["-C target-feature=+simd128", ""] {
        let build = Command::new(env!("CARGO"))
            .args([
                "build",
                "--release",
                "-p",
                "dl-int8-digest",
                "--target",
                "wasm32-unknown-unknown",
                "--target-dir",
                folder,
            ])
            .env("RUSTFLAGS", features)
            .output()
            .unwrap();
        if !build.status.success() {
            let text = String::from_utf8_lossy(&build.stderr);
            assert!(text.contains("target may not be installed"), "{text}");
            return println!("SKIP: Rust has no target wasm32-unknown-unknown here; `rustup target add` installs it");
        }
        let script = "WebAssembly.instantiate(require('fs').readFileSync(process.argv[1])).then(m => console.log(m.instance.exports.digest() >>> 0))";
        let file = format!("{folder}/wasm32-unknown-unknown/release/dl_int8_digest.wasm");
        let Ok(run) = Command::new("node").args(["-e", script, &file]).output() else {
            return println!("SKIP: there is no `node`");
        };
        let found = String::from_utf8_lossy(&run.stdout);
        assert_eq!(found.trim(), DIGEST.to_string(), "{}", String::from_utf8_lossy(&run.stderr));
        println!("WebAssembly, `{features}`: {DIGEST}");
    }
}
