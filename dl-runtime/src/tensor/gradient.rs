//! Gradients to be written: where a gradient goes, and whether it replaces or is added to what is there.

use super::{Context, Pod, Storage, ViewMut};

/// Whether a gradient replaces what its buffer holds, or is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Write {
    /// The buffer holds nothing yet.
    Set,
    /// The buffer holds a part of the sum.
    Add,
}

/// A gradient to be written, by setting or adding.
pub struct Grad<'a, D: Storage, T: Pod> {
    /// Where it goes.
    pub to: ViewMut<'a, D, T>,
    /// Whether something is there already.
    pub write: Write,
}

impl<'a, D: Storage, T: Pod> Grad<'a, D, T> {
    /// Nothing comes: sets zeros, or adds none.
    pub fn clear(self, context: &Context<'_, D>) {
        if self.write == Write::Set {
            self.to.clear(context);
        }
    }
    /// The first part of a sum.
    pub fn set(to: ViewMut<'a, D, T>) -> Self {
        Grad { to, write: Write::Set }
    }
    /// A further part of a sum.
    pub fn add(to: ViewMut<'a, D, T>) -> Self {
        Grad { to, write: Write::Add }
    }
}
