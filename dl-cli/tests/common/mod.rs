//! A small program of PyTorch, written as `torch.export.save` writes it.

use serde_json::{Value, json};
use std::io::{Cursor, Write};

/// A program as its parts, of which a test changes one.
pub struct Parts {
    pub model: Value,
    pub weights: Value,
    pub numbers: Vec<u8>,
}

pub fn tensor(sizes: &[i64], strides: &[i64]) -> Value {
    let all = |numbers: &[i64]| numbers.iter().map(|number| json!({ "as_int": number })).collect::<Vec<_>>();
    json!({ "dtype": 7, "sizes": all(sizes), "strides": all(strides), "storage_offset": { "as_int": 0 } })
}

pub fn node(target: &str, inputs: &[(&str, &str)], output: &str) -> Value {
    let named =
        |(name, tensor): &(&str, &str)| json!({ "name": name, "arg": { "as_tensor": { "name": tensor } }, "kind": 1 });
    let inputs: Vec<Value> = inputs.iter().map(named).collect();
    let stack = "L__self__,,__main__.Net;L__self___fc,fc,torch.nn.modules.linear.Linear";
    json!({
        "target": format!("torch.ops.{target}"), "inputs": inputs, "outputs": [{ "as_tensor": { "name": output } }],
        "metadata": { "nn_module_stack": stack },
    })
}

impl Parts {
    /// A dense layer and a relu.
    pub fn new() -> Self {
        let nodes = vec![
            node("aten.linear.default", &[("input", "x"), ("weight", "p_fc_weight")], "linear"),
            node("aten.relu.default", &[("self", "linear")], "relu"),
        ];
        let values = json!({
            "x": tensor(&[1, 3], &[3, 1]), "p_fc_weight": tensor(&[2, 3], &[3, 1]),
            "linear": tensor(&[1, 2], &[2, 1]), "relu": tensor(&[1, 2], &[2, 1]),
        });
        let signature = json!({
            "input_specs": [
                { "parameter": { "arg": { "name": "p_fc_weight" }, "parameter_name": "fc.weight" } },
                { "user_input": { "arg": { "as_tensor": { "name": "x" } } } },
            ],
            "output_specs": [{ "user_output": { "arg": { "as_tensor": { "name": "relu" } } } }],
        });
        let model = json!({
            "graph_module": { "graph": { "nodes": nodes, "tensor_values": values }, "signature": signature },
            "schema_version": { "major": 8, "minor": 14 }, "torch_version": "2.9.0",
        });
        let payload = json!({ "path_name": "weight_0", "use_pickle": false, "tensor_meta": tensor(&[2, 3], &[3, 1]) });
        let numbers = [1.0_f32, -2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|number| number.to_le_bytes()).collect();
        Parts { model, weights: json!({ "config": { "fc.weight": payload } }), numbers }
    }
    pub fn to_bytes(&self) -> Vec<u8> {
        archive(&[
            ("data/weights/weight_0", &self.numbers),
            ("data/weights/model_weights_config.json", self.weights.to_string().as_bytes()),
            ("data/constants/model_constants_config.json", br#"{"config": {}}"#),
            ("models/model.json", self.model.to_string().as_bytes()),
            ("archive_format", b"pt2"),
        ])
    }
}

/// Writes an archive as PyTorch does: nothing is compressed, all is in one folder, and before the end there are the 76 bytes of a longer end.
/// The name of the first file is as long as makes the entry of the second lie 76 bytes behind that of the first.
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in files {
        writer.start_file(format!("program1/{name}"), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    let mut bytes = writer.finish().unwrap().into_inner();
    let end = bytes.len() - 22;
    bytes.splice(end..end, [b"PK\x06\x06", &[0; 52][..], b"PK\x06\x07", &[0; 16]].concat());
    bytes
}
