//! Models with a `loss` clause: what they are trained towards is their own.

use crate::tensor::Grad;
use crate::{Allocator, Context, Device, Model, Parts, PartsMut, Pod, Result, View, ViewMut};

/// One term of an objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// For reports: the `let` of the clause, or the kind of loss.
    pub name: &'static str,
    /// What it is multiplied by in the sum.
    pub weight: f32,
}

/// The target of the model `M`, for one sample: what its `loss` clause takes.
pub type Target<M> = <M as Objective>::Target;

/// A model that declares its own loss: `loss(target: u32) { cross_entropy(output, target) }`.
///
/// [`Trainer`](crate::train::Trainer) trains it without `.loss(…)` and reports each of several terms by its name;
/// hand-written loops call [`Training::objective`](crate::Training::objective). What the clause takes is the target of the
/// data set: `u32` or arrays as declared, a struct `NetTarget` where it takes several, and `[f32; 0]` where it takes none, for
/// [`Dataset::unlabelled`](crate::data::Dataset::unlabelled). The methods here are for sessions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no loss of its own",
    note = "give one to the trainer, `.loss(CrossEntropy)`, or end the model with `loss(target: u32) {{ cross_entropy(output, target) }}`"
)]
pub trait Objective: Model {
    /// What the loss takes beside the inputs, for one sample.
    type Target: Pod;
    /// Memory of an evaluation: the pass of inference, and the loss.
    type Evaluation<D: Device>: Send + Sync + 'static;

    /// What is added up, in order.
    const TERMS: &'static [Term];

    /// Whether the classes in `targets` are in their ranges; sessions and the trainer ask where samples enter.
    ///
    /// # Errors
    /// [`Error::LabelOutOfRange`](crate::Error::LabelOutOfRange) with the sample.
    fn check_targets(targets: &[Self::Target]) -> Result<()> {
        let _ = targets;
        Ok(())
    }
    /// Memory for evaluating.
    fn evaluation_memory<D: Device>(allocator: &mut Allocator<'_, D>) -> Self::Evaluation<D>;
    /// The pass of inference, and every term for every sample.
    fn evaluate<D: Device>(
        context: &Context<'_, D>,
        net: View<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        target: View<'_, D, Self::Target>,
        memory: &mut Self::Evaluation<D>,
        output: ViewMut<'_, D, Self::Output>,
        terms: PartsMut<'_, D, f32>,
    );
    /// Every term for every sample, after [`Model::forward`].
    fn loss<D: Device>(
        context: &Context<'_, D>,
        net: View<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        target: View<'_, D, Self::Target>,
        memory: &mut Self::Training<D>,
        output: View<'_, D, Self::Output>,
        terms: PartsMut<'_, D, f32>,
    );
    /// The backward pass of loss and body, from the gradients to the terms. `d_output` is memory to work in.
    #[expect(clippy::too_many_arguments, reason = "called by sessions only")]
    fn backward_loss<D: Device>(
        context: &Context<'_, D>,
        net: View<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        target: View<'_, D, Self::Target>,
        memory: &mut Self::Training<D>,
        output: View<'_, D, Self::Output>,
        terms: Parts<'_, D, f32>,
        d_terms: PartsMut<'_, D, f32>,
        d_output: ViewMut<'_, D, Self::Output>,
        d_net: Grad<'_, D, Self>,
        d_input: Option<ViewMut<'_, D, Self::Input>>,
    );
    /// The backward pass of the body, whose gradients from the loss are in place.
    #[doc(hidden)]
    #[expect(clippy::too_many_arguments, reason = "called by generated code only")]
    fn backward_body<D: Device>(
        context: &Context<'_, D>,
        net: View<'_, D, Self>,
        input: View<'_, D, Self::Input>,
        memory: &mut Self::Training<D>,
        output: View<'_, D, Self::Output>,
        d_output: ViewMut<'_, D, Self::Output>,
        d_net: Grad<'_, D, Self>,
        d_input: Option<ViewMut<'_, D, Self::Input>>,
    );
}
