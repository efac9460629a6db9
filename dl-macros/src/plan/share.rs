//! Rewrites steps whose result may share the memory of an operand: some then work in place, and others are removed.

use super::entities::Entity;
use super::{Place, Planner, timed};
use crate::fuse::Mode;
use crate::ir::ValueId;
use crate::steps::{Access, Call, Passes, Sharing, Step, Tensor, Want};

/// The rewrite of one step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rewrite {
    /// The step stays as it is.
    Keep,
    /// The step works in place.
    InPlace,
    /// The step is removed, since its result aliases its operand.
    Remove,
    /// The step is skipped for one sample, whose operand is written right into the result.
    OfSeveral,
}

impl Planner<'_> {
    /// Finds the steps that need no memory of their own, and rewrites them.
    pub(super) fn share(&mut self, mode: Mode, passes: &mut Passes) {
        let forward = passes.forward.len() + passes.loss.len();
        let steps: Vec<(usize, &Step)> = timed(passes).collect();
        let mut rewrites = vec![Rewrite::Keep; steps.len()];
        // Reshapes come first: their aliasing is required, and steps in place must respect it.
        for sharing in [Sharing::Same, Sharing::InPlace] {
            for (i, &(time, step)) in steps.iter().enumerate().filter(|(_, (_, s))| s.sharing == sharing) {
                if step.computes_value() {
                    rewrites[i] = self.share_value(time, step);
                }
            }
        }
        // The last step of a node comes first, since only it may overwrite memory that the others read.
        let mut i = forward;
        while i < steps.len() {
            let node = |i: usize| steps.get(i).and_then(|(_, step)| node(step));
            let mut end = i + 1;
            while node(i).is_some() && node(end) == node(i) {
                end += 1;
            }
            for k in (i..end).rev().filter(|&k| !steps[k].1.computes_value()) {
                rewrites[k] = self.share_gradient(steps[k], &steps[end..]);
            }
            i = end;
        }
        if mode == Mode::Inference {
            let kept: Vec<_> = (0..steps.len()).filter(|&i| rewrites[i] != Rewrite::Remove).collect();
            let left: Vec<(usize, &Step)> = kept.iter().map(|&i| steps[i]).collect();
            self.find_parts(&left).into_iter().for_each(|i| rewrites[kept[i]] = Rewrite::OfSeveral);
        }
        let mut rewrites = rewrites.into_iter();
        let Passes { forward, loss, backward_loss, clear, backward } = passes;
        for pass in [forward, loss, backward_loss, clear, backward] {
            pass.retain_mut(|step| match rewrites.next() {
                Some(Rewrite::InPlace) => {
                    step.work_in_place();
                    true
                }
                Some(Rewrite::OfSeveral) => {
                    step.of_several = true;
                    true
                }
                rewrite => rewrite != Some(Rewrite::Remove),
            });
        }
    }

    /// Decides the rewrite of a forward step.
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

    /// Decides the rewrite of a backward step, which may set a gradient in the memory of the one that it reads; `after` holds the steps of
    /// later nodes.
    fn share_gradient(&mut self, (time, step): (usize, &Step), after: &[(usize, &Step)]) -> Rewrite {
        let Some((from, to)) = step.moved() else { return Rewrite::Keep };
        let (Tensor::Gradient(from), Tensor::Gradient(value)) = (from.tensor, to.tensor) else { return Rewrite::Keep };
        // A gradient from the caller or the loss already has a value.
        if to.access != Access::Set || self.gradients.given[value] || !self.gradient_can_move(from, value) {
            return Rewrite::Keep;
        }
        let (from, to) = (self.gradient(from), self.gradient(value));
        let in_place = step.sharing == Sharing::InPlace;
        if self.classes.last(from) > time && (in_place || !self.can_alias(from, to, after)) {
            return Rewrite::Keep;
        }
        self.classes.unite(from, to);
        if in_place { Rewrite::InPlace } else { Rewrite::Remove }
    }

    /// Returns whether two equal gradients can share memory although later steps use both: no step changes one of them, and its last use
    /// comes before the first change of the other.
    fn can_alias(&self, a: Entity, b: Entity, after: &[(usize, &Step)]) -> bool {
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

    /// Returns whether the gradients to `from` and `to` can share memory.
    fn gradient_can_move(&self, from: ValueId, to: ValueId) -> bool {
        let (d_from, d_to) = (self.gradient(from), self.gradient(to));
        // The argument `d_input` is optional, so it cannot hold gradients that lead to weights: neither that of `from` nor one
        // that already shares its memory.
        let class = self.classes.of(d_from);
        let wanted = |value: ValueId| {
            self.gradients.wants[value] > Want::ForInput && self.classes.of(self.gradient(value)) == class
        };
        let leads_to_weights = (0..self.values.len()).any(wanted);
        let exists = !matches!(self.classes.place(d_to), Some(Place::InputGradient(_))) || !leads_to_weights;
        exists && self.classes.can_unite(d_from, d_to)
    }
}

/// Returns the node whose backward pass a step belongs to.
fn node(step: &Step) -> Option<usize> {
    match step.call {
        Call::Backward(node, _) => Some(node),
        _ => None,
    }
}
