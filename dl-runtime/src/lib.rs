//! What generated networks call: devices, kernels, losses, optimizers, training, data and files.

mod check;
pub mod data;
pub mod device;
mod drawing;
mod error;
mod imports;
pub mod init;
pub mod io;
mod layer;
pub mod loss;
mod model;
mod objective;
pub mod ops;
pub mod optim;
mod pass;
pub mod plain;
pub mod plot;
#[doc(hidden)]
pub mod private;
pub mod random;
mod ranges;
mod session;
mod slot;
mod stack;
mod summary;
mod tensors;
#[cfg(test)]
mod testing;
pub mod train;
mod view;

#[cfg(feature = "cuda")]
pub use device::Cuda;
pub use device::{Cpu, Device};
pub use error::{Error, IN_MEMORY, Result};
pub use layer::Layer;
pub use model::{Input, InputInfo, LayerInfo, LayerInput, Model, Network, Output};
pub use objective::{Objective, Target, Term};
pub use pass::Pass;
pub use plain::Plain;
pub use session::{Session, Training};
pub use slot::{Allocator, Slot};
pub use summary::{Memory, Summary};
pub use tensors::{Entry, Role, TensorInfo, Tensors};
pub use view::{Parts, PartsMut, View, ViewMut};

/// What almost every program needs.
pub mod prelude {
    #[cfg(feature = "cuda")]
    pub use crate::device::Cuda;
    pub use crate::device::{Cpu, Device};
    pub use crate::loss::{
        Bce, BceWithLogits, CrossEntropy, Focal, Hinge, Huber, Loss, Mae, Mse, MultiMargin, Nll, SigmoidFocal,
    };
    pub use crate::optim::{Adam, AdamW, Clip, Optimizer, RmsProp, Sgd};
    pub use crate::train::Trainer;
    pub use crate::{Model, Objective, Session, Training};
}
