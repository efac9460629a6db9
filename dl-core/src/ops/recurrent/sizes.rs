//! The cells of recurrent layers, and the sizes of a stack of them: where its weights lie, and what the backward pass needs.

use core::ops::Range;

/// The cell of a recurrent layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Long short-term memory.
    Lstm,
    /// A gated recurrent unit.
    Gru,
    /// A plain cell with tanh.
    Tanh,
    /// A plain cell with ReLU.
    Relu,
}

impl Cell {
    /// Returns the number of gates: parts of `H` rows of the weights.
    pub const fn gates(self) -> usize {
        match self {
            Cell::Lstm => 4,
            Cell::Gru => 3,
            Cell::Tanh | Cell::Relu => 1,
        }
    }
    /// Returns the number of parts of `H` numbers that are kept for every row in addition to the gates: the `c` of an LSTM, and the
    /// `bₙ` of a GRU.
    pub const fn kept(self) -> usize {
        match self {
            Cell::Lstm | Cell::Gru => 1,
            Cell::Tanh | Cell::Relu => 0,
        }
    }
    /// Returns the number of floats of the state of one layer.
    pub const fn state(self, sizes: &Sizes) -> usize {
        sizes.state + if matches!(self, Cell::Lstm) { sizes.hidden } else { 0 }
    }
}

/// The sizes of a stack of recurrent layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The number of input features of the first layer.
    pub inputs: usize,
    /// The number of hidden features, `H`.
    pub hidden: usize,
    /// The number of rows of the weights: `H` for every gate.
    pub gates: usize,
    /// The number of features of `h`: `H`, or those of the projection.
    pub state: usize,
    /// 2 if there is a second direction, else 1.
    pub directions: usize,
    /// The number of layers.
    pub layers: usize,
    /// True if there are biases.
    pub bias: bool,
    /// True if there is a projection.
    pub projection: bool,
}

/// The ranges of the weights of one direction of one layer, in floats.
pub struct Places {
    /// The weights of the input.
    pub weight_ih: Range<usize>,
    /// The weights of the state.
    pub weight_hh: Range<usize>,
    /// The bias beside the input, which may be empty.
    pub bias_ih: Range<usize>,
    /// The bias beside the state, which may be empty.
    pub bias_hh: Range<usize>,
    /// The projection, which may be empty.
    pub weight_hr: Range<usize>,
}

impl Sizes {
    /// Returns the number of features of a row of the output: that of every layer.
    pub const fn width(&self) -> usize {
        self.directions * self.state
    }
    /// Returns the number of input features of a layer.
    pub const fn inputs_of(&self, layer: usize) -> usize {
        if layer == 0 { self.inputs } else { self.width() }
    }
    /// Returns the number of floats that the forward pass saves for every row: for every layer the gates and what the cell keeps in
    /// addition, for each direction, and the output of all layers but the last.
    pub const fn saved(&self, cell: Cell) -> usize {
        let row = self.gates + cell.kept() * self.hidden;
        self.layers * self.directions * row + (self.layers - 1) * self.width()
    }
    /// Returns the number of weights of one direction of a layer with so many inputs.
    const fn of_direction(&self, inputs: usize) -> usize {
        let bias = if self.bias { 2 * self.gates } else { 0 };
        let projection = if self.projection { self.state * self.hidden } else { 0 };
        self.gates * (inputs + self.state) + bias + projection
    }
    /// Returns the places of the weights of one direction of one layer.
    pub fn places(&self, layer: usize, direction: usize) -> Places {
        let mut at = direction * self.of_direction(self.inputs_of(layer));
        for earlier in 0..layer {
            at += self.directions * self.of_direction(self.inputs_of(earlier));
        }
        let mut next = |len: usize| {
            at += len;
            at - len..at
        };
        let bias = if self.bias { self.gates } else { 0 };
        Places {
            weight_ih: next(self.gates * self.inputs_of(layer)),
            weight_hh: next(self.gates * self.state),
            bias_ih: next(bias),
            bias_hh: next(bias),
            weight_hr: next(if self.projection { self.state * self.hidden } else { 0 }),
        }
    }
}
