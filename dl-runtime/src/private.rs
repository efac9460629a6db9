//! All that generated code may name.

pub use crate::device::{Device, Storage};
pub use crate::init::{Init, Rng};
pub use crate::ops::{self, Grad};
pub use crate::{LayerInfo, Model, Pass, Plain, Result, Role, Slot, TensorInfo, View, ViewMut};
pub use std::mem::offset_of;
