//! Models that the compiler reads from files: `include_model!`. Its mistakes are in `ui-tests/fail/include`; here the same code runs at run
//! time, on files that no test could list one by one.

use dl::int8::{Quantization, QuantizedModel};
use dl::pod::flat;
use dl::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

model! {
    Net(x: [3]) -> [2] { x -> dense(2) }

    #[int8]
    Small(x: [3]) -> [2] { x -> dense(2) }

    /// Tensors in models inside models, and in copies.
    Deep(x: [8]) -> [2] {
        x -> repeat 12 { residual { dense(8) -> batch_norm -> relu } } -> Tail as tail
    }
    Tail(x: [8]) -> [2] { x -> dense(4, bias: false) -> dense(2) }
}

static NET: &Net = dl::include_model!(Net, "fixtures/include/good.safetensors");
static SMALL: &SmallI8 = dl::include_model!(SmallI8, "fixtures/include/int8.safetensors");

/// In the order of the model: 8 bytes of length, the header, and 32 bytes of numbers.
const GOOD: &[u8] = include_bytes!("fixtures/include/good.safetensors");

#[test]
fn the_file_is_the_model() {
    assert_eq!(NET.dense1.weight, [[0.0, 0.25, 0.5], [0.75, 1.0, 1.25]]);
    assert_eq!(NET.dense1.bias, [0.5, -0.5]);
    assert_eq!(*NET.predict_one(&[1.0, 1.0, 2.0]), [1.75, 3.75]);
}

#[test]
fn a_network_on_int8_is_the_file() {
    assert_eq!(SMALL.input, Quantization { scale: 0.5, zero_point: -3 });
    assert_eq!(SMALL.dense1.weight, [[-3, -2, -1], [0, 1, 2]]);
    assert_eq!((SMALL.dense1.bias, SMALL.dense1.multiplier), ([40, -40], [1 << 30; 2]));
    assert_eq!(SMALL.output, Quantization { scale: 0.25, zero_point: 5 });
    // The inputs are -1, 1 and -6, the sums 47 and -51, and the factors 1/8 and 1/16: 6 and -3 without the zero point.
    let mut output = [0.0; 2];
    SMALL.predict_into(&[1.0, 2.0, -1.5], &mut output, &mut dl::int8::Scratch::new());
    assert_eq!(output, [1.5, -0.75]);
}

#[test]
fn inner_models_and_copies_are_found() {
    let net = Deep::init(7);
    let copy: Deep = dl::included("deep", &net.to_bytes().unwrap());
    assert_eq!(flat(std::slice::from_ref(&copy)), flat(std::slice::from_ref(&*net)));
}

/// Returns the message about a file, or nothing if it is accepted. The bytes of a header decide much, so each panic must be one of ours.
fn message(bytes: &[u8]) -> Option<String> {
    let included = catch_unwind(AssertUnwindSafe(|| dl::included::<Net>("net.safetensors", bytes)));
    let panic = included.err()?;
    let text = panic.downcast_ref::<String>().expect("our panics are formatted");
    assert!(text.starts_with("net.safetensors: "), "{text}");
    Some(text.clone())
}

#[test]
fn hostile_files_are_refused_in_words() {
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut refused = 0;
    for len in 0..GOOD.len() {
        assert!(message(&GOOD[..len]).is_some(), "{len} bytes");
    }
    for at in 0..GOOD.len() {
        for byte in [0, b'"', b'\\', b'{', b'}', b'[', b',', b'9', b' ', b'u', 0x7f, 0xff] {
            let mut bytes = GOOD.to_vec();
            bytes[at] = byte;
            refused += usize::from(message(&bytes).is_some());
        }
    }
    // The same file is accepted with other metadata and other numbers.
    assert!(refused > 1000 && message(GOOD).is_none(), "{refused}");
    let nested = [&[b'['; 200][..], &[b']'; 200]].concat();
    let header = [b"{\"a\":", &nested[..], b"}"].concat();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], &header].concat();
    assert_eq!(
        message(&bytes).unwrap(),
        "net.safetensors: not a valid safetensors file: expected `{` at byte 13",
        "a tensor is no list"
    );
    let header = [b"{\"__metadata__\":", &nested[..], b"}"].concat();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], &header].concat();
    assert!(message(&bytes).unwrap().contains("values that nest less deeply"));
    std::panic::set_hook(quiet);
}

/// A file with these entries in its header, and 32 bytes of numbers.
fn file(header: &str) -> Vec<u8> {
    let numbers: Vec<u8> = (0..8_u8).flat_map(|i| f32::from(i).to_le_bytes()).collect();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &numbers].concat()
}

#[test]
fn names_may_have_escapes() {
    let header = r#"{"dense1.w\u0065ight": {"shape": [2, 3], "dtype": "F32", "data_offsets": [0, 24], "more": {"a": [1.5e3, null]}},
        "dense1\u002ebias": {"dtype":"F32","shape":[2],"data_offsets":[24,32]}}  "#;
    let net: Net = dl::included("net.safetensors", &file(header));
    assert_eq!((net.dense1.weight[1], net.dense1.bias), ([3.0, 4.0, 5.0], [6.0, 7.0]));
    let header = r#"{"dense1.weight": {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
        "dense1.bi\u0061s": {"dtype":"F32","shape":[1],"data_offsets":[24,28]},
        "dense\u0031.bias": {"dtype":"F32","shape":[1],"data_offsets":[28,32]}}"#;
    assert!(message(&file(header)).unwrap().contains("it has twice tensor `dense1.bias`"));
}

#[test]
fn tensors_that_leave_a_gap_are_refused() {
    let header = r#"{"dense1.weight": {"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},
        "dense1.bias": {"dtype":"F32","shape":[2],"data_offsets":[4,8]}}"#;
    assert!(message(&file(header)).unwrap().contains("without gaps or overlaps"));
}
