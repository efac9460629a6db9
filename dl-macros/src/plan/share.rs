//! Rewrites of steps whose result may lie where something that they read lies: some then work in place, some are nothing.

use super::classes::Entity;
use super::{Place, Planner, timed};
use crate::ir::ValueId;
use crate::steps::{Access, Call, Passes, Sharing, Step, Tensor, Want};

/// The rewrite of one step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rewrite {
    /// The step stays as it is.
    Keep,
    /// It works in place.
    InPlace,
    /// The step does nothing any more, and is removed.
    Remove,
}

impl Planner<'_> {
    /// Finds the steps that need no memory of their own, and rewrites them.
    pub(super) fn share(&mut self, passes: &mut Passes) {
        let forward = passes.forward.len() + passes.loss.len();
        let steps: Vec<(usize, &Step)> = timed(passes).collect();
        let mut rewrites = vec![Rewrite::Keep; steps.len()];
        // Reshapes first: that they are the same memory is a fact, all else is a choice that must respect it.
        for sharing in [Sharing::Same, Sharing::InPlace] {
            for (i, &(time, step)) in steps[..forward].iter().enumerate().filter(|(_, (_, s))| s.sharing == sharing) {
                rewrites[i] = self.share_value(time, step);
            }
        }
        // The last step of a node comes first: it may reuse the memory that the others read.
        let mut i = forward;
        while i < steps.len() {
            let node = |i: usize| steps.get(i).and_then(|(_, step)| node(step));
            let mut end = i + 1;
            while node(i).is_some() && node(end) == node(i) {
                end += 1;
            }
            for k in (i..end).rev() {
                rewrites[k] = self.share_gradient(steps[k], &steps[end..]);
            }
            i = end;
        }
        let mut rewrites = rewrites.into_iter();
        let Passes { forward, loss, backward_loss, clear, backward } = passes;
        for pass in [forward, loss, backward_loss, clear, backward] {
            pass.retain_mut(|step| match rewrites.next() {
                Some(Rewrite::InPlace) => {
                    step.work_in_place();
                    true
                }
                rewrite => rewrite != Some(Rewrite::Remove),
            });
        }
    }

    /// A forward step.
    fn share_value(&mut self, time: usize, step: &Step) -> Rewrite {
        let Some((from, to)) = step.moved() else { return Rewrite::Keep };
        let (Some(from), Some(to)) = (self.entity(from), self.entity(to)) else { return Rewrite::Keep };
        let in_place = step.sharing == Sharing::InPlace;
        let held = matches!(self.classes.place(from), Some(Place::Input(_) | Place::Target(_)));
        if !self.classes.can_unite(from, to) || in_place && (held || self.classes.last(from) > time) {
            return Rewrite::Keep;
        }
        self.classes.unite(from, to);
        if in_place { Rewrite::InPlace } else { Rewrite::Remove }
    }

    /// A backward step: the gradient that it sets may be the gradient that it reads; `after` are the steps of later nodes.
    fn share_gradient(&mut self, (time, step): (usize, &Step), after: &[(usize, &Step)]) -> Rewrite {
        let Some((from, to)) = step.moved() else { return Rewrite::Keep };
        let (Tensor::Gradient(from), Tensor::Gradient(value)) = (from.tensor, to.tensor) else { return Rewrite::Keep };
        // What the caller or the loss gives is there before.
        if to.access != Access::Set || self.gradients.given[value] || !self.gradient_can_move(from, value) {
            return Rewrite::Keep;
        }
        let (from, to) = (self.gradient(from), self.gradient(value));
        let in_place = step.sharing == Sharing::InPlace;
        if self.classes.last(from) > time && (in_place || !self.can_be_both(from, to, after)) {
            return Rewrite::Keep;
        }
        self.classes.unite(from, to);
        if in_place { Rewrite::InPlace } else { Rewrite::Remove }
    }

    /// Whether two gradients of the same numbers can be one memory though both are used by the steps to come: nothing changes
    /// one of them, and its last use comes before the first change of the other.
    fn can_be_both(&self, a: Entity, b: Entity, after: &[(usize, &Step)]) -> bool {
        let uses = |class: Entity| {
            let (mut last, mut change) = (0, usize::MAX);
            for (time, step) in after {
                for argument in &step.arguments {
                    if self.entity(argument).is_some_and(|entity| self.classes.of(entity) == class) {
                        last = *time;
                        change = if argument.access == Access::Read { change } else { change.min(*time) };
                    }
                }
            }
            (last, change)
        };
        let ((last_a, change_a), (last_b, change_b)) = (uses(self.classes.of(a)), uses(self.classes.of(b)));
        change_a == usize::MAX && last_a < change_b || change_b == usize::MAX && last_b < change_a
    }

    /// Whether the gradient to `to` can be the memory of the gradient to `from`.
    fn gradient_can_move(&self, from: ValueId, to: ValueId) -> bool {
        let (d_from, d_to) = (self.gradient(from), self.gradient(to));
        // The argument `d_input` may not be there, but gradients that lead to weights are always needed: that of `from`,
        // and what shares its memory already.
        let class = self.classes.of(d_from);
        let wanted = |value: ValueId| {
            self.gradients.wants[value] == Want::Always && self.classes.of(self.gradient(value)) == class
        };
        let leads_to_weights = (0..self.ir.values.len()).any(wanted);
        let always_there = !matches!(self.classes.place(d_to), Some(Place::InputGradient(_))) || !leads_to_weights;
        always_there && self.classes.can_unite(d_from, d_to)
    }
}

/// The node whose gradient a step takes part in.
fn node(step: &Step) -> Option<usize> {
    match step.call {
        Call::Backward(node, _) => Some(node),
        _ => None,
    }
}
