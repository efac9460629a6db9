//! Derives the backward pass: which gradients are computed, by which calls, in which order, and which are set or added.
//!
//! No other module decides about gradients. This is reverse-mode differentiation: the gradient of a value is the sum of one part
//! from each node that reads it, in reverse order of execution. The first part is set, the others are added.

use crate::ir::{Config, Element, FieldId, Ir, Node, ValueId};
use crate::steps::{Access, Argument, Call, NodeId, Passes, Sharing, Step, Tensor, Towards, Want};

/// The gradients that exist.
pub struct Gradients {
    /// For each value, when its gradient is needed.
    pub wants: Vec<Want>,
    /// For each value, `true` if an output or a term depends on it, so that it has a gradient.
    pub reached: Vec<bool>,
    /// For each value, `true` if its gradient already holds a part of its sum when the backward pass of the body begins.
    pub given: Vec<bool>,
}

/// Adds the backward passes of `nodes` to `passes`.
pub fn differentiate(ir: &Ir, nodes: &[Node], passes: &mut Passes) -> Gradients {
    let gradients = Gradients { wants: wants(ir, nodes), reached: reached(ir, nodes), given: given(ir) };
    let mut writer = Writer {
        ir,
        nodes,
        gradients: &gradients,
        written: vec![false; ir.values.len()],
        fields: vec![false; ir.fields.len()],
        steps: Vec::new(),
    };
    let body = ir.body_len(nodes);
    if let Some(objective) = &ir.objective {
        objective.terms.iter().for_each(|term| writer.written[term.value] = true);
        (body..nodes.len()).rev().for_each(|i| writer.node(i));
        let seeds = objective.seeds.iter().copied().filter(|&seed| gradients.is_needed(seed));
        let outputs = ir.outputs.iter().map(|output| (output.value, Want::Always));
        // The body reads these gradients, and the loss does not write them.
        for (value, want) in outputs.chain(seeds.clone().map(|seed| (seed, gradients.wants[seed]))) {
            if !writer.written[value] && ir.values[value].shape.element == Element::F32 {
                writer.clear(value, want);
            }
        }
        passes.backward_loss = std::mem::take(&mut writer.steps);
        seeds.for_each(|seed| writer.clear(seed, gradients.wants[seed]));
        passes.clear = std::mem::take(&mut writer.steps);
    }
    writer.written.clone_from(&gradients.given);
    (0..body).rev().for_each(|i| writer.node(i));
    writer.rest();
    passes.backward = writer.steps;
    gradients
}

impl Gradients {
    /// Returns the gradients of a mode without a backward pass: none.
    pub fn none(ir: &Ir) -> Self {
        let n = ir.values.len();
        Gradients { wants: vec![Want::Never; n], reached: vec![false; n], given: vec![false; n] }
    }
    /// Returns whether the gradient to a value exists and is needed.
    pub fn is_needed(&self, value: ValueId) -> bool {
        self.reached[value] && self.wants[value] != Want::Never
    }
}

/// Finds when the gradient to each value is needed: for a weight that it depends on, and for the gradient to the input if it depends on
/// an input alone.
fn wants(ir: &Ir, nodes: &[Node]) -> Vec<Want> {
    let mut wants = vec![Want::Never; ir.values.len()];
    let mut place = vec![0; ir.fields.len()];
    ir.fields_in_memory().into_iter().enumerate().for_each(|(at, field)| place[field] = at);
    for &input in &ir.inputs {
        if ir.values[input].shape.element == Element::F32 {
            wants[input] = Want::ForInput;
        }
    }
    for node in nodes {
        let inputs = node.inputs.iter().map(|&input| wants[input]).max().unwrap_or(Want::Never);
        wants[node.output] = match node.field {
            _ if node.op.stops_gradient => Want::Never,
            Some(field) => inputs.max(Want::Trained(place[field])),
            None => inputs,
        };
    }
    wants
}

/// Finds for each value whether an output or a term depends on it.
fn reached(ir: &Ir, nodes: &[Node]) -> Vec<bool> {
    let mut reached = vec![false; ir.values.len()];
    for value in ir.gradient_sources() {
        reached[value] = true;
    }
    for node in nodes.iter().rev() {
        if reached[node.output] && !node.op.stops_gradient {
            for &input in &node.inputs {
                reached[input] = true;
            }
        }
    }
    reached
}

/// Finds for each value whether its gradient comes from outside or from the loss.
fn given(ir: &Ir) -> Vec<bool> {
    let mut given = vec![false; ir.values.len()];
    let seeds = ir.objective.iter().flat_map(|objective| objective.seeds.iter().copied());
    ir.gradient_sources().chain(seeds).for_each(|value| given[value] = true);
    given
}

/// Writes steps, and records which gradients already hold a part of their sum.
struct Writer<'a> {
    ir: &'a Ir,
    nodes: &'a [Node],
    gradients: &'a Gradients,
    /// For each value, `true` if its gradient holds a part.
    written: Vec<bool>,
    /// For each field, `true` if the gradient to its weights holds a part.
    fields: Vec<bool>,
    steps: Vec<Step>,
}

impl Writer<'_> {
    /// Writes the backward steps of a node.
    fn node(&mut self, i: NodeId) {
        let node = &self.nodes[i];
        let wanted = node.field.is_some() || node.inputs.iter().any(|&input| self.gradients.is_needed(input));
        if !self.gradients.reached[node.output] || node.op.stops_gradient || !wanted {
            return;
        }
        if node.activation.is_some() {
            let output = Argument::value(node.output, Access::Read);
            let d_output = Argument::gradient(node.output, Access::Update);
            let want = self.gradients.wants[node.output];
            self.steps.push(Step::new(Call::Activation(i), vec![output, d_output]).guarded(want));
        }
        match (&node.op.config, node.field) {
            (Config::Model(_), _) => self.model(i, node),
            (_, Some(field)) => self.layer(i, node, field),
            (Config::Reshape, None) => self.reshape(node),
            _ => self.operation(i, node),
        }
    }

    /// Returns the tensors that the backward pass of a node reads, the gradient to its output last.
    fn read(&self, i: NodeId, node: &Node) -> Vec<Argument> {
        let inputs = node.inputs.iter().enumerate().filter(|_| node.op.backward_reads.inputs);
        let inputs =
            inputs.map(|(k, &input)| Argument::new(Tensor::Value(input), Access::Read, node.shape_of_input(k)));
        let output = node.op.backward_reads.output.then(|| Argument::value(node.output, Access::Read));
        let saved = node.op.saved.as_ref().map(|_| Argument::new(Tensor::Saved(i), Access::Read, node.output));
        inputs.chain(output).chain(saved).chain([Argument::gradient(node.output, Access::Read)]).collect()
    }

    /// Writes the step of a layer with weights.
    fn layer(&mut self, i: NodeId, node: &Node, field: FieldId) {
        let mut arguments = vec![Argument::new(Tensor::Weights(field), Access::Read, node.output)];
        arguments.extend(self.read(i, node));
        arguments.push(self.weight_gradient(field, node));
        // A parameter has no input.
        let input = node.inputs.first().copied();
        if let Some(input) = input.filter(|&input| self.ir.values[input].shape.element == Element::F32) {
            let want = if self.gradients.is_needed(input) { self.gradients.wants[input] } else { Want::Never };
            let access = if want == Want::Never { Access::Set } else { self.next_part(input) };
            arguments.push(Argument::gradient(input, access).optional(want));
        }
        let step = Step::new(Call::Backward(i, Towards::All), arguments);
        self.steps.push(step.guarded(self.gradients.wants[node.output]));
    }

    /// Writes the steps of a model inside this one. It can only set the gradient to its input, so a part that must be added is computed
    /// in scratch memory.
    fn model(&mut self, i: NodeId, node: &Node) {
        let (input, want) = (node.inputs[0], self.gradients.wants[node.output]);
        let mut arguments = Vec::new();
        arguments.extend(node.field.map(|field| Argument::new(Tensor::Weights(field), Access::Read, node.output)));
        arguments.extend([
            Argument::value(input, Access::Read),
            Argument::new(Tensor::Memory(i), Access::Update, node.output),
            Argument::value(node.output, Access::Read),
            Argument::gradient(node.output, Access::Update),
        ]);
        arguments.extend(node.field.map(|field| self.weight_gradient(field, node)));
        let scratch = self.gradients.is_needed(input) && self.written[input];
        arguments.push(if !self.gradients.is_needed(input) {
            Argument::gradient(input, Access::Write).optional(Want::Never)
        } else if scratch {
            // Scratch memory is there even if the caller does not ask for the gradient to the input.
            let want = self.gradients.wants[input];
            let want = if want == Want::ForInput { Want::Always } else { want };
            Argument::new(Tensor::Scratch(i), Access::Write, input).optional(want)
        } else {
            self.written[input] = true;
            Argument::gradient(input, Access::Write).optional(self.gradients.wants[input])
        });
        self.steps.push(Step::new(Call::Backward(i, Towards::All), arguments).guarded(want));
        if scratch {
            let part = Argument::new(Tensor::Scratch(i), Access::Read, input);
            let sum = Step::new(Call::Sum, vec![part, Argument::gradient(input, Access::Add)]);
            self.steps.push(sum.guarded(self.gradients.wants[input]));
        }
    }

    /// Writes the step of a reshape, whose gradient has the same numbers in another shape.
    fn reshape(&mut self, node: &Node) {
        let input = node.inputs[0];
        let d_output = Argument::new(Tensor::Gradient(node.output), Access::Read, input);
        let d_input = Argument::gradient(input, self.next_part(input));
        let step = Step::new(Call::Sum, vec![d_output, d_input]).guarded(self.gradients.wants[input]);
        self.steps.push(step.sharing(Sharing::Same));
    }

    /// Writes the steps of an operation without weights: a call for each input that has a gradient.
    fn operation(&mut self, i: NodeId, node: &Node) {
        let float = |k: &usize| self.ir.values[node.inputs[*k]].shape.element == Element::F32;
        let floats: Vec<usize> = (0..node.inputs.len()).filter(float).collect();
        let one = floats.len() == 1 && !node.op.each_input;
        // The first input comes last: its gradient may overwrite the gradient to the output, which the other calls read.
        for &k in floats.iter().rev() {
            let input = node.inputs[k];
            if !self.gradients.is_needed(input) {
                continue;
            }
            let towards = if one { Towards::All } else { Towards::Input(k) };
            let mut arguments = self.read(i, node);
            let access = self.next_part(input);
            arguments.push(Argument::new(Tensor::Gradient(input), access, node.shape_of_input(k)));
            let once = node.inputs.iter().filter(|&&other| other == input).count() == 1;
            let sharing = match node.op.passes_gradient.get(k) {
                Some(true) if once => Sharing::Same,
                _ if node.may_run_in_place(true) => Sharing::InPlace,
                _ => Sharing::Apart,
            };
            let step = Step::new(Call::Backward(i, towards), arguments).sharing(sharing);
            self.steps.push(step.guarded(self.gradients.wants[input]));
        }
    }

    /// Returns how the next part of the gradient to a value is written: the first is set, the others are added.
    fn next_part(&mut self, value: ValueId) -> Access {
        if std::mem::replace(&mut self.written[value], true) { Access::Add } else { Access::Set }
    }
    /// Returns the gradient to the weights of a field as an argument.
    fn weight_gradient(&mut self, field: FieldId, node: &Node) -> Argument {
        let again = std::mem::replace(&mut self.fields[field], true);
        let access = if again { Access::Add } else { Access::Set };
        Argument::new(Tensor::WeightGradient(field), access, node.output)
    }
    /// Writes a step that sets the gradient to a value to zero.
    fn clear(&mut self, value: ValueId, want: Want) {
        self.steps.push(Step::new(Call::Clear, vec![Argument::gradient(value, Access::Write)]).guarded(want));
    }
    /// Writes steps that set the gradients to zero that no step has written: those of weights and inputs before a `stop_gradient`.
    fn rest(&mut self) {
        for field in (0..self.fields.len()).filter(|&field| !self.fields[field]) {
            let weights = Argument::new(Tensor::WeightGradient(field), Access::Set, 0);
            self.steps.push(Step::new(Call::Clear, vec![weights]));
        }
        let inputs = self.ir.inputs.iter().copied().filter(|&input| !self.written[input]);
        let inputs: Vec<_> = inputs.filter(|&input| self.ir.values[input].shape.element == Element::F32).collect();
        inputs.into_iter().for_each(|input| self.clear(input, Want::ForInput));
    }
}
