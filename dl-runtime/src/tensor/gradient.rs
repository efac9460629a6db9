//! The destination of a gradient, which a backward pass sets or accumulates into.

use super::{Context, Pod, Storage, ViewMut};

/// The way in which a gradient is written: it replaces the content of its buffer or is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Write {
    /// Replaces the content, which has no meaning yet.
    Set,
    /// Adds to the content, which is a part of the sum.
    Add,
}

/// A gradient to be written, by setting or by accumulating.
pub struct Grad<'a, D: Storage, T: Pod> {
    /// The memory to write to.
    pub to: ViewMut<'a, D, T>,
    /// The way in which it is written.
    pub write: Write,
}

impl<'a, D: Storage, T: Pod> Grad<'a, D, T> {
    /// Writes a gradient of zeros: sets them, or adds nothing.
    pub fn clear(self, context: &Context<'_, D>) {
        if self.write == Write::Set {
            self.to.clear(context);
        }
    }
    /// Returns the destination of the first part of a sum.
    pub fn set(to: ViewMut<'a, D, T>) -> Self {
        Grad { to, write: Write::Set }
    }
    /// Returns the destination of a further part of a sum.
    pub fn add(to: ViewMut<'a, D, T>) -> Self {
        Grad { to, write: Write::Add }
    }
}
