//! Exports a network, checks what every file must have, and writes the file with inputs and outputs for `check.py`.

use dl::pod::flat_mut;
use dl::{Model, Pack, Role};
use dl_onnx::tensor_shape_proto::dimension::Value as Size;
use dl_onnx::{ModelProto, ValueInfoProto, type_proto};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::HashSet;
use std::path::PathBuf;

/// An element of an input.
pub trait Number: Copy {
    /// From the 32 bits.
    fn of(bits: u32) -> Self;
    /// The 32 bits.
    fn bits(self) -> u32;
}
impl Number for f32 {
    fn of(bits: u32) -> f32 {
        f32::from_bits(bits)
    }
    fn bits(self) -> u32 {
        self.to_bits()
    }
}
impl Number for u32 {
    fn of(bits: u32) -> u32 {
        bits
    }
    fn bits(self) -> u32 {
        self
    }
}

/// Random numbers: SplitMix64.
pub struct Random(u64);

impl Random {
    fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 32) as u32
    }
    /// From -1 to 1.
    fn uniform(&mut self) -> f32 {
        (self.word() >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Returns a network none of whose numbers is the one that a layer begins with.
pub fn trained<M: Model>() -> Box<M> {
    let (mut net, mut random) = (M::init(7), Random(11));
    let floats = flat_mut(std::slice::from_mut(&mut *net));
    for tensor in M::TENSORS.iter() {
        let variance = tensor.name.ends_with("running_var");
        for x in &mut floats[tensor.range()] {
            *x += match tensor.role {
                _ if variance => 0.5 * random.uniform(),
                Role::Weight => 0.1 * random.uniform(),
                _ => 0.3 * random.uniform(),
            };
        }
    }
    net
}

/// Exports `M`, whose tokens are below `tokens`, for [`check.py`](self).
pub fn export<M: Model>(name: &str, tokens: u32) -> ModelProto
where
    M::Input: Pack<Element: Number>,
{
    let net = trained::<M>();
    let bytes = net.to_onnx().unwrap();
    assert_eq!(bytes, net.to_onnx().unwrap(), "{name}: equal networks give equal files");
    let model = dl_onnx::decode(bytes.clone()).unwrap();
    is_whole::<M>(name, &net, &model);

    if let Some(folder) = std::env::var_os("DL_ONNX_OUT").map(PathBuf::from) {
        // Tests run in the folder of their package.
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.onnx")), &bytes).unwrap();
        let most = M::MOST_ROWS.unwrap_or(40);
        for (run, (samples, rows)) in [(1, most), (3, most.min(7) - 2)].into_iter().enumerate() {
            let file = folder.join(format!("{name}.{run}.safetensors"));
            std::fs::write(file, pass::<M>(&net, &model, samples, rows, tokens)).unwrap();
        }
    }
    model
}

/// Returns a file with random inputs and our outputs.
fn pass<M: Model>(net: &M, model: &ModelProto, samples: usize, rows: usize, tokens: u32) -> Vec<u8>
where
    M::Input: Pack<Element: Number>,
{
    let (mut random, graph) = (Random(samples as u64), model.graph.as_ref().unwrap());
    let mut inputs = M::Input::samples(samples);
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>, Dtype)> = Vec::new();
    for (k, info) in graph.input.iter().enumerate() {
        let is_tokens = of_tensor(info).0 == 7;
        let mut bytes = Vec::new();
        for (sample, input) in inputs.iter_mut().enumerate() {
            // Sequences of several inputs differ in length.
            input.resize(k, rows - k.min(rows - 1));
            for (i, x) in input.part_mut(k).iter_mut().enumerate() {
                let word = random.word().wrapping_add((sample + i) as u32);
                let bits = if is_tokens { word % tokens.max(1) } else { random.uniform().to_bits() };
                *x = Number::of(bits);
                bytes.extend(x.bits().to_le_bytes());
            }
        }
        let shape = shape(info, samples, inputs[0].rows(k));
        let dtype = if is_tokens { Dtype::U32 } else { Dtype::F32 };
        tensors.push((format!("input.{}", info.name()), shape, bytes, dtype));
    }
    let outputs = net.predict(&inputs);
    for (k, info) in graph.output.iter().enumerate() {
        let bytes = outputs.iter().flat_map(|output| output.part(k)).flat_map(|x| x.to_le_bytes()).collect();
        let shape = shape(info, samples, outputs[0].rows(k));
        tensors.push((format!("output.{}", info.name()), shape, bytes, Dtype::F32));
    }
    let views = tensors
        .iter()
        .map(|(name, shape, bytes, dtype)| (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

/// The shape of a value for so many samples and rows.
fn shape(info: &ValueInfoProto, samples: usize, rows: usize) -> Vec<usize> {
    let size = |size: &Option<Size>| match size {
        Some(Size::DimValue(size)) => usize::try_from(*size).unwrap(),
        Some(Size::DimParam(name)) if name == "batch" => samples,
        _ => rows,
    };
    of_tensor(info).1.iter().map(size).collect()
}

/// The type of the elements of a value, and its dimensions.
pub fn of_tensor(info: &ValueInfoProto) -> (i32, Vec<Option<Size>>) {
    let Some(type_proto::Value::TensorType(tensor)) = info.r#type.clone().unwrap().value else { panic!("a tensor") };
    let dims = tensor.shape.clone().unwrap().dim.into_iter().map(|dim| dim.value).collect();
    (tensor.elem_type(), dims)
}

/// Checks what does not depend on the layers of a network.
fn is_whole<M: Model>(name: &str, net: &M, model: &ModelProto) {
    let graph = model.graph.as_ref().unwrap();
    assert_eq!((model.ir_version, model.opset_import[0].version), (Some(8), Some(18)), "{name}");
    assert_eq!((model.producer_name(), graph.name()), ("dl", M::NAME));
    // Names of inputs and outputs, and their shapes with a free batch.
    let declared = |infos: &[ValueInfoProto], names: Vec<(&str, &[usize])>| {
        assert_eq!(
            infos.iter().map(|info| info.name()).collect::<Vec<_>>(),
            names.iter().map(|x| x.0).collect::<Vec<_>>()
        );
        for (info, (_, shape)) in infos.iter().zip(names) {
            let dims = of_tensor(info).1;
            assert_eq!(dims[0], Some(Size::DimParam("batch".into())), "{name}");
            for (dim, &size) in dims[1..].iter().zip(shape) {
                let run_time = matches!(dim, Some(Size::DimParam(length)) if length.ends_with("length"));
                assert!(
                    if size == dl::RUN_TIME { run_time } else { *dim == Some(Size::DimValue(size as i64)) },
                    "{name}: {dim:?}"
                );
            }
            assert_eq!(dims.len(), 1 + shape.len(), "{name}");
        }
    };
    declared(&graph.input, M::INPUTS.iter().map(|x| (x.name, x.shape)).collect());
    declared(&graph.output, M::OUTPUTS.iter().map(|x| (x.name, x.shape)).collect());
    // Every value is made once, before it is read; every node has a name of its own.
    let mut known: HashSet<&str> = HashSet::from([""]);
    let initial = graph.input.iter().map(|x| x.name()).chain(graph.initializer.iter().map(|x| x.name()));
    initial.for_each(|value| assert!(known.insert(value), "{name}: `{value}` twice"));
    let mut nodes = HashSet::new();
    for node in &graph.node {
        assert!(!node.name().is_empty() && nodes.insert(node.name()), "{name}: node `{}`", node.name());
        node.input.iter().for_each(|x| assert!(known.contains(&**x), "{name}: `{}` reads `{x}`", node.name()));
        node.output.iter().for_each(|x| assert!(known.insert(x), "{name}: `{x}` twice"));
    }
    graph.output.iter().for_each(|x| assert!(known.contains(x.name()), "{name}: output `{}`", x.name()));
    // Tensors of the model have their names and numbers.
    let floats = dl::pod::flat(std::slice::from_ref(net));
    for tensor in M::TENSORS.iter() {
        let Some(found) = graph.initializer.iter().find(|x| x.name() == tensor.name) else { continue };
        let numbers = dl_onnx::Weights::in_memory().floats(found).unwrap();
        let same = numbers.len() == tensor.len() && numbers == floats[tensor.range()];
        assert!(same || found.dims.len() != tensor.shape.len(), "{name}: `{}`", tensor.name);
    }
}
