//! Attention as ONNX operators: products, a mask and a softmax, since its own operator came with a later version.

use super::{Attention, AttentionKernel, Columns, Inputs, Outcome, Towards};
use crate::Result;
use crate::device::recorder::{Dim, Graph, Node, Place, Recorder, Value, not_recorded, time_of};
use crate::ops::positions::onnx::positions;
use crate::tensor::{Sequences, Streams, Write};

impl AttentionKernel for Recorder {
    fn attention_forward(
        &self,
        attention: Attention,
        queries: Sequences<'_, Self>,
        keys: Sequences<'_, Self>,
        inputs: Inputs<'_, Self>,
        y: Place,
        _: Option<Place>,
    ) {
        self.record(|graph| {
            let Attention { heads, kv_heads, head_dim, .. } = attention;
            let q = columns(graph, inputs.q, heads * head_dim, queries)?;
            let k = columns(graph, inputs.k, kv_heads * head_dim, keys)?;
            let v = columns(graph, inputs.v, kv_heads * head_dim, keys)?;
            let rows = q.dims.clone();
            // [batch, heads, length, features], or with the queries of each head of keys in a dimension of their own.
            let groups = heads / kv_heads;
            let shared = groups > 1;
            let q = split(graph, q, if shared { vec![kv_heads, groups, head_dim] } else { vec![heads, head_dim] });
            let (k, v) = (split(graph, k, vec![kv_heads, head_dim]), split(graph, v, vec![kv_heads, head_dim]));
            let q = graph.transpose(q, if shared { &[0, 2, 3, 1, 4] } else { &[0, 2, 1, 3] });
            let mut k = graph.transpose(k, &[0, 2, 3, 1]);
            let mut v = graph.transpose(v, &[0, 2, 1, 3]);
            if shared {
                [k, v] = [k, v].map(|value| one_more(graph, value));
            }
            let last = q.dims.len() - 1;
            let scores: Vec<Dim> = q.dims[..last].iter().copied().chain([time_of(keys)]).collect();
            let product = graph.push(Node::new("MatMul", &q).and(k), scores.clone());
            let scale = graph.float(attention.scale());
            let mut value = graph.push(Node::new("Mul", product).and(scale), scores.clone());
            for bias in biases(graph, attention, shared, [time_of(queries), time_of(keys)]) {
                value = graph.push(Node::new("Add", value).and(bias), scores.clone());
            }
            let weights = graph.push(Node::new("Softmax", value).int("axis", -1), scores);
            let value = graph.push(Node::new("MatMul", weights).and(v), q.dims);
            let value = graph.transpose(value, if shared { &[0, 3, 1, 2, 4] } else { &[0, 2, 1, 3] });
            let value = graph.reshape(value, &rows);
            graph.write(y, value);
            Ok(())
        });
    }
    not_recorded! {
        attention_step(Attention, Sequences<'_, Self>, Streams<'_, Self>, Inputs<'_, Self>, Place, Place),
        attention_backward(
            Attention, Sequences<'_, Self>, Sequences<'_, Self>, Inputs<'_, Self>, Outcome<'_, Self>, Towards, Place, Write
        ),
    }
}

/// Returns some columns of rows as `[batch, length, columns]`.
fn columns(
    graph: &mut Graph,
    from: Columns<'_, Recorder>,
    len: usize,
    sequences: Sequences<'_, Recorder>,
) -> Result<Value> {
    let value = graph.read_columns(from.data, from.row, from.first, len)?;
    let value = graph.timed(value, sequences, len);
    Ok(graph.reshape(value, &[Dim::Batch, time_of(sequences), Dim::Size(len)]))
}

/// Splits the features of rows.
fn split(graph: &mut Graph, value: Value, into: Vec<usize>) -> Value {
    let dims = value.with_last(1, &into);
    graph.reshape(value, &dims)
}

/// Adds a dimension in which all queries of a head of keys find the same one.
fn one_more(graph: &mut Graph, value: Value) -> Value {
    let mut dims = value.dims.clone();
    dims.insert(2, Dim::Size(1));
    let axes = graph.ints(&[2]);
    graph.push(Node::new("Unsqueeze", value).and(axes), dims)
}

/// Returns what is added to the scores: -∞ where a query does not see a key, and what ALiBi takes off for the distance.
fn biases(graph: &mut Graph, attention: Attention, shared: bool, [queries, keys]: [Dim; 2]) -> Vec<String> {
    let (sight, mut biases) = (attention.sight, Vec::new());
    if sight.causal || sight.window > 0 {
        biases.push(graph.shared(format!("mask {sight:?} {queries:?} {keys:?}"), |graph| {
            let distance = distance(graph, queries, keys);
            let (zero, none) = (graph.float(0.0), graph.float(f32::NEG_INFINITY));
            let mut unseen = Vec::new();
            if sight.causal {
                unseen.push(graph.push(Node::new("Less", &distance).and(&zero), Vec::new()));
            }
            if sight.window > 0 {
                let most = graph.float((sight.window - 1) as f32);
                unseen.push(graph.push(Node::new("Greater", &distance).and(most), Vec::new()));
            }
            let unseen = match <[Value; 2]>::try_from(unseen) {
                Ok([left, right]) => graph.push(Node::new("Or", left).and(right), Vec::new()),
                Err(mut one) => one.remove(0),
            };
            graph.push(Node::new("Where", unseen).and(none).and(zero).named_kind("mask"), Vec::new()).name
        }));
    }
    if attention.alibi {
        let Attention { heads, kv_heads, .. } = attention;
        biases.push(graph.shared(format!("alibi {heads} {kv_heads} {queries:?} {keys:?}"), |graph| {
            let distance = distance(graph, queries, keys);
            let distance = graph.push(Node::new("Abs", distance), Vec::new());
            let slopes = (0..heads).map(|head| -attention.slope(head)).collect();
            let shape = if shared { vec![kv_heads, heads / kv_heads, 1, 1] } else { vec![heads, 1, 1] };
            let slopes = graph.floats(&shape, slopes);
            graph.push(Node::new("Mul", distance).and(slopes).named_kind("alibi"), Vec::new()).name
        }));
    }
    biases
}

/// Returns how many rows the key is before the query, `[queries, keys]`.
fn distance(graph: &mut Graph, queries: Dim, keys: Dim) -> String {
    graph.shared(format!("distance {queries:?} {keys:?}"), |graph| {
        let (queries, keys) = (positions(graph, queries), positions(graph, keys));
        let (down, along) = (graph.ints(&[1]), graph.ints(&[0]));
        let queries = graph.push(Node::new("Unsqueeze", queries).and(down), Vec::new());
        let keys = graph.push(Node::new("Unsqueeze", keys).and(along), Vec::new());
        graph.push(Node::new("Sub", queries).and(keys).named_kind("distance"), Vec::new()).name
    })
}
