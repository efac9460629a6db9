//! Exports a model to ONNX: its inference pass runs on the device that records it.

use crate::device::recorder::{Dim, Graph, ROWS, Recorder, SAMPLES};
use crate::network::{Batch, DIMENSIONS, Infer, Passes, RUN_TIME, shape_text};
use crate::tensor::pod::flat;
use crate::tensor::{Capacity, Sequences};
use crate::{Allocator, Context, Result, View, ViewMut};
use dl_onnx::ModelProto;

/// Returns the ONNX model of a network.
pub(super) fn export<M: Passes>(net: &M) -> Result<ModelProto> {
    const { M::CHECKED }
    let floats = flat(std::slice::from_ref(net));
    let mut graph = Graph::new(M::NAME, M::TENSORS.iter(), floats.len());
    let dimensions = &DIMENSIONS[..M::SEQUENCES];
    let names: Vec<&str> = M::OUTPUTS.iter().map(|output| output.name).collect();
    let input_dims = dims(M::INPUTS.iter().map(|input| input.shape), dimensions);
    let sequences: [Sequences<Recorder>; ROWS.len()] =
        std::array::from_fn(|dimension| Sequences::unknown(SAMPLES, SAMPLES * ROWS[dimension], dimension));
    let batch = Batch { samples: SAMPLES, sequences: &sequences[..M::SEQUENCES] };

    let input = graph.buffer(batch.elements::<M::Input>(dimensions));
    let mut start = 0;
    for (k, len) in batch.parts::<M::Input>(dimensions).enumerate() {
        let name = M::INPUTS.get(k).map_or("input", |input| input.name);
        let dims = input_dims.get(k).cloned().unwrap_or_else(|| vec![Dim::Batch, Dim::Size(len / SAMPLES)]);
        graph.input(name, dims, input.part(start..start + len));
        start += len;
    }
    let names: Vec<String> =
        if names.is_empty() { vec!["output"] } else { names }.into_iter().map(|name| graph.reserve(name)).collect();
    let output = graph.buffer(batch.elements::<M::Output>(M::OUTPUT_SEQUENCES));
    let weights = graph.all_weights();

    let recorder = Recorder::new(graph);
    let capacity = Capacity { samples: SAMPLES, rows: batch.most_rows() };
    let mut memory = Allocator::allocate(&recorder, capacity, M::inference_memory)?;
    M::infer(Infer {
        context: &Context::new(&recorder, 0),
        batch,
        net: View::new(weights, 1),
        input: View::new(input, batch.items::<M::Input>(dimensions)),
        memory: &mut memory,
        output: ViewMut::new(output, batch.items::<M::Output>(M::OUTPUT_SEQUENCES)),
    });

    let mut graph = recorder.into_graph()?;
    let output_dims = dims(M::OUTPUTS.iter().map(|output| output.shape), M::OUTPUT_SEQUENCES);
    let mut start = 0;
    for (k, len) in batch.parts::<M::Output>(M::OUTPUT_SEQUENCES).enumerate() {
        let dims = output_dims.get(k).cloned().unwrap_or_else(|| vec![Dim::Batch, Dim::Size(len / SAMPLES)]);
        graph.output(names[k].clone(), &dims, output.part(start..start + len))?;
        start += len;
    }
    graph.finish(floats, &length_names::<M>(), doc::<M>())
}

/// Returns the dimensions of inputs or outputs, whose sequences have the run-time dimensions `dimensions`.
fn dims(shapes: impl Iterator<Item = &'static [usize]>, dimensions: &[usize]) -> Vec<Vec<Dim>> {
    let mut dimensions = dimensions.iter();
    let mut dim = |&size: &usize| match size {
        RUN_TIME => Dim::Length(dimensions.next().copied().unwrap_or(0)),
        size => Dim::Size(size),
    };
    shapes.map(|shape| [Dim::Batch].into_iter().chain(shape.iter().map(&mut dim)).collect()).collect()
}

/// Returns the names of the run-time dimensions: `length`, or one for each input if there are several.
fn length_names<M: Passes>() -> Vec<String> {
    let inputs = M::INPUTS.iter().filter(|input| input.shape.contains(&RUN_TIME));
    let names: Vec<String> = inputs.map(|input| format!("{}_length", input.name)).collect();
    if names.len() == 1 { vec!["length".into()] } else { names }
}

/// Returns a sentence about the model: `LeNet: image [1, 28, 28] -> output [10]`.
fn doc<M: Passes>() -> String {
    let list = |values: Vec<(&str, &[usize])>| {
        let values = values.into_iter().map(|(name, shape)| format!("{name} {}", shape_text(shape)));
        values.collect::<Vec<_>>().join(", ")
    };
    let inputs = list(M::INPUTS.iter().map(|input| (input.name, input.shape)).collect());
    let outputs = list(M::OUTPUTS.iter().map(|output| (output.name, output.shape)).collect());
    format!("{}: {inputs} -> {outputs}", M::NAME)
}
