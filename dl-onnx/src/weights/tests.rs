//! Tensors of every type, in every place, and hostile ones.

use super::*;
use crate::{Bytes, StringStringEntryProto};

fn tensor(data_type: DataType, dims: &[i64]) -> TensorProto {
    TensorProto { name: Some("w".into()), dims: dims.into(), data_type: Some(data_type.into()), ..Default::default() }
}

#[test]
fn floats_of_every_type() {
    let weights = Weights::in_memory();
    let raw = |data_type, bytes: &[u8]| {
        let raw_data = Some(Bytes::copy_from_slice(bytes));
        weights.floats(&TensorProto { raw_data, ..tensor(data_type, &[bytes.len() as i64 / 2, 1]) }).unwrap()
    };
    // 1, -2, the largest, the smallest of all, infinity.
    let halves = [0x3C00_u16, 0xC000, 0x7BFF, 0x0001, 0x7C00].map(u16::to_le_bytes).concat();
    assert_eq!(raw(DataType::Float16, &halves), [1.0, -2.0, 65504.0, 2.0_f32.powi(-24), f32::INFINITY]);
    assert!(raw(DataType::Float16, &[0x01, 0x7E])[0].is_nan());
    assert_eq!(raw(DataType::Bfloat16, &[0x80, 0x3F, 0x00, 0xC0]), [1.0, -2.0]);
    let doubles = TensorProto { double_data: vec![0.5, -3.0], ..tensor(DataType::Double, &[2]) };
    assert_eq!(weights.floats(&doubles).unwrap(), [0.5, -3.0]);
    let small = TensorProto { int32_data: vec![0x3C00, 0xC000], ..tensor(DataType::Float16, &[2]) };
    assert_eq!(weights.floats(&small).unwrap(), [1.0, -2.0]);
}

#[test]
fn whole_numbers_of_every_type() {
    let weights = Weights::in_memory();
    let of = |data_type, int32_data| weights.ints(&TensorProto { int32_data, ..tensor(data_type, &[2]) }).unwrap();
    assert_eq!(of(DataType::Int8, vec![-1, 127]), [-1, 127]);
    assert_eq!(of(DataType::Uint8, vec![255, 0]), [255, 0]);
    assert_eq!(of(DataType::Bool, vec![1, 0]), [1, 0]);
    assert_eq!(of(DataType::Int32, vec![-70_000, 3]), [-70_000, 3]);
    let long = TensorProto { int64_data: vec![-1 << 40, 5], ..tensor(DataType::Int64, &[2]) };
    assert_eq!(weights.ints(&long).unwrap(), [-1 << 40, 5]);
    assert!(matches!(weights.floats(&long), Err(Error::Tensor { .. })));
}

#[test]
fn a_wrong_number_of_elements_is_an_error_that_allocates_nothing() {
    let weights = Weights::in_memory();
    let few = TensorProto { float_data: vec![1.0; 5], ..tensor(DataType::Float, &[2, 3]) };
    let error = weights.floats(&few).unwrap_err().to_string();
    assert_eq!(error, "<memory>: tensor `w`: its shape [2, 3] takes 24 bytes, but the file has 20 for it");
    for dims in [&[-1][..], &[1 << 40, 1 << 40], &[1 << 61, 1]] {
        assert!(matches!(weights.bytes(&tensor(DataType::Double, dims)), Err(Error::Tensor { .. })), "{dims:?}");
    }
    assert!(matches!(weights.bytes(&tensor(DataType::Float, &[1 << 40])), Err(Error::Tensor { .. })));
    assert!(matches!(weights.bytes(&tensor(DataType::String, &[1])), Err(Error::Tensor { .. })));
}

#[test]
fn weights_beside_the_model() {
    let folder = std::env::temp_dir().join(format!("dl-onnx-weights-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("inside")).unwrap();
    std::fs::write(folder.join("inside/net.data"), [0.0_f32, 1.0, 2.0].map(f32::to_le_bytes).concat()).unwrap();
    let weights = Weights::of(folder.join("inside/net.onnx"));
    let read = |location: &str, offset: &str, dims: &[i64]| {
        let entry =
            |key: &str, value: &str| StringStringEntryProto { key: Some(key.into()), value: Some(value.into()) };
        weights.floats(&TensorProto {
            data_location: Some(DataLocation::External.into()),
            external_data: vec![entry("location", location), entry("offset", offset)],
            ..tensor(DataType::Float, dims)
        })
    };
    assert_eq!(read("net.data", "4", &[2]).unwrap(), [1.0, 2.0]);
    let outside = folder.join("secret");
    std::fs::write(&outside, [0; 64]).unwrap();
    let wrong = [
        ("net.data", "8", &[2][..]),
        ("net.data", "1000", &[2]),
        ("net.data", "0", &[1 << 50]),
        ("net.data", "zero", &[1]),
        ("../secret", "0", &[1]),
        (outside.to_str().unwrap(), "0", &[1]),
        ("", "0", &[1]),
        ("missing", "0", &[1]),
    ];
    for (location, offset, dims) in wrong {
        assert!(matches!(read(location, offset, dims), Err(Error::External { .. })), "{location} {offset} {dims:?}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, folder.join("inside/link")).unwrap();
        assert!(matches!(read("link", "0", &[1]), Err(Error::External { .. })));
    }
    std::fs::remove_dir_all(folder).unwrap();
}
