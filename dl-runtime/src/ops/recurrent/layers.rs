//! Runs the layers of a stack one after the other, each in one or two directions, forward and backward, on any device.

use super::{Backward, Cell, Parts, RecurrentOp, Run, Sizes};
use crate::Context;
use crate::ops::dense::DenseSizes;
use crate::ops::dropout::{DropoutOp, Mask};
use crate::ops::{Activation, Device};
use crate::tensor::{InitialStates, Sequences, States, Write};
use std::mem::swap;
use std::ops::Range;

/// A stack of layers with its weights, and the sequences of a batch.
pub(super) struct Layers<'c, 's, 'w, D: Device> {
    pub op: RecurrentOp,
    pub sizes: Sizes,
    pub context: &'c Context<'c, D>,
    pub sequences: Sequences<'s, D>,
    pub weights: D::Ref<'w, f32>,
}

impl<'s, 'w, D: Device> Layers<'_, 's, 'w, D> {
    /// Runs all layers, and keeps in `saved` what [`Layers::backward`] reads, in the order of [`Sizes::saved`]. The states continue
    /// `states`, or begin at `initial` and are dropped at the end.
    pub fn forward(
        &self,
        input: D::Ref<'_, f32>,
        mut output: D::Mut<'_, f32>,
        saved: D::Mut<'_, f32>,
        mut states: Option<States<'_, D>>,
        initial: Option<InitialStates<'_, D>>,
    ) {
        let (s, rows) = (self.sizes, self.sequences.rows());
        let copied = initial.as_ref().map_or(0, InitialStates::floats);
        self.context.device.with_scratch(self.masked() + copied, |memory| {
            let (mut masked, copy) = D::split_mut(memory, self.masked());
            let mut again = initial.map(|initial| initial.copied_to(self.context.device, copy));
            let (mut rest, mut before) = (saved, None);
            for layer in 0..s.layers {
                let last = layer + 1 == s.layers;
                let (mut kept, after) = D::split_mut(rest, s.directions * self.kept());
                let (mut own, after) = D::split_mut(after, if last { 0 } else { rows * s.width() });
                rest = after;
                let x = before.as_ref().map_or(D::shorten(input), |x| D::share(x));
                if let Some(mask) = self.mask(layer) {
                    self.context.device.dropout(mask, x, D::reborrow(&mut masked), Write::Set);
                }
                let x = if self.mask(layer).is_some() { D::share(&masked) } else { x };
                for direction in 0..s.directions {
                    let kept = D::split_mut(D::reborrow(&mut kept), direction * self.kept()).1;
                    let (gates, kept) = D::split_mut(kept, rows * s.gates);
                    let kept = D::split_mut(kept, rows * self.op.cell.kept() * s.hidden).0;
                    let y = if last { D::reborrow(&mut output) } else { D::reborrow(&mut own) };
                    let at = self.state_of(layer);
                    let states = match &mut again {
                        Some(again) => Some(again.at(at)),
                        None => states.as_mut().map(|states| states.at(at)),
                    };
                    self.along_time(layer, direction, x, gates, kept, y, states);
                }
                before = Some(own);
            }
        });
    }

    /// Runs all layers without dropout; `states` are those of streams, which are continued.
    pub fn infer(&self, input: D::Ref<'_, f32>, mut output: D::Mut<'_, f32>, mut states: Option<States<'_, D>>) {
        let (s, rows) = (self.sizes, self.sequences.rows());
        let between = if s.layers > 1 { rows * s.width() } else { 0 };
        self.context.device.with_scratch(rows * s.gates + 2 * between, |memory| {
            let (mut gates, between_layers) = D::split_mut(memory, rows * s.gates);
            let (mut before, mut own) = D::split_mut(between_layers, between);
            for layer in 0..s.layers {
                let x = if layer == 0 { D::shorten(input) } else { D::share(&before) };
                for direction in 0..s.directions {
                    let last = layer + 1 == s.layers;
                    let y = if last { D::reborrow(&mut output) } else { D::reborrow(&mut own) };
                    let (kept, gates) = D::split_mut(D::reborrow(&mut gates), 0);
                    let states = states.as_mut().map(|states| states.at(self.state_of(layer)));
                    self.along_time(layer, direction, x, gates, kept, y, states);
                }
                swap(&mut before, &mut own);
            }
        });
    }

    /// Computes the gradients to all weights and, unless `None`, to the input.
    #[expect(clippy::too_many_arguments, reason = "what the forward pass read and wrote, and the gradients")]
    pub fn backward(
        &self,
        input: D::Ref<'_, f32>,
        output: D::Ref<'_, f32>,
        saved: D::Ref<'_, f32>,
        d_output: D::Ref<'_, f32>,
        initial: Option<InitialStates<'_, D>>,
        (mut d_weights, write): (D::Mut<'_, f32>, Write),
        mut d_input: Option<(D::Mut<'_, f32>, Write)>,
    ) {
        let (s, rows, device) = (self.sizes, self.sequences.rows(), self.context.device);
        let between = if s.layers > 1 { rows * s.width() } else { 0 };
        device.with_scratch(2 * between + self.masked() + self.of_gradients(), |memory| {
            let (mut d_above, rest) = D::split_mut(memory, between);
            let (mut d_below, rest) = D::split_mut(rest, between);
            let (mut masked, mut rest) = D::split_mut(rest, self.masked());
            for layer in (0..s.layers).rev() {
                let last = layer + 1 == s.layers;
                let y = if last { D::shorten(output) } else { self.output_of(layer, D::shorten(saved)) };
                let dy = if last { D::shorten(d_output) } else { D::share(&d_above) };
                let mask = self.mask(layer);
                let x = match layer.checked_sub(1) {
                    None => D::shorten(input),
                    Some(before) => self.output_of(before, D::shorten(saved)),
                };
                if let Some(mask) = mask {
                    device.dropout(mask, x, D::reborrow(&mut masked), Write::Set);
                }
                let x = if mask.is_some() { D::share(&masked) } else { x };
                for direction in 0..s.directions {
                    let kept = self.kept_by(layer, direction, D::shorten(saved));
                    let to_input = match &mut d_input {
                        _ if layer > 0 => Some((D::reborrow(&mut d_below), Write::Set)),
                        Some((to, write)) => Some((D::reborrow(to), *write)),
                        None => None,
                    };
                    // The parts of both directions are added.
                    let to_input = to_input.map(|(to, write)| (to, if direction == 0 { write } else { Write::Add }));
                    let to_weights = (D::reborrow(&mut d_weights), write);
                    let initial = initial.as_ref().map(|states| states.at(self.state_of(layer)));
                    let memory = D::reborrow(&mut rest);
                    self.back([layer, direction], [x, y, dy], kept, initial, memory, to_weights, to_input);
                }
                if let Some(mask) = mask {
                    device.dropout_in_place(mask, D::reborrow(&mut d_below));
                }
                swap(&mut d_above, &mut d_below);
            }
        });
    }

    /// Computes the gradients of one direction of one layer.
    #[expect(clippy::too_many_arguments, reason = "what a layer read and wrote, and the gradients")]
    fn back(
        &self,
        [layer, direction]: [usize; 2],
        [x, y, dy]: [D::Ref<'_, f32>; 3],
        (gates, kept): (D::Ref<'_, f32>, D::Ref<'_, f32>),
        initial: Option<InitialStates<'_, D>>,
        memory: D::Mut<'_, f32>,
        (mut d_weights, write): (D::Mut<'_, f32>, Write),
        d_input: Option<(D::Mut<'_, f32>, Write)>,
    ) {
        let (s, rows, device) = (self.sizes, self.sequences.rows(), self.context.device);
        let (weights, places) = (self.parts(layer, direction), s.places(layer, direction));
        let [a, b, before, inside] = self.gradients();
        let (mut d_input_side, rest) = D::split_mut(memory, a);
        let (mut d_hidden_side, rest) = D::split_mut(rest, b);
        let (mut before, rest) = D::split_mut(rest, before);
        let (mut inside, mut outside) = D::split_mut(rest, inside);
        let to = Backward {
            d_input_side: D::reborrow(&mut d_input_side),
            d_hidden_side: D::reborrow(&mut d_hidden_side),
            before: D::reborrow(&mut before),
            projected: [D::reborrow(&mut inside), D::reborrow(&mut outside)],
        };
        device.recurrent_backward(self.run(direction), weights, gates, kept, y, dy, initial, to);

        let da = D::share(&d_input_side);
        let db = if b > 0 { D::share(&d_hidden_side) } else { da };
        let sizes = |inputs, outputs| DenseSizes { samples: rows, inputs, outputs };
        let ih = sizes(s.inputs_of(layer), s.gates);
        let (to, to_bias) = pair::<D>(&mut d_weights, places.weight_ih, places.bias_ih);
        device.dense_backward_weights(ih, x, da, to, to_bias, write);
        let (to, to_bias) = pair::<D>(&mut d_weights, places.weight_hh, places.bias_hh);
        device.dense_backward_weights(sizes(s.state, s.gates), D::share(&before), db, to, to_bias, write);
        if s.projection {
            let end = places.weight_hr.end;
            let (to, none) = pair::<D>(&mut d_weights, places.weight_hr, end..end);
            let (inside, outside) = (D::share(&inside), D::share(&outside));
            device.dense_backward_weights(sizes(s.hidden, s.state), inside, outside, to, none, write);
        }
        if let Some((to, write)) = d_input {
            device.dense_backward_input(ih, weights.weight_ih, da, to, write);
        }
    }

    /// Runs one direction of one layer.
    #[expect(clippy::too_many_arguments, reason = "what a layer reads and writes")]
    fn along_time(
        &self,
        layer: usize,
        direction: usize,
        x: D::Ref<'_, f32>,
        mut gates: D::Mut<'_, f32>,
        kept: D::Mut<'_, f32>,
        y: D::Mut<'_, f32>,
        states: Option<States<'_, D>>,
    ) {
        let (s, weights, device) = (self.sizes, self.parts(layer, direction), self.context.device);
        let sizes = DenseSizes { samples: self.sequences.rows(), inputs: s.inputs_of(layer), outputs: s.gates };
        let (weight, bias) = (weights.weight_ih, weights.bias_ih);
        device.dense_forward(sizes, Activation::Identity, weight, bias, x, D::reborrow(&mut gates));
        device.recurrent_forward(self.run(direction), weights, gates, kept, y, states);
    }

    fn run(&self, direction: usize) -> Run<'s, D> {
        let s = self.sizes;
        assert_eq!(s.gates, self.op.cell.gates() * s.hidden, "rows of the weights of a recurrent layer");
        Run {
            cell: self.op.cell,
            hidden: s.hidden,
            state: s.state,
            width: s.width(),
            column: direction * s.state,
            reversed: direction == 1,
            sequences: self.sequences,
        }
    }
    /// Returns where the state of a layer begins among those of the stack; a second direction has none.
    fn state_of(&self, layer: usize) -> usize {
        layer * self.op.cell.state(&self.sizes)
    }
    /// Returns the weights of one direction of one layer.
    fn parts(&self, layer: usize, direction: usize) -> Parts<'w, D> {
        let places = self.sizes.places(layer, direction);
        let part = |range| D::slice(self.weights, range);
        Parts {
            weight_ih: part(places.weight_ih),
            weight_hh: part(places.weight_hh),
            bias_ih: part(places.bias_ih),
            bias_hh: part(places.bias_hh),
            weight_hr: part(places.weight_hr),
        }
    }
    /// Returns the mask of the dropout before a layer; the first has none.
    fn mask(&self, layer: usize) -> Option<Mask> {
        let RecurrentOp { cell, dropout: rate, id } = self.op;
        // Numbers that the dropouts of the network do not have, and the three kinds of layers, which are counted apart, do not share.
        let id = id + ((cell.gates() as u32) << 28);
        (layer > 0 && rate > 0.0).then(|| DropoutOp { rate, id }.mask(&self.context.copy(layer)))
    }
    /// Returns the number of floats of the input of a layer after dropout.
    fn masked(&self) -> usize {
        let (s, rows) = (self.sizes, self.sequences.rows());
        if s.layers > 1 && self.op.dropout > 0.0 { rows * s.width() } else { 0 }
    }
    /// Returns the number of floats that one direction of one layer saves.
    fn kept(&self) -> usize {
        self.sequences.rows() * (self.sizes.gates + self.op.cell.kept() * self.sizes.hidden)
    }
    /// Returns the number of floats that a layer saves, if it is not the last.
    fn saved_by_layer(&self) -> usize {
        self.sizes.directions * self.kept() + self.sequences.rows() * self.sizes.width()
    }
    /// Returns the gates and what else one direction of one layer has saved.
    fn kept_by<'a>(
        &self,
        layer: usize,
        direction: usize,
        saved: D::Ref<'a, f32>,
    ) -> (D::Ref<'a, f32>, D::Ref<'a, f32>) {
        let first = layer * self.saved_by_layer() + direction * self.kept();
        let middle = first + self.sequences.rows() * self.sizes.gates;
        (D::slice(saved, first..middle), D::slice(saved, middle..first + self.kept()))
    }
    /// Returns the saved output of a layer that is not the last.
    fn output_of<'a>(&self, layer: usize, saved: D::Ref<'a, f32>) -> D::Ref<'a, f32> {
        let end = (layer + 1) * self.saved_by_layer();
        D::slice(saved, end - self.sequences.rows() * self.sizes.width()..end)
    }
    /// Returns the numbers of floats of what the way back computes: the gradients to both sides of the gates, the states before, and
    /// what a projection is applied to; the gradient to its result comes last.
    fn gradients(&self) -> [usize; 4] {
        let (s, rows) = (self.sizes, self.sequences.rows());
        let hidden_side = if self.op.cell == Cell::Gru { rows * s.gates } else { 0 };
        [rows * s.gates, hidden_side, rows * s.state, if s.projection { rows * s.hidden } else { 0 }]
    }
    fn of_gradients(&self) -> usize {
        let outside = if self.sizes.projection { self.sequences.rows() * self.sizes.state } else { 0 };
        self.gradients().iter().sum::<usize>() + outside
    }
}

/// Borrows two ranges of `data`, of which the second comes after the first.
fn pair<'a, D: Device>(
    data: &'a mut D::Mut<'_, f32>,
    first: Range<usize>,
    second: Range<usize>,
) -> (D::Mut<'a, f32>, D::Mut<'a, f32>) {
    let (head, tail) = D::split_mut(D::reborrow(data), second.start);
    let first_on = D::split_mut(head, first.start).1;
    (D::split_mut(first_on, first.len()).0, D::split_mut(tail, second.len()).0)
}
