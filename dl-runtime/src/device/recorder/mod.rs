//! A device that computes nothing and records what it is asked to: the passes of a network run on it as on any other, and leave an ONNX
//! graph behind.
//!
//! Its buffers have lengths and no memory. [`Graph`] knows which ONNX value lies in which range of a buffer, and the kernels of this
//! device, in the files `onnx.rs` of `ops`, read values, append nodes, and write the values that these make. So a network is exported by
//! the very code that predicts with it, and what a layer looks like in ONNX is decided once, beside its other kernels.
//!
//! Sizes of batches and lengths of sequences have no numbers: the first dimension of every value is [`Dim::Batch`], and a run-time
//! dimension is [`Dim::Length`].

mod finish;
mod graph;
mod names;
mod node;
mod places;
mod shape;
mod storage;
mod value;
mod weights;

pub(crate) use graph::Graph;
pub(crate) use node::Node;
pub use places::Place;
pub(crate) use places::{Columns, Content, Direction, Product, Windows};
pub(crate) use shape::time_of;
pub(crate) use value::{Dim, Value};

use crate::{Error, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of samples of the batch that is recorded. Nothing depends on it, but a kernel for one sample would be another one.
pub(crate) const SAMPLES: usize = 251;
/// The number of rows of a sample in each run-time dimension: primes, so that no number of rows is one of another dimension.
pub(crate) const ROWS: [usize; 4] = [4099, 4111, 4127, 4129];

/// The recording device.
#[derive(Clone)]
pub struct Recorder {
    graph: Arc<Mutex<Graph>>,
}

impl Recorder {
    pub(crate) fn new(graph: Graph) -> Self {
        Recorder { graph: Arc::new(Mutex::new(graph)) }
    }
    pub(crate) fn graph(&self) -> MutexGuard<'_, Graph> {
        self.graph.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Lets a kernel append to the graph; the first error is kept, and nothing is recorded after it.
    pub(crate) fn record(&self, kernel: impl FnOnce(&mut Graph) -> Result<()>) {
        let mut graph = self.graph();
        if graph.error.is_none() {
            graph.error = kernel(&mut graph).err();
        }
    }
    /// Records the error of a kernel that no forward pass of inference calls.
    pub(crate) fn not_recorded(&self, kernel: &str) {
        self.record(|graph| Err(graph.cannot(kernel, "only what prediction computes is exported")));
    }
    /// Returns the graph, or the first error.
    pub(crate) fn into_graph(self) -> Result<Graph> {
        let mut graph = std::mem::take(&mut *self.graph());
        match graph.error.take() {
            Some(error) => Err(error),
            None => Ok(graph),
        }
    }
}

impl Graph {
    /// Returns the error about a layer that ONNX cannot say.
    pub(crate) fn cannot(&self, layer: &str, reason: impl Into<String>) -> Error {
        Error::NotInOnnx { model: self.model, layer: layer.into(), reason: reason.into() }
    }
}

/// Writes the kernels that inference never calls, with the types of their arguments.
macro_rules! not_recorded {
    ($($name:ident($($argument:ty),* $(,)?)),* $(,)?) => {
        $(fn $name(&self, $(_: $argument),*) {
            self.not_recorded(stringify!($name));
        })*
    };
}
pub(crate) use not_recorded;
