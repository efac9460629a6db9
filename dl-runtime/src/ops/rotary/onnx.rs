//! Rotary position embedding as ONNX operators: the halves of every head, times cosines and sines of the positions.

use super::{RotaryKernel, Rotation};
use crate::Result;
use crate::device::recorder::{Content, Dim, Graph, Node, Place, Recorder, Value, time_of};
use crate::ops::positions::onnx::angles;
use crate::tensor::{Sequences, Streams, Write};

impl RotaryKernel for Recorder {
    fn rotate(
        &self,
        rotation: Rotation,
        sequences: Sequences<'_, Self>,
        past: Option<Streams<'_, Self>>,
        x: Place,
        y: Place,
        write: Write,
    ) {
        if write == Write::Add || past.is_some() || rotation.back {
            return self.not_recorded("rotate");
        }
        self.record(|graph| {
            let end = rotation.heads * rotation.head_dim;
            // Queries, keys and values that lie side by side stay apart.
            let parts: Vec<(usize, usize)> = match graph.content(x)? {
                Content::Columns(columns) if columns.row == rotation.row => {
                    columns.parts.iter().map(|(&first, (len, _))| (first, *len)).collect()
                }
                _ if end < rotation.row => vec![(0, end), (end, rotation.row - end)],
                _ => vec![(0, end)],
            };
            if parts.iter().any(|(first, len)| *first < end && first + len > end || len % rotation.head_dim != 0) {
                return Err(graph.cannot("rotary", "the heads are not parts of their own"));
            }
            for (first, len) in parts {
                let mut part = graph.read_columns(x, rotation.row, first, len)?;
                if first < end {
                    part = graph.timed(part, sequences, len);
                    part = rotated(graph, rotation, time_of(sequences), len / rotation.head_dim, part)?;
                }
                if len == rotation.row {
                    graph.write(y, part);
                } else {
                    graph.write_columns(y, rotation.row, first, len, part);
                }
            }
            Ok(())
        });
    }
    fn rotate_in_place(
        &self,
        rotation: Rotation,
        sequences: Sequences<'_, Self>,
        past: Option<Streams<'_, Self>>,
        x: Place,
    ) {
        self.rotate(rotation, sequences, past, x, x, Write::Set);
    }
}

/// Rotates rows of `heads` heads.
fn rotated(graph: &mut Graph, rotation: Rotation, time: Dim, heads: usize, x: Value) -> Result<Value> {
    let (row, half) = (x.dims.clone(), rotation.head_dim / 2);
    let frequencies: Vec<f32> = (0..half).map(|pair| rotation.frequency(pair)).collect();
    let key = format!("rotary {time:?} {} {}", rotation.base, rotation.head_dim);
    // Every head has the same angles: `[length, 1, pairs]`.
    let [sines, cosines] = [0, 1].map(|which| {
        graph.shared(format!("{key} {which}"), |graph| {
            let (angles, axes) = (angles(graph, time, frequencies.clone()), graph.ints(&[1]));
            graph.push(Node::new("Unsqueeze", &angles[which]).and(axes), Vec::new()).name
        })
    });
    let x = graph.reshape(x, &[row[0], row[1], Dim::Size(heads), Dim::Size(rotation.head_dim)]);
    let dims = x.dims.clone();
    let first = graph.slice_axis(x.clone(), -1, 0, half);
    let second = graph.slice_axis(x, -1, half, half);
    let of_half = first.dims.clone();
    let mut product = |a: &Value, b: &String| graph.push(Node::new("Mul", a).and(b), of_half.clone());
    let (first_cos, second_sin) = (product(&first, &cosines), product(&second, &sines));
    let (second_cos, first_sin) = (product(&second, &cosines), product(&first, &sines));
    let first = graph.push(Node::new("Sub", first_cos).and(second_sin), of_half.clone());
    let second = graph.push(Node::new("Add", second_cos).and(first_sin), of_half);
    let joined = graph.push(Node::new("Concat", first).and(second).int("axis", -1).named_kind("rotary"), dims);
    Ok(graph.reshape(joined, &row))
}
