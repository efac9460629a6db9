//! Draws the graph of a model as SVG from the model's tables.

use crate::network::shape_text;
use crate::{InputInfo, LayerInfo, LayerInput};
use dl_drawing::{Graph, Layer, Source};

/// Draws a model with these tables as a whole SVG file.
pub(crate) fn drawing(inputs: &[InputInfo], layers: &[LayerInfo]) -> String {
    let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape).collect();
    let mut graph = graph(&shapes, layers);
    graph.inputs = inputs.iter().map(|input| format!("{} {}", input.name, shape_text(input.shape))).collect();
    dl_drawing::document(&graph)
}

/// Returns the graph of `layers`; `inputs` are the shapes of the model's inputs.
fn graph(inputs: &[&[usize]], layers: &[LayerInfo]) -> Graph {
    let shape = |input: &LayerInput| match *input {
        LayerInput::Input(k) => inputs.get(k).copied().unwrap_or_default(),
        LayerInput::Layer(i) => layers.get(i).map(|layer| layer.output).unwrap_or_default(),
    };
    let draw = |layer: &LayerInfo| {
        let read: Vec<&[usize]> = layer.inputs.iter().map(shape).collect();
        let [from, to] = [read.first().copied().unwrap_or_default(), layer.output].map(shape_text);
        let drawn = Layer::new(layer.layer, layer.name, &to, &from, layer.parameters as u64);
        let inside = (!layer.inside.is_empty()).then(|| graph(&read, layer.inside));
        Layer { reads: layer.inputs.iter().copied().map(source).collect(), inside, copies: layer.copies, ..drawn }
    };
    Graph { inputs: vec![String::new(); inputs.len()], layers: layers.iter().map(draw).collect() }
}

fn source(input: LayerInput) -> Source {
    match input {
        LayerInput::Layer(i) => Source::Layer(i),
        LayerInput::Input(k) => Source::Input(k),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: LayerInfo = LayerInfo {
        name: "relu1",
        layer: "relu",
        output: &[4],
        parameters: 0,
        multiply_adds: 0,
        inputs: &[LayerInput::Input(0)],
        inside: &[],
        copies: 1,
        min_batch: 1,
    };

    #[test]
    fn tables_become_a_graph() {
        let inputs = [InputInfo { name: "x", shape: &[4] }, InputInfo { name: "y", shape: &[4] }];
        let dense =
            LayerInfo { name: "dense1", layer: "dense(4)", parameters: 20, inputs: &[LayerInput::Layer(0)], ..LINE };
        let sum =
            LayerInfo { name: "add1", layer: "x + y", inputs: &[LayerInput::Layer(1), LayerInput::Input(1)], ..LINE };
        let inside = LayerInfo {
            name: "block",
            layer: "Block",
            inside: &[LINE],
            copies: 3,
            inputs: &[LayerInput::Layer(2)],
            ..LINE
        };
        let layers = [LINE, dense, sum, inside];
        let drawn = graph(&[&[4], &[4]], &layers);
        assert_eq!(drawn.inputs.len(), 2);
        assert_eq!(drawn.layers[2].reads, [Source::Layer(1), Source::Input(1)]);
        assert_eq!(drawn.layers[1].note, "dense1 · [4] · 20 parameters");
        assert_eq!(drawn.layers[3].inside.as_ref().map(|inside| inside.inputs.len()), Some(1));
        let text = drawing(&inputs, &layers);
        assert!(text.starts_with("<svg") && text.contains("x [4]") && text.contains("dense(4)"));
    }
}
