//! The runtime of generated networks: devices, kernels, losses, optimizers, training, data and files.

#[doc(hidden)]
pub mod c_api;
mod clock;
pub mod data;
pub mod device;
mod error;
#[doc(hidden)]
pub mod generated;
pub mod init;
pub mod int8;
pub mod io;
#[cfg(feature = "cuda")]
#[doc(hidden)]
pub mod kernels;
mod metrics;
mod model;
mod network;
pub mod ops;
pub mod optim;
pub mod plot;
mod predictor;
pub mod random;
mod range;
pub mod sampling;
mod session;
pub mod tensor;
pub mod tensorboard;
#[cfg(test)]
mod testing;
pub mod train;

pub use device::Cpu;
#[cfg(feature = "cuda")]
pub use device::Cuda;
pub use dl_core::{Declared, Predict, PredictSteps, Scratch, Stream, include_model};
#[doc(hidden)]
pub use dl_core::{include::included, layer_with, record};
pub use error::{Error, IN_MEMORY, Result};
pub use model::{Memory, Model, Objective, Summary};
pub use network::{
    Carries, Input, InputInfo, Layer, LayerInfo, LayerInput, LossOf, LossPasses, MinBatch, Network, Output, OutputInfo,
    Passes, RUN_TIME, Steps, Target, Term,
};
pub use ops::{Device, loss};
pub use predictor::{Class, Predictor};
#[doc(hidden)]
pub use predictor::{included_header, included_header_len};
pub use session::{ModelLoss, Session, Shared, State, Training};
pub use tensor::pod;
pub use tensor::{
    Allocator, Context, Entry, Pack, Parts, PartsMut, Pod, Role, TensorInfo, Tensors, View, ViewMut, Workspace,
};

/// The items that almost every program needs.
pub mod prelude {
    pub use crate::device::Cpu;
    #[cfg(feature = "cuda")]
    pub use crate::device::Cuda;
    pub use crate::ops::loss::trained::*;
    pub use crate::ops::loss::{CrossEntropy, Focal, Loss, MultiMargin, Nll};
    pub use crate::optim::{Adam, AdamW, Clip, Optimizer, RmsProp, Sgd};
    pub use crate::train::Trainer;
    pub use crate::{Device, LossOf, Model, Objective, Session, Training};
    // These traits have the methods of models on int8.
    pub use crate::int8::{Quantize, QuantizedFile as _, QuantizedModel as _};
    // These traits have the constants of a model, such as `LeNet::TENSORS`.
    pub use crate::{Declared as _, LossPasses as _, Passes as _, Predict as _};
}
