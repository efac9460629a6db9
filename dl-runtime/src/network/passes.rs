//! The trait that `model!` and `layer!` implement for a network, with its types, its tables, its memory and its passes.

use crate::init::Rng;
use crate::ops::Device;
use crate::tensor::pack::sequences;
use crate::tensor::{Arena, ArenaSize, Grad, InitialStates, Pack, Sequences, States};
use crate::{Allocator, Context, PartsMut, Result, View, ViewMut};
use dl_core::Declared;

/// Stands for a run-time dimension in the shapes of [`InputInfo`], [`OutputInfo`] and [`LayerInfo`]: the length of a sequence.
pub const RUN_TIME: usize = usize::MAX;

/// Writes a shape as it is declared: `[.., 8]`.
pub(crate) fn shape_text(shape: &[usize]) -> String {
    let size = |&size: &usize| if size == RUN_TIME { "..".to_owned() } else { size.to_string() };
    format!("[{}]", shape.iter().map(size).collect::<Vec<_>>().join(", "))
}

/// One input of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputInfo {
    /// The name as declared.
    pub name: &'static str,
    /// The shape of one sample.
    pub shape: &'static [usize],
}

/// One output of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputInfo {
    /// The name as declared, or `output` for a single one, which has none.
    pub name: &'static str,
    /// The shape for one sample.
    pub shape: &'static [usize],
}

/// One layer in a model's table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerInfo {
    /// The field with its weights, or the name of its value.
    pub name: &'static str,
    /// The layer as declared: `conv2d(6, 5, padding: 2)`.
    pub layer: &'static str,
    /// The shape of the output for one sample.
    pub output: &'static [usize],
    /// The number of trained parameters.
    pub parameters: usize,
    /// The number of multiply-adds for one sample.
    pub multiply_adds: u64,
    /// The values that it reads, in order.
    pub inputs: &'static [LayerInput],
    /// The layers of a model inside the model.
    pub inside: &'static [LayerInfo],
    /// The number of copies of that model that follow each other.
    pub copies: usize,
    /// The fewest samples of a batch that it can be trained with: 2 where it measures the batch and a sample has one number of a
    /// channel (`batch_norm` of features), otherwise 1.
    pub min_batch: usize,
}

/// The fewest samples that a batch may have, and what asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinBatch {
    /// The number of samples.
    pub samples: usize,
    /// The name of the loss.
    pub of: &'static str,
}

/// A value that a layer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerInput {
    /// The output of an earlier layer: its index in [`Passes::LAYERS`].
    Layer(usize),
    /// An input of the model: its index in [`Passes::INPUTS`].
    Input(usize),
}

/// One sample of the model `M`: `Input<LeNet>` is `[[[f32; 28]; 28]; 1]`.
pub type Input<M> = <M as Passes>::Input;
/// The output of the model `M` for one sample.
pub type Output<M> = <M as Passes>::Output;

/// A network, itself or in its `Box`. Sessions and the trainer take it, so that `&net` works for both.
pub trait Network {
    /// The network's type.
    type Model: Passes;
    /// Returns the network.
    fn network(&self) -> &Self::Model;
    /// Returns the network for writing.
    fn network_mut(&mut self) -> &mut Self::Model;
}

impl<M: Passes> Network for Box<M> {
    type Model = M;
    fn network(&self) -> &M {
        self
    }
    fn network_mut(&mut self) -> &mut M {
        self
    }
}

/// The size of a batch: its samples, and the rows of their sequences.
pub struct Batch<'a, D: Device> {
    /// The number of samples.
    pub samples: usize,
    /// The sequences of each run-time dimension of the model, in the order of its inputs.
    pub sequences: &'a [Sequences<'a, D>],
}

impl<D: Device> Clone for Batch<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Device> Copy for Batch<'_, D> {}

impl<'a, D: Device> Batch<'a, D> {
    /// Returns a batch of samples without sequences.
    pub fn of(samples: usize) -> Self {
        Batch { samples, sequences: &[] }
    }
    /// Returns the number of rows of all samples in a run-time dimension.
    pub fn rows(&self, dimension: usize) -> usize {
        self.sequences[dimension].rows()
    }
    /// Returns the most rows that all samples have in a run-time dimension.
    pub fn most_rows(&self) -> usize {
        self.sequences.iter().map(|sequences| sequences.rows()).max().unwrap_or(0)
    }
    /// Returns the number of elements of a packed batch of samples `S`, whose sequences have the run-time dimensions `dimensions`.
    pub(crate) fn elements<S: Pack>(&self, dimensions: &[usize]) -> usize {
        self.parts::<S>(dimensions).sum()
    }
    /// Returns the number of elements of each part of a packed batch.
    pub(crate) fn parts<S: Pack>(&self, dimensions: &[usize]) -> impl Iterator<Item = usize> {
        let mut dimensions = dimensions.iter();
        S::PARTS.iter().map(move |part| match if part.sequence { dimensions.next() } else { None } {
            Some(&dimension) => part.len * self.rows(dimension),
            None => part.len * self.samples,
        })
    }
    /// Returns the number of items of a packed batch of samples `S`.
    pub(crate) fn items<S: Pack>(&self, dimensions: &[usize]) -> usize {
        match (S::PARTS, dimensions) {
            ([part], &[dimension]) if part.sequence => self.rows(dimension),
            (_, []) => self.samples,
            _ => self.elements::<S>(dimensions),
        }
    }
}

/// The dimensions 0, 1, … of the inputs of a model.
pub(crate) const DIMENSIONS: [usize; MAX_DIMENSIONS] = [0, 1, 2, 3];
/// The most run-time dimensions of a model.
pub(crate) const MAX_DIMENSIONS: usize = 4;

/// The items of a packed batch of samples.
pub(crate) type Row<S> = <S as Pack>::Row;

/// The arguments of [`Passes::infer`].
pub struct Infer<'a, D: Device, M: Passes> {
    /// The device, and the seed of the pass.
    pub context: &'a Context<'a, D>,
    /// The size of the batch.
    pub batch: Batch<'a, D>,
    /// The weights.
    pub net: View<'a, D, M>,
    /// The inputs of the batch.
    pub input: View<'a, D, Row<M::Input>>,
    /// The memory of the pass.
    pub memory: &'a mut M::Inference<D>,
    /// The outputs to write.
    pub output: ViewMut<'a, D, Row<M::Output>>,
}

/// The arguments of [`Passes::forward`].
pub struct Forward<'a, D: Device, M: Passes> {
    /// The device, and the seed of the pass.
    pub context: &'a Context<'a, D>,
    /// The size of the batch.
    pub batch: Batch<'a, D>,
    /// The weights, whose running statistics the pass updates.
    pub net: ViewMut<'a, D, M>,
    /// The inputs of the batch.
    pub input: View<'a, D, Row<M::Input>>,
    /// The memory of the values that the backward pass reads.
    pub memory: &'a mut M::Training<D>,
    /// The memory of the values that only this pass reads, of the size [`Passes::ARENA`].
    pub arena: Arena<'a, D>,
    /// The states from which recurrent layers start, to be replaced by those that they leave; `None` if they start from zero.
    pub carried: Option<States<'a, D>>,
    /// The outputs to write.
    pub output: ViewMut<'a, D, Row<M::Output>>,
}

/// The arguments of [`Passes::backward`].
pub struct Backward<'a, D: Device, M: Passes> {
    /// The device, and the seed of the forward pass.
    pub context: &'a Context<'a, D>,
    /// The size of the batch.
    pub batch: Batch<'a, D>,
    /// The weights.
    pub net: View<'a, D, M>,
    /// The inputs of the batch.
    pub input: View<'a, D, Row<M::Input>>,
    /// The memory that the forward pass wrote.
    pub memory: &'a mut M::Training<D>,
    /// The memory of the values that only this pass reads, of the size [`Passes::ARENA`].
    pub arena: Arena<'a, D>,
    /// The states from which recurrent layers started in the forward pass, unless from zero.
    pub carried: Option<InitialStates<'a, D>>,
    /// The outputs of the batch.
    pub output: View<'a, D, Row<M::Output>>,
    /// The gradients to the outputs, which the pass may overwrite.
    pub d_output: ViewMut<'a, D, Row<M::Output>>,
    /// The gradients to the weights to write, by setting or adding.
    pub d_net: Grad<'a, D, M>,
    /// The gradients to the inputs to write, if the caller asks for them. They are set, or with `own_loss` added to those that the loss
    /// wrote.
    pub d_input: Option<ViewMut<'a, D, Row<M::Input>>>,
    /// `true` if [`LossPasses::loss`](crate::LossPasses::loss) wrote its gradients to `memory` and `d_input`. Otherwise they count as
    /// zero.
    pub own_loss: bool,
}

/// The arguments of [`LossPasses::evaluate`](crate::LossPasses::evaluate), and of every loss after an inference pass.
pub struct Evaluate<'a, D: Device, M: Passes, T: Pack> {
    /// The device.
    pub context: &'a Context<'a, D>,
    /// The size of the batch.
    pub batch: Batch<'a, D>,
    /// The weights.
    pub net: View<'a, D, M>,
    /// The inputs of the batch.
    pub input: View<'a, D, Row<M::Input>>,
    /// The targets of the batch.
    pub target: View<'a, D, Row<T>>,
    /// The memory of the pass.
    pub memory: &'a mut M::Evaluation<D>,
    /// The outputs of the batch.
    pub output: ViewMut<'a, D, Row<M::Output>>,
    /// The terms to write: for each term, a number for each sample.
    pub terms: PartsMut<'a, D, f32>,
}

/// The arguments of [`LossPasses::loss`](crate::LossPasses::loss), and of every loss in training.
pub struct ComputeLoss<'a, D: Device, M: Passes, T: Pack> {
    /// The device, and the seed of the forward pass.
    pub context: &'a Context<'a, D>,
    /// The size of the batch.
    pub batch: Batch<'a, D>,
    /// The weights.
    pub net: View<'a, D, M>,
    /// The inputs of the batch.
    pub input: View<'a, D, Row<M::Input>>,
    /// The targets of the batch.
    pub target: View<'a, D, Row<T>>,
    /// The memory that the forward pass wrote.
    pub memory: &'a mut M::Training<D>,
    /// The outputs of the batch.
    pub output: View<'a, D, Row<M::Output>>,
    /// The terms to write: for each term, a number for each sample.
    pub terms: PartsMut<'a, D, f32>,
    /// The gradients to the terms, which the pass may overwrite.
    pub d_terms: PartsMut<'a, D, f32>,
    /// The gradients to the outputs to write.
    pub d_output: ViewMut<'a, D, Row<M::Output>>,
    /// The gradients to the inputs to write, if the caller asks for them.
    pub d_input: Option<ViewMut<'a, D, Row<M::Input>>>,
}

/// The passes that the macros generate for a network. Programs use them through [`Model`](crate::Model).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model",
    note = "`model!` declares models, and `layer!` layers that stand among them"
)]
pub trait Passes: Declared + Network<Model = Self> {
    /// One sample: nested arrays in the declared shape, or the rows of a sequence in a `Vec`.
    type Input: Pack;
    /// The output for one sample.
    type Output: Pack<Element = f32>;
    /// The memory of an inference pass.
    #[doc(hidden)]
    type Inference<D: Device>: Send + Sync + 'static;
    /// The memory of a training pass, which keeps the values that the backward pass reads.
    #[doc(hidden)]
    type Training<D: Device>: Send + Sync + 'static;
    /// The memory of an evaluation of the model's own loss; `()` if it has none.
    #[doc(hidden)]
    type Evaluation<D: Device>: Send + Sync + 'static;

    /// The inputs as declared.
    const INPUTS: &'static [InputInfo] = &[];
    /// The outputs as declared.
    const OUTPUTS: &'static [OutputInfo] = &[];
    /// All layers, in order of execution.
    const LAYERS: &'static [LayerInfo];
    /// The number of multiply-adds of the forward pass for one sample.
    const MULTIPLY_ADDS: u64 = {
        let (mut sum, mut i) = (0, 0);
        while i < Self::LAYERS.len() {
            sum += Self::LAYERS[i].multiply_adds;
            i += 1;
        }
        sum
    };
    /// The fewest samples of a batch that it can be trained with: that of its layers.
    const MIN_BATCH: usize = {
        let (mut most, mut i) = (1, 0);
        while i < Self::LAYERS.len() {
            if Self::LAYERS[i].min_batch > most {
                most = Self::LAYERS[i].min_batch;
            }
            i += 1;
        }
        most
    };
    /// The number of run-time dimensions: the lengths of the sequences among the inputs.
    const SEQUENCES: usize = sequences::<Self::Input>();
    /// The largest declared length of the first sequence.
    const MOST_ROWS: Option<usize> = None;
    /// For each sequence among the outputs, the run-time dimension that it has.
    const OUTPUT_SEQUENCES: &'static [usize] = &[];
    /// The number of copies of one network that follow each other. It is more than 1 for arrays, whose `LAYERS` are those of one copy.
    const COPIES: usize = 1;
    /// The number of `f32` that recurrent layers carry from batch to batch for one sample; 0 unless the model [`Carries`](super::Carries).
    #[doc(hidden)]
    const CARRIED: usize = 0;
    /// The number of `f32` that an inference pass keeps in memory for one sample, without input and output.
    #[doc(hidden)]
    const INFERENCE_FLOATS: usize;
    /// The number of `f32` in the memory of a training pass for one sample, without input, output, weights and the arena.
    #[doc(hidden)]
    const TRAINING_FLOATS: usize;
    /// The size of the arena of both passes of training: of the values inside `checkpoint { … }`, in the model and in those inside it.
    #[doc(hidden)]
    const ARENA: ArenaSize = ArenaSize::NONE;

    /// Checks that the tokens in `inputs` are in their ranges; sessions and the trainer call this where samples enter.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`](crate::Error::TokenOutOfRange) with the sample.
    #[doc(hidden)]
    fn check_inputs(inputs: &[Self::Input]) -> Result<()> {
        let _ = inputs;
        Ok(())
    }
    /// Initialises all weights, which are zero before.
    #[doc(hidden)]
    fn init_weights(&mut self, rng: &mut Rng);
    /// Merges the low-rank updates of layers with `lora` into their weights, and returns the number of these layers.
    #[doc(hidden)]
    fn merge_updates(&mut self) -> usize {
        0
    }
    /// Allocates memory for inference.
    #[doc(hidden)]
    fn inference_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Inference<D>;
    /// Allocates memory for training.
    #[doc(hidden)]
    fn training_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Training<D>;
    /// Allocates memory for evaluating the model's own loss.
    #[doc(hidden)]
    fn evaluation_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Evaluation<D>;
    /// Runs the forward pass of inference, which keeps no intermediate values.
    #[doc(hidden)]
    fn infer<D: Device>(pass: Infer<'_, D, Self>);
    /// Runs the forward pass of training. It keeps the values that the backward pass reads, and updates the state of layers (running
    /// statistics) at each use, in order. The other passes only read the network.
    #[doc(hidden)]
    fn forward<D: Device>(pass: Forward<'_, D, Self>);
    /// Runs the backward pass, which computes the gradients to the weights, and those to the inputs if the caller asks for them.
    #[doc(hidden)]
    fn backward<D: Device>(pass: Backward<'_, D, Self>);
    /// Calls `see` with the name and data of every kept value of the last forward pass, in order.
    #[doc(hidden)]
    fn inspect<D: Device>(
        memory: &Self::Training<D>,
        batch: Batch<'_, D>,
        see: &mut dyn FnMut(&'static str, D::Ref<'_, f32>),
    );
}
