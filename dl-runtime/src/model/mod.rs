//! The traits that programs use: [`Model`], and [`Objective`] for a model with its own loss.

mod drawing;
mod files;
#[cfg(feature = "onnx")]
mod onnx;
mod summary;

pub use summary::{Memory, Summary};

use crate::io::{Load, Save};
use crate::network::{LossPasses, Passes, Row};
use crate::ops::Device;
use crate::tensor::Pack;
use crate::tensor::pod::{flat, flat_mut, zeroed_box};
use crate::{Pod, Result, Session, Training, session};
use std::path::Path;
use std::slice;

/// A network that `model!` or `layer!` declares, or an array of such networks: plain data with generated passes.
///
/// Its types and tables are those of [`Passes`]: `Input` and `Output` ([`dl::Input<LeNet>`](crate::Input)), `NAME`,
/// `TENSORS`, `INPUTS`, `OUTPUTS`, `LAYERS` and `MULTIPLY_ADDS`.
pub trait Model: Passes {
    /// The number of trained parameters.
    const PARAMETERS: usize = Self::TENSORS.parameters();
    /// The memory that prediction needs, for budgets that the compiler checks:
    /// `const _: () = assert!(LeNet::INFERENCE_MEMORY.bytes(1) < 1_000_000);`
    const INFERENCE_MEMORY: Memory = Memory {
        fixed: size_of::<Self>(),
        per_sample: size_of::<f32>() * (Row::<Self::Input>::LEN + Row::<Self::Output>::LEN)
            + size_of::<f32>() * Self::INFERENCE_FLOATS,
    };
    /// The memory that training needs, without the state of the optimizer (Adam: two numbers for each parameter).
    const TRAINING_MEMORY: Memory = Memory {
        fixed: 2 * size_of::<Self>(),
        per_sample: size_of::<f32>() * (Row::<Self::Input>::LEN + 2 * Row::<Self::Output>::LEN)
            + size_of::<f32>() * (Self::TRAINING_FLOATS + Self::ARENA.floats()),
    };

    /// Returns a new network with random weights from `seed`, allocated directly on the heap.
    fn init(seed: u64) -> Box<Self> {
        const { Self::CHECKED }
        let mut net = zeroed_box::<Self>();
        net.init_weights(&mut crate::init::rng(seed));
        net
    }

    /// Returns a copy, allocated directly on the heap. `net.clone()` of a `Box<LeNet>` does the same; this method is for a network inside
    /// another, and for code that is generic over models.
    fn to_box(&self) -> Box<Self> {
        let mut copy = zeroed_box::<Self>();
        flat_mut(slice::from_mut(&mut *copy)).copy_from_slice(flat(slice::from_ref(self)));
        copy
    }

    /// Copies the weights of another network into this one, without a copy elsewhere: `net.body.copy_from(&body)` puts a network
    /// into the one it is a part of, however large both are. `net.body = *body` would move it over the stack in a debug build.
    fn copy_from(&mut self, other: &Self) {
        flat_mut(slice::from_mut(self)).copy_from_slice(flat(slice::from_ref(other)));
    }

    /// Merges the low-rank updates of all layers with `lora`, such as `dense(64, lora: 8)`, into their weights: adds `(alpha/rank)·B·A` to
    /// the weight, and sets `B` to zero. Returns the number of these layers, in this model and in those inside it.
    ///
    /// The network computes the same as before, to rounding. Its file can be loaded into the model without `lora`, by
    /// [`Load::allow_unexpected`](crate::io::Load::allow_unexpected).
    fn merge_lora(&mut self) -> usize {
        self.merge_updates()
    }

    /// Writes all tensors to a safetensors file under PyTorch's names, atomically; [`Save`] can add metadata.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        Save::new().save(self, path)
    }
    /// Reads a safetensors file that has exactly the tensors of this model; [`Load`] is for files that differ.
    ///
    /// # Errors
    /// The error names the file and the tensor, with what was expected and what was found: see [`Load::load_into`].
    fn load(path: impl AsRef<Path>) -> Result<Box<Self>> {
        Load::new().load(path)
    }
    /// Returns the bytes of the file that [`Model::save`] writes.
    fn to_bytes(&self) -> Result<Vec<u8>> {
        Save::new().to_bytes(self)
    }
    /// Reads the bytes of a file that [`Model::save`] wrote, such as `include_bytes!("net.safetensors")`.
    ///
    /// # Errors
    /// As [`Model::load`], with [`IN_MEMORY`](crate::IN_MEMORY) for the path.
    fn from_bytes(bytes: &[u8]) -> Result<Box<Self>> {
        Load::new().from_bytes(bytes)
    }
    /// Writes the network to an ONNX file of operators of version 18, atomically: what [`Model::predict`] computes, for other systems.
    ///
    /// Inputs and outputs have the names of the declaration, with a first dimension `batch` that is free; a run-time dimension is the
    /// second, `length`, and the same for all samples of a batch. Tokens are whole numbers of 64 bits. Weights have the names of
    /// [`TENSORS`](crate::Declared::TENSORS), and nodes those of their layers. Dropout and noise are left out. Equal networks give equal files.
    ///
    /// ```no_run
    /// # use dl_runtime as dl;
    /// # fn example<LeNet: dl::Model>() -> dl::Result<()> {
    /// let net = LeNet::load("lenet.safetensors")?;
    /// net.export_onnx("lenet.onnx")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotInOnnx`](crate::Error::NotInOnnx) names a layer that ONNX cannot say, [`Error::OnnxTooLarge`](crate::Error::OnnxTooLarge)
    /// is about more than 2 GB of weights; [`Error::Io`](crate::Error::Io).
    #[cfg(feature = "onnx")]
    fn export_onnx(&self, path: impl AsRef<Path>) -> Result<()> {
        let bytes = self.to_onnx()?;
        crate::io::write_atomic(path, |file| file.write_all(&bytes))
    }
    /// Returns the bytes of the file that [`Model::export_onnx`] writes.
    ///
    /// # Errors
    /// As [`Model::export_onnx`].
    #[cfg(feature = "onnx")]
    fn to_onnx(&self) -> Result<Vec<u8>> {
        let model = onnx::export(self)?;
        let too_large =
            |_| crate::Error::OnnxTooLarge { model: Self::NAME, bytes: size_of::<Self>(), most: i32::MAX as usize };
        dl_onnx::encode(&model).map_err(too_large)
    }
    /// Returns a session that predicts batches of at most `samples` on `device`. It allocates once, which suits servers.
    ///
    /// # Errors
    /// As [`Session::on`](crate::Session::on).
    fn session<D: Device>(&self, device: D, samples: usize) -> Result<Session<Self, D>> {
        Session::on(device, self, samples)
    }
    /// Returns a session that trains a copy of the weights on `device` in batches of at most `samples`, for hand-written loops.
    ///
    /// # Errors
    /// As [`Training::on`](crate::Training::on).
    fn training<D: Device>(&self, device: D, samples: usize) -> Result<Training<Self, D>> {
        Training::on(device, self, samples)
    }
    /// Computes the output for each of `inputs` on the CPU. A program that predicts repeatedly should keep a
    /// [`Session`](crate::Session), which allocates only once.
    ///
    /// An input with a token that the vocabulary of its embedding does not have gives NaN throughout;
    /// [`Session::predict_into`](crate::Session::predict_into) returns an error that names it.
    fn predict(&self, inputs: &[Self::Input]) -> Vec<Self::Output> {
        let mut outputs = Self::Output::samples(inputs.len());
        session::predict(self, inputs, &mut outputs);
        outputs
    }
    /// Computes the output for one input on the CPU; see [`Model::predict`].
    fn predict_one(&self, input: &Self::Input) -> Box<Self::Output> {
        let mut output = Self::Output::boxed();
        session::predict(self, slice::from_ref(input), slice::from_mut(&mut *output));
        output
    }

    /// Computes the output for each of `inputs` with the random layers at work as in training, and `batch_norm` as in prediction, on the
    /// CPU: Monte Carlo dropout, whose outputs for several seeds tell how sure the network is.
    /// [`Session::predict_with_dropout_into`](crate::Session::predict_with_dropout_into) does not copy the weights each time.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model<Input = [f32; 4], Output = [f32; 1]>>(net: &Net, x: [f32; 4]) -> dl::Result<()> {
    /// // Each of the copies has a mask of its own.
    /// let outputs = net.predict_with_dropout(&[x; 200], 7)?;
    /// let mean = outputs.iter().map(|y| y[0]).sum::<f32>() / 200.0;
    /// let variance = outputs.iter().map(|y| (y[0] - mean).powi(2)).sum::<f32>() / 199.0;
    /// println!("{mean} ± {}", variance.sqrt());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::TokenOutOfRange`](crate::Error::TokenOutOfRange) with the sample.
    fn predict_with_dropout(&self, inputs: &[Self::Input], seed: u64) -> Result<Vec<Self::Output>> {
        let mut outputs = Self::Output::samples(inputs.len());
        session::predict_with_dropout(self, inputs, &mut outputs, seed)?;
        Ok(outputs)
    }

    /// Draws the graph as SVG, readable on light and dark pages: `std::fs::write("net.svg", LeNet::drawing())`.
    fn drawing() -> String {
        drawing::drawing(Self::INPUTS, Self::LAYERS)
    }
    /// Returns a summary that prints as a table of the layers, with parameters, multiply-adds and memory:
    /// `println!("{}", LeNet::summary())`.
    fn summary() -> Summary {
        Summary::of::<Self>()
    }
}

impl<M: Passes> Model for M {}

/// A model with its own loss: `loss(target: u32) { cross_entropy(output, target) }`.
///
/// [`Trainer`](crate::train::Trainer) trains it without `.loss(…)` and reports each of several terms by its name;
/// hand-written loops call [`Training::objective`](crate::Training::objective). The targets of the data set are those that the clause
/// declares: `u32` or arrays, a struct `NetTarget` for several targets, and `[f32; 0]` for none, as in
/// [`Dataset::unlabelled`](crate::data::Dataset::unlabelled).
pub trait Objective: Model + LossPasses {}

impl<M: LossPasses> Objective for M {}
