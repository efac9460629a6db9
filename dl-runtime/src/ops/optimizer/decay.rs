//! Weight decay as kernels see it.

use crate::Role;

/// Weight decay in one step: the gradient becomes `g + added·w`, and the weight `factor·w`.
#[derive(Clone, Copy, Debug)]
pub struct DecayStep {
    /// The part of the weight that is added to the gradient; 0 where the decay is decoupled.
    pub added: f32,
    /// The factor of the weight; 1 where the decay is coupled.
    pub factor: f32,
    /// Whether tensors of other roles than [`Role::Weight`] decay too.
    pub everything: bool,
}

impl DecayStep {
    /// `(added, factor)` for the numbers of tensors of this role.
    #[inline]
    pub fn of(self, role: Role) -> (f32, f32) {
        if self.everything || role == Role::Weight { (self.added, self.factor) } else { (0.0, 1.0) }
    }
}
