//! What every generated network is: plain data, tables that describe it, and its passes.

use crate::init::Rng;
use crate::io::{Load, Save};
use crate::ops::Device;
use crate::tensor::Grad;
use crate::{Allocator, Context, Memory, Pod, Result, Summary, Tensors, View, ViewMut};
use std::path::Path;

/// One input of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputInfo {
    /// As declared.
    pub name: &'static str,
    /// Shape of one sample.
    pub shape: &'static [usize],
}

/// One line of a model's summary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerInfo {
    /// The field with its weights, or the name of its value.
    pub name: &'static str,
    /// As declared: `conv2d(6, 5, padding: 2)`.
    pub layer: &'static str,
    /// Shape of one sample of the output.
    pub output: &'static [usize],
    /// Trained numbers.
    pub parameters: usize,
    /// Multiply-adds for one sample.
    pub multiply_adds: u64,
    /// The values that it reads, in order.
    pub inputs: &'static [LayerInput],
    /// The layers of a model inside the model.
    pub inside: &'static [LayerInfo],
    /// How many such models come one after another.
    pub copies: usize,
}

/// A value that a layer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerInput {
    /// The output of an earlier layer: its index in [`Model::LAYERS`].
    Layer(usize),
    /// An input of the model: its index in [`Model::INPUTS`].
    Input(usize),
}

/// One sample of the model `M`: `Input<LeNet>` is `[[[f32; 28]; 28]; 1]`.
pub type Input<M> = <M as Model>::Input;
/// The output of the model `M` for one sample.
pub type Output<M> = <M as Model>::Output;

/// A network, itself or in its `Box`: what sessions and the trainer take, so that `&net` is right for both.
pub trait Network {
    /// The network's type.
    type Model: Model;
    /// The network.
    fn network(&self) -> &Self::Model;
    /// The network, to be changed.
    fn network_mut(&mut self) -> &mut Self::Model;
}

impl<M: Model> Network for Box<M> {
    type Model = M;
    fn network(&self) -> &M {
        self
    }
    fn network_mut(&mut self) -> &mut M {
        self
    }
}

/// A network that `model!` declared: plain data with generated passes.
///
/// The methods that take devices and slots are for sessions; programs use [`Model::init`], the files, sessions and
/// the trainer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model",
    note = "`model!` declares models, and `layer!` layers that stand among them"
)]
pub trait Model: Pod<Element = f32> + Network<Model = Self> {
    /// One sample: nested arrays in the declared shape.
    type Input: Pod;
    /// The output for one sample.
    type Output: Pod<Element = f32>;
    /// Memory of an inference pass.
    type Inference<D: Device>: Send + Sync + 'static;
    /// Memory of a training pass: what backward needs is kept.
    type Training<D: Device>: Send + Sync + 'static;

    /// The name of the struct.
    const NAME: &'static str;
    /// All tensors, in memory order.
    const TENSORS: Tensors;
    /// The inputs, as declared.
    const INPUTS: &'static [InputInfo] = &[];
    /// All layers, in order of execution.
    const LAYERS: &'static [LayerInfo];
    /// Number of trained numbers.
    const PARAMETERS: usize = Self::TENSORS.parameters();
    /// Multiply-adds of the forward pass for one sample.
    const MULTIPLY_ADDS: u64 = {
        let (mut sum, mut i) = (0, 0);
        while i < Self::LAYERS.len() {
            sum += Self::LAYERS[i].multiply_adds;
            i += 1;
        }
        sum
    };

    /// How many copies of one network follow each other: more than 1 for arrays, whose `LAYERS` are those of one.
    const COPIES: usize = 1;
    /// What a generic model must be checked for once its parameters are known; using it is the check.
    #[doc(hidden)]
    const CHECKED: () = ();

    /// Numbers that an inference pass keeps in memory for one sample, beside input and output.
    const INFERENCE_FLOATS: usize;
    /// Numbers that a training pass keeps in memory for one sample, beside input, output and weights.
    const TRAINING_FLOATS: usize;

    /// Memory that predicting needs, for budgets that the compiler checks:
    /// `const _: () = assert!(LeNet::INFERENCE_MEMORY.bytes(1) < 1_000_000);`
    const INFERENCE_MEMORY: Memory = Memory {
        fixed: size_of::<Self>(),
        per_sample: size_of::<Self::Input>() + size_of::<Self::Output>() + size_of::<f32>() * Self::INFERENCE_FLOATS,
    };
    /// Memory that training needs, without what the optimizer remembers (Adam: two more numbers per parameter).
    const TRAINING_MEMORY: Memory = Memory {
        fixed: 2 * size_of::<Self>(),
        per_sample: size_of::<Self::Input>() + 2 * size_of::<Self::Output>() + size_of::<f32>() * Self::TRAINING_FLOATS,
    };

    /// Whether the whole numbers in `inputs` are in their ranges; sessions and the trainer ask where samples enter.
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`](crate::Error::TokenOutOfRange) with the sample.
    fn check_inputs(inputs: &[Self::Input]) -> Result<()> {
        let _ = inputs;
        Ok(())
    }
    /// Draws all weights; `self` is zero before.
    fn init_weights(&mut self, rng: &mut Rng);
    /// Memory for inference.
    fn inference_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Inference<D>;
    /// Memory for training.
    fn training_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Training<D>;
    /// Forward pass that keeps nothing.
    fn infer<D: Device>(
        context: &Context<'_, D>,
        net: View<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        memory: &mut Self::Inference<D>,
        output: ViewMut<'_, D, Self::Output>,
    );
    /// Forward pass of training: keeps what backward needs, and moves the state of layers (running statistics) at each of
    /// their uses, in order. The other passes only read the network.
    fn forward<D: Device>(
        context: &Context<'_, D>,
        net: ViewMut<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        memory: &mut Self::Training<D>,
        output: ViewMut<'_, D, Self::Output>,
    );
    /// Backward pass: gradients to the weights, and to the input where asked for. `d_output` is used up; the gradient to the
    /// input is set, that to the weights set or added.
    #[expect(clippy::too_many_arguments, reason = "called by sessions only")]
    fn backward<D: Device>(
        context: &Context<'_, D>,
        net: View<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        memory: &mut Self::Training<D>,
        output: View<'_, D, Self::Output>,
        d_output: ViewMut<'_, D, Self::Output>,
        d_net: Grad<'_, D, Self>,
        d_input: Option<ViewMut<'_, D, Self::Input>>,
    );
    /// Calls `see` with the name and data of every kept value of the last forward pass, in order.
    fn inspect<D: Device>(
        memory: &Self::Training<D>,
        samples: usize,
        see: &mut dyn FnMut(&'static str, D::Ref<'_, f32>),
    );

    /// A new network with seeded random weights, made directly on the heap.
    fn init(seed: u64) -> Box<Self> {
        const { Self::CHECKED }
        let mut net = crate::tensor::pod::zeroed_box::<Self>();
        net.init_weights(&mut crate::init::rng(seed));
        net
    }

    /// A copy, made directly on the heap. `net.clone()` of a `Box<LeNet>` is the same; this is for a network inside another,
    /// and for code that is generic over models.
    fn to_box(&self) -> Box<Self> {
        let mut copy = crate::tensor::pod::zeroed_box::<Self>();
        let (to, from) = (std::slice::from_mut(&mut *copy), std::slice::from_ref(self));
        crate::tensor::pod::flat_mut(to).copy_from_slice(crate::tensor::pod::flat(from));
        copy
    }

    /// Writes all tensors to a safetensors file under PyTorch's names, atomically; [`Save`] adds metadata to it.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        Save::new().save(self, path)
    }
    /// Reads a safetensors file that has exactly the tensors of this model; [`Load`] is for files that differ.
    ///
    /// # Errors
    /// One that names the file, and the tensor, with what was expected and what was found: see [`Load::load_into`].
    fn load(path: impl AsRef<Path>) -> Result<Box<Self>> {
        Load::new().load(path)
    }
    /// The bytes that [`Model::save`] writes.
    fn to_bytes(&self) -> Result<Vec<u8>> {
        Save::new().to_bytes(self)
    }
    /// Reads what [`Model::save`] wrote, such as `include_bytes!("net.safetensors")`.
    ///
    /// # Errors
    /// As [`Model::load`], with [`IN_MEMORY`](crate::IN_MEMORY) for the path.
    fn from_bytes(bytes: &[u8]) -> Result<Box<Self>> {
        Load::new().from_bytes(bytes)
    }
    /// A session that predicts batches of at most `samples` on `device` without allocating: for servers.
    ///
    /// # Errors
    /// As [`Session::on`](crate::Session::on).
    fn session<D: Device>(&self, device: D, samples: usize) -> Result<crate::Session<Self, D>> {
        crate::Session::on(device, self, samples)
    }
    /// A session that trains a copy of the weights on `device` in batches of at most `samples`: for hand-written loops.
    ///
    /// # Errors
    /// As [`Training::on`](crate::Training::on).
    fn training<D: Device>(&self, device: D, samples: usize) -> Result<crate::Training<Self, D>> {
        crate::Training::on(device, self, samples)
    }
    /// The output for each of `inputs`, on the CPU: for scripts. A program that predicts again and again keeps a
    /// [`Session`](crate::Session), which allocates once.
    fn predict(&self, inputs: &[Self::Input]) -> Vec<Self::Output> {
        let mut outputs = crate::tensor::pod::zeroed_vec(inputs.len());
        crate::session::predict(self, inputs, &mut outputs);
        outputs
    }
    /// The output for one input, on the CPU; see [`Model::predict`].
    fn predict_one(&self, input: &Self::Input) -> Box<Self::Output> {
        let mut output = crate::tensor::pod::zeroed_box();
        crate::session::predict(self, std::slice::from_ref(input), std::slice::from_mut(&mut *output));
        output
    }

    /// The graph as an SVG drawing, readable on light and dark pages: `std::fs::write("net.svg", LeNet::drawing())`.
    fn drawing() -> String {
        super::drawing::drawing(Self::INPUTS, Self::LAYERS)
    }
    /// The layers as a table, with parameters, multiply-adds and memory: `println!("{}", LeNet::summary())`.
    fn summary() -> Summary {
        Summary::of::<Self>()
    }
}
