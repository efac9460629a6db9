//! `rnn`, `lstm` and `gru` go along a sequence with a state, which is their output at every row.

use super::*;
use crate::check;
use crate::diagnostics::message;
use crate::ir::Saved;
use quote::quote;

/// A recurrent layer.
pub struct Recurrent {
    name: &'static str,
    cell: Cell,
    line: &'static str,
    parameters: &'static [Parameter],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Rnn,
    Lstm,
    Gru,
}

pub static RNN: Recurrent = Recurrent {
    name: "rnn",
    cell: Cell::Rnn,
    line: "computes `h = tanh(W·x + V·h + b)` from row to row of a sequence: a plain recurrent layer",
    parameters: &[HIDDEN, ACTIVATION, LAYERS, BIDIRECTIONAL, DROPOUT, BIAS],
};
pub static LSTM: Recurrent = Recurrent {
    name: "lstm",
    cell: Cell::Lstm,
    line: "goes along a sequence with long short-term memory, whose gates decide what it keeps, adds and shows",
    parameters: &[HIDDEN, LAYERS, BIDIRECTIONAL, DROPOUT, PROJECTION, BIAS],
};
pub static GRU: Recurrent = Recurrent {
    name: "gru",
    cell: Cell::Gru,
    line: "goes along a sequence with gated units, which are simpler than `lstm` and often as good",
    parameters: &[HIDDEN, LAYERS, BIDIRECTIONAL, DROPOUT, BIAS],
};

const HIDDEN: Parameter = Parameter::positional("hidden", Kind::Size, Default::Required, "number of hidden features")
    .counting("hidden feature");
const TANH: Choice = Choice::new("tanh", "Tanh", "the hyperbolic tangent");
const ACTIVATION: Parameter = Parameter::named(
    "activation",
    Kind::Choice(&[TANH, Choice::new("relu", "Relu", "`max(x, 0)`")]),
    Default::Choice(TANH),
    "function that makes the state of the sum",
);
const LAYERS: Parameter = Parameter::named(
    "layers",
    Kind::Integer,
    Default::Integer(1),
    "number of layers, each of which takes the output of the one before",
);
const BIDIRECTIONAL: Parameter = Parameter::named(
    "bidirectional",
    Kind::Flag,
    Default::Flag(false),
    "whether each layer has a second direction, from the last row to the first, whose output follows in each row",
);
const DROPOUT: Parameter =
    Parameter::named("dropout", Kind::Number, Default::Number(0.0), "rate of the dropout between layers");
const PROJECTION: Parameter = Parameter::named(
    "projection",
    Kind::Size,
    Default::ByLayer,
    "number of features to which the state is projected; without it, the state has the hidden features",
)
.counting("feature of the projection");
const BIAS: Parameter =
    Parameter::named("bias", Kind::Flag, Default::Flag(true), "whether learned biases are added to the sums");

/// The most layers of a stack.
const MAX_LAYERS: i64 = 1000;

impl Layer for Recurrent {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> Doc {
        let shapes = match self.cell {
            Cell::Lstm => {
                "`[t, n]` or `[.., n]` → `[t, hidden]`, or `[t, projection]`; twice as many if `bidirectional`"
            }
            Cell::Rnn | Cell::Gru => "`[t, n]` or `[.., n]` → `[t, hidden]`; twice as many if `bidirectional`",
        };
        Doc::new(Chapter::Weights, shapes, self.line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
    fn check(&self, call: &Call) -> bool {
        check::not_zero(call)
            & layers_are_counted(call)
            & dropout_is_between_layers(call)
            & check::rate(call, "dropout")
            & projection_is_smaller(call)
            & self.sizes_are_expressible(call)
    }
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        let mut input = call.known_input()?;
        *input.dims.last_mut()? = self.sizes(call)?.width();
        (input.dims.len() + usize::from(input.length.is_some()) == 2).then_some(input)
    }
    fn inferred(&self) -> Option<Inferred> {
        Some(Inferred::Features)
    }
    fn build(&self, call: &Call) -> Option<Built> {
        let time = check::time(call, 0)?;
        let sizes = self.sizes(call)?;
        let (rate, id) = (call.number("dropout"), Dim::Known(call.index));
        let cell = match self.cell {
            Cell::Lstm => quote!(Lstm),
            Cell::Gru => quote!(Gru),
            Cell::Rnn => {
                let activation = call.choice("activation")?;
                quote!(#activation)
            }
        };
        let fields = quote!(cell: dl::ops::recurrent::Cell::#cell, dropout: #rate, id: #id,);
        let config = Config::settings(quote!(dl::ops::recurrent::RecurrentOp), fields);
        let ty = sizes.ty(&time.features);
        let step = match call.flag("bidirectional") {
            true => Stepping::Ahead,
            false => Stepping::State {
                floats: quote!(state_len::<#ty, _, _>()),
                truncates: false,
                constant: Some(sizes.state_type()),
            },
        };
        let mut op = Op::new(config, BackwardReads { inputs: true, output: true }).along_time_of([0]).stepping(step);
        op.saved = Some(Saved { shape: time.with_features(sizes.saved()), per_sample: true });
        op.inference = Inference::Infer;
        op.carried = Some(sizes.state());
        let weights = Weights { ty, tensors: sizes.tensors(&time.features), init: quote!() };
        let multiply_adds = time.counted_steps().mul(&sizes.products(&time.features));
        Some(Built::new(time.with_features(sizes.width()), op).with_weights(weights, multiply_adds))
    }
}

/// Requires at least one layer, and not so many that names for all their weights would be absurd.
fn layers_are_counted(call: &Call) -> bool {
    let layers = call.integer("layers");
    if (1..=MAX_LAYERS).contains(&layers) {
        return true;
    }
    let text = if layers < 1 {
        format!("`{}` needs at least 1 layer", call.name)
    } else {
        format!("`{}` has at most {MAX_LAYERS} layers, and not {layers}", call.name)
    };
    call.diagnostics.error(call.at("layers"), text);
    false
}

/// Requires several layers where there is a dropout between them.
fn dropout_is_between_layers(call: &Call) -> bool {
    let used = call.given_at("dropout").is_none() || call.integer("layers") != 1;
    if !used {
        let text = format!(
            "the dropout of `{}` is between its layers, and there is 1; give it `layers: 2`, or put the layer `dropout` after it",
            call.name
        );
        call.diagnostics.error(call.at("dropout"), text);
    }
    used
}

/// Requires that a projection makes the state smaller.
fn projection_is_smaller(call: &Call) -> bool {
    let (Some(projection), Some(hidden)) = (call.given_size("projection"), call.given_size("hidden")) else {
        return true;
    };
    let text = message!(
        format!("the projection of `{}` makes the state smaller, but it has ", call.name),
        &projection,
        " features, and the state ",
        &hidden,
    );
    let smaller = hidden.at_least(&projection.add(&Dim::Known(1)));
    call.diagnostics.require(smaller, call.at("projection"), text)
}

/// The sizes of a stack, as in `dl::ops::recurrent`.
struct Sizes {
    cell: Cell,
    hidden: Dim,
    /// The number of rows of the weights: the hidden features of all gates.
    gates: Dim,
    /// The number of features of the state: the hidden ones, or those of the projection.
    state: Dim,
    projected: bool,
    bias: bool,
    directions: usize,
    layers: usize,
}

impl Recurrent {
    /// Requires that no size is computed from a parameter of a generic model.
    fn sizes_are_expressible(&self, call: &Call) -> bool {
        let Some(sizes) = self.sizes(call) else { return true };
        let computed = [&sizes.gates, &sizes.width(), &sizes.saved()].into_iter().any(|dim| !dim.is_parameter());
        for (name, size) in [("projection", call.given_size("projection")), ("hidden", call.given_size("hidden"))] {
            if let Some(size) = size.filter(|size| computed && size.is_parameter()) {
                let text = format!(
                    "`{}` multiplies the number of its features, and stable Rust cannot multiply the parameter `{size}` of a model in a \
                    type; give it a constant instead",
                    call.name
                );
                call.diagnostics.error(call.at(name), text);
                return false;
            }
        }
        true
    }
    /// Returns the sizes of a use; `None` if the number of layers was reported as wrong.
    fn sizes(&self, call: &Call) -> Option<Sizes> {
        let hidden = call.given_size("hidden")?;
        let gates = Dim::Known(match self.cell {
            Cell::Rnn => 1,
            Cell::Lstm => 4,
            Cell::Gru => 3,
        });
        let projection = call.given_size("projection");
        Some(Sizes {
            cell: self.cell,
            gates: Dim::product([&gates, &hidden]),
            projected: projection.is_some(),
            state: projection.unwrap_or(hidden.clone()),
            hidden,
            bias: call.flag("bias"),
            directions: if call.flag("bidirectional") { 2 } else { 1 },
            layers: usize::try_from(call.integer("layers")).ok().filter(|layers| *layers > 0)?,
        })
    }
}

impl Sizes {
    /// Returns the number of features of the output, which are those of each direction.
    fn width(&self) -> Dim {
        Dim::product([&Dim::Known(self.directions), &self.state])
    }
    /// Returns the number of input features of a layer.
    fn inputs(&self, layer: usize, features: &Dim) -> Dim {
        if layer == 0 { features.clone() } else { self.width() }
    }
    /// Returns the number of floats that each row saves for the backward pass: for every direction of a layer the gates and, unless
    /// the cell is plain, the hidden features once more; and the output of all layers but the last.
    fn saved(&self) -> Dim {
        let kept = if self.cell == Cell::Rnn { self.gates.clone() } else { self.gates.add(&self.hidden) };
        if self.layers * self.directions == 1 {
            return kept;
        }
        let between = Dim::Known(self.layers - 1).mul(&self.width());
        Dim::Known(self.layers * self.directions).mul(&kept).add(&between)
    }
    /// Returns the number of floats of the state of a sample: `h` of every layer, with the `c` of an LSTM.
    fn state(&self) -> Dim {
        let of_layer = if self.cell == Cell::Lstm { self.state.add(&self.hidden) } else { self.state.clone() };
        Dim::Known(self.layers).mul(&of_layer)
    }
    /// Returns the type of the state of a stream in `dl-core`.
    fn state_type(&self) -> Type {
        let cell = if self.cell == Cell::Lstm { self.hidden.clone() } else { Dim::Known(0) };
        let of_layer = Type::layer(quote!(dl::ops::recurrent::State), [&self.state, &cell]);
        Type::Array(Box::new(of_layer), Dim::Known(self.layers))
    }
    /// Returns the number of multiply-adds for one row.
    fn products(&self, features: &Dim) -> Dim {
        let projection = if self.projected { self.state.mul(&self.hidden) } else { Dim::Known(0) };
        let layer = |layer| {
            let sums = self.gates.mul(&self.inputs(layer, features).add(&self.state));
            Dim::Known(self.directions).mul(&sums.add(&projection))
        };
        (0..self.layers).map(layer).fold(Dim::Known(0), |sum, layer| sum.add(&layer))
    }
    /// Returns the type of the weights, without the last arguments where they are the defaults.
    fn ty(&self, features: &Dim) -> Type {
        let path = match self.cell {
            Cell::Rnn => quote!(dl::layers::Rnn),
            Cell::Lstm => quote!(dl::layers::Lstm),
            Cell::Gru => quote!(dl::layers::Gru),
        };
        let none = Dim::Known(0);
        let width = self.width();
        let (directions, others) = (Dim::Known(self.directions), Dim::Known(self.layers - 1));
        let bias = if self.bias { &self.gates } else { &none };
        let mut arguments = vec![features, &self.hidden, &self.gates, &width, &directions, &others, bias];
        let one = Dim::Known(1);
        let plain = (self.cell == Cell::Rnn).then_some(&self.hidden);
        let mut defaults = vec![None, None, plain, Some(&self.hidden), Some(&one), Some(&none), Some(&self.gates)];
        if self.projected {
            arguments.extend([&self.state, &self.state]);
            defaults.extend([None, None]);
        }
        while defaults.last().is_some_and(|default| *default == arguments.last().copied()) {
            arguments.pop();
            defaults.pop();
        }
        Type::layer(path, arguments)
    }
    /// Returns the tensors of all layers, with PyTorch's names.
    fn tensors(&self, features: &Dim) -> Vec<Tensor> {
        let (mut tensors, mut after) = (Vec::new(), Dim::Known(0));
        let mut add = |name: String, shape: &[&Dim], role| {
            tensors.push(Tensor::inside(name, shape, role, after.clone()));
            after = after.add(&Dim::product(shape.iter().copied()));
        };
        for layer in 0..self.layers {
            let inputs = self.inputs(layer, features);
            for end in ["", "_reverse"].into_iter().take(self.directions) {
                add(format!("weight_ih_l{layer}{end}"), &[&self.gates, &inputs], Role::Weight);
                add(format!("weight_hh_l{layer}{end}"), &[&self.gates, &self.state], Role::Weight);
                if self.bias {
                    add(format!("bias_ih_l{layer}{end}"), &[&self.gates], Role::Bias);
                    add(format!("bias_hh_l{layer}{end}"), &[&self.gates], Role::Bias);
                }
                if self.projected {
                    add(format!("weight_hr_l{layer}{end}"), &[&self.state, &self.hidden], Role::Weight);
                }
            }
        }
        tensors
    }
}
