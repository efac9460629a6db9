//! The passes of a network as data: lists of steps, each a call with the tensors that it reads and writes.
//!
//! `forward` makes the steps of the forward pass and `differentiate` those of the backward pass. `plan` assigns memory to the tensors
//! and rewrites steps that need none of their own. `emit` prints the steps and decides nothing about what they do.

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
    /// The condition under which the step is needed; not [`Want::Never`].
    pub guard: Want,
    /// The kind of sharing that is allowed between its result and an operand.
    pub sharing: Sharing,
    /// Set by `plan`: `true` if it overwrites an operand, by `forward_in_place` or `backward_in_place`.
    pub in_place: bool,
    /// Set by `plan`: `true` if there is nothing to do for one sample, whose operand is written right into the result.
    pub of_several: bool,
}

/// The function that a step calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `forward` of a node, or the function that inference calls instead. An operation that is called once for each input gets its
    /// index.
    Forward(NodeId, Option<usize>),
    /// `Forward` once more in the backward pass, inside a checkpoint. It leaves the state of the network as it is.
    Again(NodeId, Option<usize>),
    /// The backward pass of a node, and the gradients that it computes.
    Backward(NodeId, Towards),
    /// The gradient through the activation that `fuse` moved into a node, in place.
    Activation(NodeId),
    /// Copies a value, possibly to another shape.
    Copy,
    /// Copies a gradient or adds it to another.
    Sum,
    /// Writes zeros.
    Clear,
}

/// The gradients that a backward call computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    /// All gradients of the node.
    All,
    /// The gradient to the input with this index.
    Input(usize),
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The tensor.
    pub tensor: Tensor,
    /// The way in which the step accesses it.
    pub access: Access,
    /// The value whose shape the view has.
    pub shape: ValueId,
    /// The condition under which an optional argument is given; `None` for one that is always given.
    pub optional: Option<Want>,
}

/// A tensor that a step uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tensor {
    /// A value.
    Value(ValueId),
    /// The gradient to a value.
    Gradient(ValueId),
    /// A value inside a checkpoint, as the checkpoint with so many around it and its own computed it again.
    Again(ValueId, usize),
    /// The weights of a field, including its state.
    Weights(FieldId),
    /// The gradient to the weights of a field.
    WeightGradient(FieldId),
    /// The tensor that the forward pass of a node saves for its backward pass alone.
    Saved(NodeId),
    /// The tensor that a node inside a checkpoint saves, with the depth of the checkpoint, or 0 for that of the forward pass, which nobody
    /// reads.
    SavedAgain(NodeId, usize),
    /// The memory of a model inside this one.
    Memory(NodeId),
    /// The gradient to the input of a model inside this one, before it is added to others.
    Scratch(NodeId),
}

/// The way in which a step accesses an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is read.
    Read,
    /// It is overwritten.
    Write,
    /// It is read and written: state among the weights, values in place, gradients that models use as scratch memory.
    Update,
    /// The first part of a gradient overwrites it.
    Set,
    /// A further part of a gradient is added to it.
    Add,
}

/// The condition under which the gradient to a value is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// Never: the value depends neither on weights nor on an input with a gradient.
    Never,
    /// If the caller asks for the gradient to the input.
    ForInput,
    /// If a weight up to this one is trained, where the fields are counted in memory: it is the last on which the value depends. The
    /// fields before it are those that were used before it, so that the backward pass ends at the first one that is trained.
    Trained(usize),
    /// Always.
    Always,
}

/// The kind of memory sharing that is allowed between the result of a step and an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// They must have separate memory.
    Apart,
    /// The step may overwrite its operand.
    InPlace,
    /// The result equals the operand, so in the same memory the step has nothing to do.
    Same,
    /// The operand is a part of the result, and for one sample its numbers lie next to each other in it.
    Part,
}

/// The steps of all passes, in the order in which they run.
#[derive(Default)]
pub struct Passes {
    /// The forward pass of the body.
    pub forward: Vec<Step>,
    /// The forward pass of the `loss` clause.
    pub loss: Vec<Step>,
    /// The backward pass of the `loss` clause.
    pub backward_loss: Vec<Step>,
    /// Runs instead of `backward_loss` if the caller provides the gradients to the outputs: zeros for the gradients that the loss would
    /// write.
    pub clear: Vec<Step>,
    /// The backward pass of the body.
    pub backward: Vec<Step>,
}

impl Passes {
    /// Returns all steps in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.forward.iter().chain(&self.loss).chain(self.backward_steps())
    }
    /// Returns the steps of the backward passes.
    pub fn backward_steps(&self) -> impl Iterator<Item = &Step> {
        self.backward_loss.iter().chain(&self.clear).chain(&self.backward)
    }
}

impl Step {
    /// Returns a step that is always needed.
    pub fn new(call: Call, arguments: Vec<Argument>) -> Self {
        Step { call, arguments, guard: Want::Always, sharing: Sharing::Apart, in_place: false, of_several: false }
    }
    /// Sets how the step may share memory.
    pub fn sharing(mut self, sharing: Sharing) -> Self {
        self.sharing = sharing;
        self
    }
    /// Sets when the step is needed.
    pub fn guarded(mut self, guard: Want) -> Self {
        self.guard = guard;
        self
    }
    /// Returns whether it is a step of a forward pass, in the backward pass by a checkpoint.
    pub fn computes_value(&self) -> bool {
        matches!(self.call, Call::Forward(..) | Call::Again(..) | Call::Copy)
    }
    /// Returns the operand and the result that may share its memory, for a step that may share memory.
    pub fn moved(&self) -> Option<(&Argument, &Argument)> {
        let to = self.arguments.iter().find(|argument| matches!(argument.access, Access::Write | Access::Set))?;
        let from = self.arguments.iter().rev().find(|argument| {
            let alike = matches!(
                (argument.tensor, to.tensor),
                (Tensor::Value(_) | Tensor::Again(..), Tensor::Value(_) | Tensor::Again(..))
                    | (Tensor::Gradient(_), Tensor::Gradient(_))
            );
            alike && argument.access == Access::Read
        })?;
        (self.sharing != Sharing::Apart).then_some((from, to))
    }
    /// Makes the step overwrite its operand: one argument replaces the operand and the result.
    pub fn work_in_place(&mut self) {
        let Some((from, to)) = self.moved().map(|(from, to)| (from.clone(), to.clone())) else { return };
        self.in_place = true;
        self.arguments.retain(|argument| *argument != from);
        let to = self.arguments.iter_mut().find(|argument| **argument == to).expect("an argument of the step");
        // The argument has the shape of the node's output: the result in a forward step, the operand in a backward step.
        let shape = if let Tensor::Gradient(_) = to.tensor { from.shape } else { to.shape };
        *to = Argument { access: Access::Update, shape, ..to.clone() };
    }
}

impl Argument {
    /// Returns an argument whose view has the shape of the value `shape`.
    pub fn new(tensor: Tensor, access: Access, shape: ValueId) -> Self {
        Argument { tensor, access, shape, optional: None }
    }
    /// Returns a value in its own shape.
    pub fn value(value: ValueId, access: Access) -> Self {
        Argument::new(Tensor::Value(value), access, value)
    }
    /// Returns the gradient to a value in its own shape.
    pub fn gradient(value: ValueId, access: Access) -> Self {
        Argument::new(Tensor::Gradient(value), access, value)
    }
    /// Makes the argument optional; it is needed when `want` is.
    pub fn optional(mut self, want: Want) -> Self {
        self.optional = Some(want);
        self
    }
}
