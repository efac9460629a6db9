//! Opens ONNX files: their initializers are the tensors, and what is known about the network is metadata.

use super::dtype::Other;
use super::{Content, Dtype, File, Kind, Tensor};
use crate::Result;
use dl_onnx::tensor_proto::DataType;
use dl_onnx::{Bytes, ModelProto, TensorProto, ValueInfoProto, Weights, tensor_shape_proto::dimension::Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// Returns `true` if a file begins like `ModelProto`: with the version of the format, which no other format of tensors does.
pub(super) fn is_onnx(path: &Path, content: &[u8]) -> bool {
    let ends = path.extension().is_some_and(|extension| extension == "onnx");
    ends || matches!(content, [8, 3..=32, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42, ..])
}

/// Opens a file.
pub(super) fn open(path: &Path, content: Content) -> Result<File> {
    let model = dl_onnx::decode(content.shared()).map_err(|error| crate::Error::onnx(path, error))?;
    let weights = Weights::of(path);
    let metadata = metadata(&model);
    let (mut tensors, mut contents) = (Vec::new(), Vec::new());
    for tensor in model.graph.iter().flat_map(|graph| &graph.initializer) {
        let elements = weights.len(tensor)?;
        let shape: Vec<usize> = tensor.dims.iter().filter_map(|size| usize::try_from(*size).ok()).collect();
        let dtype = dtype(tensor);
        let bytes = match (dtype, weights.bytes(tensor)) {
            // Elements that are not decoded are shown with their shape.
            (Dtype::Other(_), _) => Bytes::new(),
            (_, bytes) => match (bytes?, &tensor.raw_data) {
                (Cow::Borrowed(_), Some(raw)) => raw.clone(),
                (bytes, _) => bytes.into_owned().into(),
            },
        };
        debug_assert!(matches!(dtype, Dtype::Other(_)) || dtype.size(elements) == Some(bytes.len()));
        let name = tensor.name().into();
        tensors.push(Tensor { name, dtype, shape, content: contents.len(), bytes: 0..bytes.len() });
        contents.push(Content::Shared(bytes));
    }
    Ok(File { path: path.into(), kind: Kind::Onnx, metadata, tensors, contents })
}

/// Returns who wrote a model, and its inputs, outputs and operators.
fn metadata(model: &ModelProto) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |key: &str, value: String| {
        if !value.is_empty() {
            all.insert(key.into(), value);
        }
    };
    for entry in &model.metadata_props {
        add(entry.key(), entry.value().into());
    }
    add("ir_version", model.ir_version().to_string());
    add("producer", format!("{} {}", model.producer_name(), model.producer_version()).trim().into());
    let opset = |set: &dl_onnx::OperatorSetIdProto| {
        let domain = if set.domain().is_empty() { "ai.onnx" } else { set.domain() };
        format!("{domain} {}", set.version())
    };
    add("opset", model.opset_import.iter().map(opset).collect::<Vec<_>>().join(", "));
    if let Some(graph) = &model.graph {
        add("graph", graph.name().into());
        let initialized =
            |value: &&ValueInfoProto| graph.initializer.iter().any(|tensor| tensor.name() == value.name());
        let inputs = graph.input.iter().filter(|value| !initialized(value));
        add("inputs", inputs.map(declaration).collect::<Vec<_>>().join(", "));
        add("outputs", graph.output.iter().map(declaration).collect::<Vec<_>>().join(", "));
        let mut operators: BTreeMap<&str, usize> = BTreeMap::new();
        graph.node.iter().for_each(|node| *operators.entry(node.op_type()).or_default() += 1);
        let operators: Vec<String> = operators.iter().map(|(name, count)| format!("{name} {count}")).collect();
        add("operators", operators.join(", "));
    }
    all
}

/// Writes an input or output with its type and shape: `image: FLOAT[batch, 1, 28, 28]`.
fn declaration(value: &ValueInfoProto) -> String {
    let Some(dl_onnx::type_proto::Value::TensorType(tensor)) = value.r#type.as_ref().and_then(|t| t.value.as_ref())
    else {
        return value.name().into();
    };
    let element = DataType::try_from(tensor.elem_type()).map_or("?", |element| element.as_str_name());
    let size = |dimension: &dl_onnx::tensor_shape_proto::Dimension| match &dimension.value {
        Some(Value::DimValue(size)) => size.to_string(),
        Some(Value::DimParam(name)) => name.clone(),
        None => "?".into(),
    };
    let sizes = tensor.shape.iter().flat_map(|shape| &shape.dim).map(size).collect::<Vec<_>>().join(", ");
    format!("{}: {element}[{sizes}]", value.name())
}

fn dtype(tensor: &TensorProto) -> Dtype {
    match tensor.element_type() {
        DataType::Float => Dtype::F32,
        DataType::Double => Dtype::F64,
        DataType::Float16 => Dtype::F16,
        DataType::Bfloat16 => Dtype::BF16,
        DataType::Int64 => Dtype::I64,
        DataType::Int32 => Dtype::I32,
        DataType::Int16 => Dtype::I16,
        DataType::Int8 => Dtype::I8,
        DataType::Uint64 => Dtype::U64,
        DataType::Uint32 => Dtype::U32,
        DataType::Uint16 => Dtype::U16,
        DataType::Uint8 => Dtype::U8,
        DataType::Bool => Dtype::Bool,
        other => Dtype::Other(Other { name: other.as_str_name(), block: 1, size: 0 }),
    }
}
