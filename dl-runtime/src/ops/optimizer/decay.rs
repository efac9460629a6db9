//! The factors of weight decay that kernels use.

use crate::Role;

/// The weight decay of one step: the gradient becomes `g + added·w`, and the weight `factor·w`.
#[derive(Clone, Copy, Debug)]
pub struct DecayStep {
    /// The multiple of the weight that is added to the gradient; 0 if the decay is decoupled.
    pub added: f32,
    /// The factor of the weight; 1 if the decay is coupled.
    pub factor: f32,
    /// `true` if tensors of other roles than [`Role::Weight`] decay as well.
    pub everything: bool,
}

impl DecayStep {
    /// Returns `(added, factor)` for tensors of this role.
    #[inline]
    pub fn of(self, role: Role) -> (f32, f32) {
        if self.everything || role == Role::Weight { (self.added, self.factor) } else { (0.0, 1.0) }
    }
}
