//! The passes of a network as data: lists of steps, each a call with what it reads and what it writes.
//!
//! `schedule` makes the steps of the forward pass and `differentiate` those of the backward pass; `plan` finds the memory of
//! what they read and write, and rewrites those that need none of their own; `emit` prints them. What they do is decided here.

use crate::ir::{FieldId, ValueId};

/// Index into the nodes of a schedule.
pub type NodeId = usize;

/// One call of a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The function that is called.
    pub call: Call,
    /// The tensors that it reads and writes, in the order of its arguments.
    pub arguments: Vec<Argument>,
    /// Who asks for it; never [`Want::Never`].
    pub guard: Want,
    /// Whether what it writes may lie where something that it reads lies.
    pub sharing: Sharing,
    /// Set by `plan`: it writes over what it reads, by `forward_in_place` or `backward_in_place`.
    pub in_place: bool,
}

/// The function that a step calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `forward` of a node, or what inference calls instead; for one of many inputs, with its number.
    Forward(NodeId, Option<usize>),
    /// The backward pass of a node, towards what.
    Backward(NodeId, Towards),
    /// The gradient through the activation that `fuse` put into a node, in place.
    Activation(NodeId),
    /// The same numbers elsewhere, or under another shape.
    Copy,
    /// The same gradient is_external_model: set, or added to what is there.
    Sum,
    /// Zeros.
    Clear,
}

/// Which gradient a backward call makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    /// All there is.
    All,
    /// The gradient to one of several inputs, by its number.
    Input(usize),
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The tensor.
    pub tensor: Tensor,
    /// The way in which the step uses it.
    pub access: Access,
    /// The value whose shape it is seen in.
    pub shape: ValueId,
    /// Who asks for an argument that may be left out.
    pub optional: Option<Want>,
}

/// A tensor that a step uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tensor {
    /// A value.
    Value(ValueId),
    /// The gradient to a value.
    Gradient(ValueId),
    /// The weights of a field, with its state.
    Weights(FieldId),
    /// The gradient to the weights of a field.
    WeightGradient(FieldId),
    /// The tensor that the forward pass of a node saves for its backward pass alone.
    Saved(NodeId),
    /// The memory of a model inside this one.
    Memory(NodeId),
    /// The gradient to the input of a model inside this one, before it is added to others.
    Scratch(NodeId),
}

/// The way in which a step uses an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read.
    Read,
    /// Written, whatever was there.
    Write,
    /// Read and written: the state among weights, values in place, the gradients that models use up.
    Update,
    /// The first part of a gradient.
    Set,
    /// A further part.
    Add,
}

/// Who asks for the gradient to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// Nobody: it depends on nothing that is trained or has a gradient of its own.
    Never,
    /// The caller, if it asks for the gradient to the input.
    ForInput,
    /// Weights before it.
    Always,
}

/// How what a step reads and what it writes may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Apart.
    Apart,
    /// In one memory if it may write over what it reads.
    InPlace,
    /// In one memory, where there is nothing to do: what it writes is what it reads.
    Same,
}

/// The steps of all passes, in the order in which they run.
#[derive(Default)]
pub struct Passes {
    /// The body, forward.
    pub forward: Vec<Step>,
    /// The `loss` clause, forward.
    pub loss: Vec<Step>,
    /// The `loss` clause, backward.
    pub backward_loss: Vec<Step>,
    /// Instead of it, when the caller gives the gradients to the outputs: zeros for those that the loss would give.
    pub clear: Vec<Step>,
    /// The body, backward.
    pub backward: Vec<Step>,
}

impl Passes {
    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.forward.iter().chain(&self.loss).chain(self.backward_steps())
    }
    /// The steps of the backward passes.
    pub fn backward_steps(&self) -> impl Iterator<Item = &Step> {
        self.backward_loss.iter().chain(&self.clear).chain(&self.backward)
    }
}

impl Step {
    /// A step that is always taken.
    pub fn new(call: Call, arguments: Vec<Argument>) -> Self {
        Step { call, arguments, guard: Want::Always, sharing: Sharing::Apart, in_place: false }
    }
    /// The same with what it may share.
    pub fn sharing(mut self, sharing: Sharing) -> Self {
        self.sharing = sharing;
        self
    }
    /// The same for `guard` alone.
    pub fn guarded(mut self, guard: Want) -> Self {
        self.guard = guard;
        self
    }
    /// Returns the argument that is read and the one that may be written in its place, for a step that may share memory.
    pub fn moved(&self) -> Option<(&Argument, &Argument)> {
        let to = self.arguments.iter().find(|argument| matches!(argument.access, Access::Write | Access::Set))?;
        let from = self.arguments.iter().rev().find(|argument| {
            let alike = matches!(
                (argument.tensor, to.tensor),
                (Tensor::Value(_), Tensor::Value(_)) | (Tensor::Gradient(_), Tensor::Gradient(_))
            );
            alike && argument.access == Access::Read
        })?;
        (self.sharing != Sharing::Apart).then_some((from, to))
    }
    /// Makes it write over what it reads: the argument read goes, the written one is both.
    pub fn work_in_place(&mut self) {
        let Some((from, to)) = self.moved().map(|(from, to)| (from.clone(), to.clone())) else { return };
        self.in_place = true;
        self.arguments.retain(|argument| *argument != from);
        let to = self.arguments.iter_mut().find(|argument| **argument == to).expect("an argument of the step");
        // In the shape of the node's output, whichever of both that is.
        let shape = if let Tensor::Gradient(_) = to.tensor { from.shape } else { to.shape };
        *to = Argument { access: Access::Update, shape, ..to.clone() };
    }
}

impl Argument {
    /// `tensor`, seen in the shape of `shape`.
    pub fn new(tensor: Tensor, access: Access, shape: ValueId) -> Self {
        Argument { tensor, access, shape, optional: None }
    }
    /// A value in its own shape.
    pub fn value(value: ValueId, access: Access) -> Self {
        Argument::new(Tensor::Value(value), access, value)
    }
    /// The gradient to a value in its own shape.
    pub fn gradient(value: ValueId, access: Access) -> Self {
        Argument::new(Tensor::Gradient(value), access, value)
    }
    /// The same, left out unless `want` asks for it.
    pub fn optional(mut self, want: Want) -> Self {
        self.optional = Some(want);
        self
    }
}
