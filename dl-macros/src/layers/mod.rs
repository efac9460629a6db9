//! The layers of the language, one file each: parameters, shape rule, and what is called at run time.
//!
//! To add one: its file, and a line in [`FAMILIES`]; to add one to a family, its entry there. The names are Keras' and PyTorch's in snake case.

mod activations;
mod adaptive_pool;
pub mod arithmetic;
mod batch_norm;
mod concat;
mod conv;
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
mod losses;
mod matmul;
mod noise;
mod operation;
mod pad2d;
mod pool;
mod prelu;
mod reductions;
mod reshape;
mod rms_norm;
mod separable_conv2d;
mod slice;
mod softmax;
mod split;
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

use crate::call::{Call, Choice, Default, Init, Kind, Operand, Parameter, ParametricRule};
use crate::dim::Dim;
use crate::ir::{BackwardReads, Config, Element, Inference, Op, Role, Shape, Tensor};
use crate::types::Type;
use proc_macro2::TokenStream;

/// Every layer, and every family of layers that has a list of its own.
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
        &softmax::SOFTMAX,
        &softmax::LOG_SOFTMAX,
        &embedding::Embedding,
        &unembedding::Unembedding,
        &matmul::Matmul,
        &l2_normalize::L2Normalize,
        &noise::RandomNormal,
        &noise::GaussianNoise,
        &dropout::Dropout,
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
        &reductions::SUM,
        &reductions::MEAN,
        &reductions::MAX,
        &arithmetic::ADD,
        &arithmetic::SUB,
        &arithmetic::MUL,
        &arithmetic::DIV,
    ],
    losses::classes::ALL,
    losses::numbers::ALL,
    losses::vectors::ALL,
];

/// Every layer.
pub fn all() -> impl Iterator<Item = &'static dyn Layer> + Clone {
    FAMILIES.iter().copied().flatten().copied()
}

/// A layer of the language.
pub trait Layer: Sync {
    /// `conv2d`
    fn name(&self) -> &'static str;
    /// The prefix of the names of its fields and values: `conv` for `conv1`.
    fn name_prefix(&self) -> &'static str {
        self.name()
    }
    /// Its documentation in the guide and in editors.
    #[allow(dead_code, reason = "read by the test that writes the guide's tables and the editor's documentation")]
    fn doc(&self) -> Doc;
    /// In the order in which they may be given.
    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }
    /// How many values it reads; at least so many when it is variadic.
    fn operands(&self) -> usize {
        1
    }
    /// Whether it reads any number of values from [`Layer::operands`] on (`concat(a, b, c)`).
    fn variadic(&self) -> bool {
        false
    }
    /// The elements that its operand number `operand` must have.
    fn takes(&self, operand: usize) -> Element {
        let _ = operand;
        Element::F32
    }
    /// Whether it is a loss: one number for each sample, to be made small by training.
    fn is_loss(&self) -> bool {
        false
    }
    /// Whether it is over sequences `[channels, length]`: images of one row.
    fn is_sequence(&self) -> bool {
        false
    }
    /// Whether its weights are a table of features for each token, which `unembedding` reads too.
    fn is_table(&self) -> bool {
        false
    }
    /// The size of the input that its weights follow from, which other systems want to be told.
    fn inferred(&self) -> Option<Inferred> {
        None
    }
    /// The end of the message that its output has no type in stable Rust: another way to write it.
    fn alternative(&self) -> &'static str {
        ""
    }
    /// Whether one of the values it reads may be a number.
    fn takes_numbers(&self) -> bool {
        false
    }
    /// Checks what the settings alone tell, whatever flows in; whether they are right.
    fn check(&self, call: &Call) -> bool {
        let _ = call;
        true
    }
    /// The output's shape where a mistake does not hide it, so that the layers after it can still be checked.
    /// There may be no operands.
    fn recovered_shape(&self, call: &Call) -> Option<Shape> {
        let _ = call;
        None
    }
    /// The form in which `lower` puts its uses into the graph.
    fn lowered_as(&self) -> LoweredAs {
        LoweredAs::Node
    }
    /// Checks one use whose settings are right, and says what it becomes; `None` when mistakes were reported.
    fn build(&self, call: &Call) -> Option<Built>;
}

/// The form in which the uses of a layer stand in the graph.
pub enum LoweredAs {
    /// A node, by [`Layer::build`].
    Node,
    /// A slice for each part.
    Slices,
    /// A dense node with the table that another layer has.
    TiedDense,
}

/// A size of the input.
pub enum Inferred {
    /// The last dimension.
    Features,
    /// The first dimension.
    Channels,
}

impl Inferred {
    /// The size, of an input of `shape`.
    pub fn of(self, shape: &Shape) -> Option<&Dim> {
        match self {
            Inferred::Features => shape.dims.last(),
            Inferred::Channels => shape.dims.first(),
        }
    }
}

/// The result of [`Layer::build`]: a node that reads all operands that are values of the network.
pub struct Built {
    pub output: Shape,
    pub op: Op,
    pub weights: Option<Weights>,
    /// Multiply-adds for one sample.
    pub multiply_adds: Dim,
}

/// The weights of a layer.
pub struct Weights {
    pub ty: Type,
    /// In memory order.
    pub tensors: Vec<Tensor>,
    /// Arguments of `init` before `rng`.
    pub init: TokenStream,
}

/// Sizes as a constant expression of type `&[usize]`.
fn list(dims: &[Dim]) -> TokenStream {
    quote::quote!(&[#(#dims),*])
}

/// The layer called `name`.
pub fn find(name: &str) -> Option<&'static dyn Layer> {
    all().find(|layer| layer.name() == name)
}

impl Built {
    /// A layer without weights.
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
        Tensor { name, shape: shape.iter().map(|dim| (*dim).clone()).collect(), role }
    }
}

impl Shape {
    /// A shape of `f32` elements.
    pub fn of(dims: impl Into<Vec<Dim>>) -> Self {
        Shape { element: Element::F32, dims: dims.into(), record: None }
    }
}
