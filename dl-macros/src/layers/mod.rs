//! The layers of the language. Each has a file with its parameters, its shape rule and the operation that it becomes.
//!
//! A new layer needs a file and a line in [`FAMILIES`]; a new layer of a family, such as an activation, only an entry in the
//! family's list. The names are those of Keras and PyTorch in snake case.

mod activations;
mod adaptive_pool;
mod argmax;
pub mod arithmetic;
mod attention;
mod batch_norm;
mod concat;
mod conv;
mod conv_over_time;
mod cumsum;
mod dense;
mod doc;
#[cfg(test)]
mod documents;
mod dropout;
mod embedding;
mod flatten;
mod group_norm;
mod l2_normalize;
mod layer_norm;
mod lora;
mod losses;
mod matmul;
mod noise;
mod one_hot;
mod operation;
mod pad2d;
mod parameter;
mod pool;
mod positions;
mod prelu;
mod projection;
mod recurrent;
mod reductions;
mod reshape;
mod rms_norm;
mod scale;
mod separable_conv2d;
mod sequence;
mod slice;
mod softmax;
mod split;
mod stochastic_depth;
mod stop_gradient;
pub mod synonyms;
mod transpose;
mod unembedding;
pub mod unsupported;
mod upsample;
mod variant;
mod window;

pub use arithmetic::of as of_operator;
pub use concat::Concat;
pub use doc::{Chapter, Doc};
pub use slice::Slice;
use variant::Variant;

use crate::call::{Call, Choice, Default, Init, Kind, Operand, Parameter, ParametricRule, Rule};
use crate::dim::Dim;
use crate::ir::{
    BackwardReads, Blocks, Channels, Config, Element, Inference, Int8, Op, Role, Saved, Shape, Stepping, Tensor,
};
use crate::types::Type;
use proc_macro2::TokenStream;
use std::borrow::Cow;

/// All layers: those with a file of their own, and the lists of the families.
static FAMILIES: &[&[&dyn Layer]] = &[
    &[
        &dense::Dense,
        &conv::CONV2D,
        &conv::CONV1D,
        &conv::DEPTHWISE_CONV2D,
        &separable_conv2d::SeparableConv2d,
        &conv::CONV_TRANSPOSE2D,
        &conv::CONV_TRANSPOSE1D,
        &pool::MAX_POOL2D,
        &pool::MAX_POOL1D,
        &pool::AVG_POOL2D,
        &pool::AVG_POOL1D,
        &adaptive_pool::ADAPTIVE_AVG_POOL2D,
        &adaptive_pool::ADAPTIVE_AVG_POOL1D,
        &adaptive_pool::ADAPTIVE_MAX_POOL2D,
        &adaptive_pool::ADAPTIVE_MAX_POOL1D,
        &adaptive_pool::GLOBAL_AVG_POOL2D,
        &adaptive_pool::GLOBAL_AVG_POOL1D,
        &adaptive_pool::GLOBAL_MAX_POOL2D,
        &adaptive_pool::GLOBAL_MAX_POOL1D,
        &upsample::Upsample,
        &pad2d::Pad2d,
        &flatten::Flatten,
    ],
    activations::ALL,
    &[
        &prelu::Prelu,
        &scale::Scale,
        &softmax::SOFTMAX,
        &softmax::LOG_SOFTMAX,
        &embedding::Embedding,
        &unembedding::Unembedding,
        &positions::LearnedPositions,
        &positions::SinusoidalPositions,
        &parameter::LearnedTensor,
        &argmax::Argmax,
        &one_hot::OneHot,
        &matmul::Matmul,
        &attention::ATTENTION,
        &attention::CROSS_ATTENTION,
        &l2_normalize::L2Normalize,
        &recurrent::RNN,
        &recurrent::LSTM,
        &recurrent::GRU,
        &noise::RandomNormal,
        &noise::GaussianNoise,
        &dropout::Dropout,
        &stochastic_depth::StochasticDepth,
        &batch_norm::BatchNorm,
        &layer_norm::LayerNorm,
        &rms_norm::RmsNorm,
        &group_norm::GroupNorm,
        &group_norm::InstanceNorm,
        &reshape::Reshape,
        &reshape::Identity,
        &transpose::Transpose,
        &Concat,
        &stop_gradient::StopGradient,
        &Slice,
        &split::Split,
        &sequence::FIRST,
        &sequence::LAST,
        &sequence::REVERSE,
        &reductions::SUM,
        &reductions::MEAN,
        &reductions::MAX,
        &cumsum::Cumsum,
        &arithmetic::ADD,
        &arithmetic::SUB,
        &arithmetic::MUL,
        &arithmetic::DIV,
    ],
    losses::classes::ALL,
    &[&losses::ctc::Ctc],
    losses::numbers::ALL,
    losses::overlap::ALL,
    losses::vectors::ALL,
];

/// Returns every layer.
pub fn all() -> impl Iterator<Item = &'static dyn Layer> + Clone {
    FAMILIES.iter().copied().flatten().copied()
}

/// A layer of the language.
pub trait Layer: Sync {
    /// Returns the name in the language: `conv2d`.
    fn name(&self) -> &'static str;
    /// Returns the prefix of the names of its fields and values: `conv` for `conv1`.
    fn name_prefix(&self) -> &'static str {
        self.name()
    }
    /// Returns the documentation for the guide and editors.
    #[allow(dead_code, reason = "read by the test that writes the guide's tables and the editor's documentation")]
    fn doc(&self) -> Doc;
    /// Returns the parameters in the order in which they may be given.
    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }
    /// Returns the number of values that it reads, or the least number if it is variadic; 0 for a learned value of its own.
    fn operands(&self) -> usize {
        1
    }
    /// Returns whether it may read more values than [`Layer::operands`] (`concat(a, b, c)`).
    fn variadic(&self) -> bool {
        false
    }
    /// Returns the element type that the operand with index `operand` must have.
    fn takes(&self, operand: usize) -> Element {
        let _ = operand;
        Element::F32
    }
    /// Returns whether it is a loss: one number for each sample, which training minimises.
    fn is_loss(&self) -> bool {
        false
    }
    /// Returns whether it has no gradient where others do, so that weights before it cannot learn through it.
    fn has_no_gradient(&self) -> bool {
        false
    }
    /// Returns whether it takes sequences `[channels, length]`, which are images of one row.
    fn is_sequence(&self) -> bool {
        false
    }
    /// Returns whether its weights are a table with features for each token, which `unembedding` can read, too.
    fn is_table(&self) -> bool {
        false
    }
    /// Returns whether a user's own layer or block may have its name, which then means that one: for words that are natural names
    /// of layers (`dense(8) as first`).
    fn gives_way(&self) -> bool {
        false
    }
    /// Returns the size of the input that determines the shape of its weights, which other libraries take as an argument.
    fn inferred(&self) -> Option<Inferred> {
        None
    }
    /// Returns the end of the message that stable Rust has no type for its output; it suggests another way to write it.
    fn alternative(&self) -> &'static str {
        ""
    }
    /// Returns whether one of its operands may be a number.
    fn takes_numbers(&self) -> bool {
        false
    }
    /// Checks the settings alone, without the input, and returns whether they are valid.
    fn check(&self, call: &Call) -> bool {
        let _ = call;
        true
    }
    /// Returns the output's shape after a mistake, if it is known regardless, so that the layers after it can still be checked. The
    /// call may have no operands.
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        let _ = call;
        None
    }
    /// Returns the form in which `lower` adds its uses to the graph.
    fn lowered_as(&self) -> LoweredAs {
        LoweredAs::Node
    }
    /// Checks a use whose settings are valid, and returns its nodes, for a layer that is lowered as [`LoweredAs::Parts`]; `None` if
    /// mistakes were reported.
    fn parts(&self, call: &Call) -> Option<Vec<Part>> {
        let _ = call;
        None
    }
    /// Checks a use whose settings are valid, and returns its node; `None` if mistakes were reported.
    fn build(&self, call: &Call) -> Option<Built>;
}

/// The form that the uses of a layer have in the graph.
pub enum LoweredAs {
    /// A node, by [`Layer::build`].
    Node,
    /// A slice for each part.
    Slices,
    /// A dense node with the weights of an embedding.
    TiedDense,
    /// Several nodes, by [`Layer::parts`], in a scope of their own.
    Parts,
}

/// One node of a layer that becomes several.
pub struct Part {
    /// The name of its field and value.
    pub name: &'static str,
    /// The text in tables; that of the use if it is empty.
    pub text: &'static str,
    pub inputs: Vec<Source>,
    pub built: Built,
    /// The type to which it casts its weights, if they are those of another kind of layer.
    pub weights_as: Option<Type>,
}

/// A value that a part reads.
#[derive(Clone, Copy)]
pub enum Source {
    /// An operand of the layer.
    Operand(usize),
    /// The output of an earlier part.
    Part(usize),
}

/// A size of the input.
pub enum Inferred {
    /// The last dimension.
    Features,
    /// The first dimension.
    Channels,
}

impl Inferred {
    /// Returns this size of an input with shape `shape`.
    pub fn of(self, shape: &Shape) -> Option<&Dim> {
        match self {
            Inferred::Features => shape.dims.last(),
            Inferred::Channels => shape.dims.first(),
        }
    }
}

/// The result of [`Layer::build`]: a node that reads all operands that are values.
pub struct Built {
    pub output: Shape,
    pub op: Op,
    pub weights: Option<Weights>,
    /// The number of multiply-adds for one sample.
    pub multiply_adds: Dim,
}

/// The weights of a layer.
pub struct Weights {
    pub ty: Type,
    /// The tensors in memory order.
    pub tensors: Vec<Tensor>,
    /// The arguments of `init` before `rng`.
    pub init: TokenStream,
}

/// Writes sizes as a constant expression of type `&[usize]`.
fn list(dims: &[Dim]) -> TokenStream {
    quote::quote!(&[#(#dims),*])
}

/// Returns the layer called `name`.
pub fn find(name: &str) -> Option<&'static dyn Layer> {
    all().find(|layer| layer.name() == name)
}

impl Built {
    /// Returns a node without weights.
    pub fn new(output: Shape, op: Op) -> Self {
        Built { output, op, weights: None, multiply_adds: Dim::Known(0) }
    }
    pub fn with_weights(mut self, weights: Weights, multiply_adds: Dim) -> Self {
        (self.weights, self.multiply_adds) = (Some(weights), multiply_adds);
        self
    }
}

impl Tensor {
    pub fn new(name: &'static str, shape: &[&Dim], role: Role) -> Self {
        let shape = shape.iter().map(|dim| (*dim).clone()).collect();
        Tensor { name: name.into(), member: name, shape, role, after: None }
    }
    /// Returns a tensor of a field that is one block of memory, which lies after so many floats of it.
    pub fn inside(name: String, shape: &[&Dim], role: Role, after: Dim) -> Self {
        Tensor { name: Cow::Owned(name), after: Some(after), ..Tensor::new("", shape, role) }
    }
    /// Names the field of the layer's struct, where that is not the name of the tensor.
    pub fn in_member(self, member: &'static str) -> Self {
        Tensor { member, ..self }
    }
}

impl Shape {
    /// Returns a shape of `f32` elements.
    pub fn of(dims: impl Into<Vec<Dim>>) -> Self {
        Shape { element: Element::F32, length: None, dims: dims.into(), record: None, in_blocks: false }
    }
}
