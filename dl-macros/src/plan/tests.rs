//! Tests the memory plan on networks built by hand: which values share memory, and which must not.

use crate::dim::Dim;
use crate::fuse::Mode;
use crate::ir::*;
use crate::plan::Place;
use crate::schedule::Schedule;
use crate::steps::{Call, Step, Towards};
use proc_macro2::{Ident, Span};
use quote::quote;

/// A network of `[size]` values; each method adds a node and returns its value.
struct Net(Ir);

impl Net {
    fn new(size: usize) -> Self {
        let mut net = Net(Ir {
            attributes: vec![],
            visibility: syn::Visibility::Inherited,
            name: Ident::new("Net", Span::call_site()),
            inputs: vec![0],
            lengths: vec![],
            generics: vec![],
            outputs: vec![Output {
                name: Ident::new("output", Span::call_site()),
                value: 0,
                shape: Shape {
                    element: Element::F32,
                    length: None,
                    dims: vec![Dim::Known(size)],
                    record: None,
                    in_blocks: false,
                },
            }],
            scopes: vec![],
            checkpoints: vec![],
            objective: None,
            values: vec![],
            nodes: vec![],
            fields: vec![],
            checks: vec![],
            int8: None,
            form: crate::ir::Form::None,
            in_blocks: false,
            broken: false,
            without_std: false,
            reserved: Default::default(),
        });
        net.value("x", size);
        net
    }
    fn value(&mut self, name: &str, size: usize) -> ValueId {
        let shape =
            Shape { element: Element::F32, length: None, dims: vec![Dim::Known(size)], record: None, in_blocks: false };
        self.0.values.push(Value { name: Ident::new(name, Span::call_site()), shape });
        self.0.values.len() - 1
    }
    fn node(&mut self, kind: &'static str, op: Op, inputs: &[ValueId], size: usize, field: Option<FieldId>) -> ValueId {
        let name = format!("{kind}{}", self.0.nodes.len() + 1);
        let output = self.value(&name, size);
        self.0.nodes.push(Node {
            op,
            inputs: inputs.to_vec(),
            output,
            field,
            weights_as: None,
            text: kind.to_owned(),
            label: name.clone(),
            constant: name,
            multiply_adds: Dim::Known(0),
            checkpoint: None,
            activation: None,
            batch_norm: None,
            adds_last: false,
        });
        output
    }
    fn dense(&mut self, x: ValueId, size: usize) -> ValueId {
        let name = Ident::new(&format!("field{}", self.0.fields.len()), Span::call_site());
        self.0.fields.push(Field {
            scope: None,
            model: false,
            is_parameter: false,
            name,
            ty: crate::types::Type::layer(quote!(f32), []),
            tensors: vec![],
            init: quote!(dl::Init::PyTorch),
            text: String::new(),
            parameters: None,
            nameless: false,
        });
        let field = Some(self.0.fields.len() - 1);
        self.node("dense", Op::new(settings(true), BackwardReads { inputs: true, output: false }), &[x], size, field)
    }
    fn elementwise(&mut self, kind: &'static str, x: ValueId, backward_reads_output: bool) -> ValueId {
        let expr = quote!(dl::ops::Activation::Relu);
        let mut op = Op::new(
            Config::Expr(expr.clone()),
            BackwardReads { inputs: !backward_reads_output, output: backward_reads_output },
        );
        op.in_place = true;
        op.activation = Some(Activation { expr, backward_reads_output, limits: None });
        self.node(kind, op, &[x], self.size(x), None)
    }
    fn dropout(&mut self, x: ValueId) -> ValueId {
        let mut op = Op::new(settings(false), BackwardReads::default());
        (op.in_place, op.inference) = (true, Inference::Identity);
        self.node("dropout", op, &[x], self.size(x), None)
    }
    fn add(&mut self, a: ValueId, b: ValueId) -> ValueId {
        let mut op = Op::new(settings(true), BackwardReads::default());
        op.passes_gradient = vec![true, true];
        self.node("add", op, &[a, b], self.size(a), None)
    }
    fn flatten(&mut self, x: ValueId) -> ValueId {
        self.node("flatten", Op::new(Config::Reshape, BackwardReads::default()), &[x], self.size(x), None)
    }
    fn size(&self, value: ValueId) -> usize {
        self.0.values[value].shape.len().known().unwrap()
    }
    /// Puts the nodes from `first` on into a checkpoint.
    fn checkpoint(&mut self, first: usize) {
        self.0.checkpoints.push(None);
        let id = self.0.checkpoints.len() - 1;
        self.0.nodes[first..].iter_mut().for_each(|node| node.checkpoint = Some(id));
    }
    /// Ends the network at `output` and plans it.
    fn plan(&mut self, output: ValueId, mode: Mode) -> Schedule<'_> {
        self.0.outputs[0].value = output;
        Schedule::new(&self.0, mode)
    }
}

/// Returns the backward calls of node `i` in `schedule`.
fn backward(schedule: &Schedule, i: usize) -> Vec<Towards> {
    let of = |step: &Step| match step.call {
        Call::Backward(node, towards) if node == i => Some(towards),
        _ => None,
    };
    schedule.passes.backward.iter().filter_map(of).collect()
}

fn settings(activation: bool) -> Config {
    Config::Settings { path: quote!(Op), fields: quote!(), activation }
}

#[test]
fn a_chain_at_inference_takes_two_buffers() {
    let mut net = Net::new(8);
    let mut x = 0;
    for _ in 0..6 {
        x = net.dense(x, 8);
        x = net.elementwise("relu", x, true);
    }
    let s = net.plan(x, Mode::Inference);
    assert_eq!((s.nodes.len(), s.plan.slots.len()), (6, 2));
}

#[test]
fn what_backward_reads_is_kept_apart() {
    let mut net = Net::new(8);
    let a = net.dense(0, 8);
    let r = net.elementwise("relu", a, true);
    let b = net.dense(r, 8);
    let q = net.elementwise("relu", b, true);
    let c = net.dense(q, 8);
    let s = net.plan(c, Mode::Training);
    assert_eq!(s.plan.value(a), None, "fused away");
    assert_ne!(s.plan.value(r), s.plan.value(q));
    assert_ne!(s.plan.gradient(q), s.plan.value(q), "relu's backward reads its output");
    assert_ne!(s.plan.gradient(r), s.plan.value(r));
    assert_ne!(s.plan.gradient(r), s.plan.gradient(q), "both are in use in the same call");
    assert_eq!(s.plan.gradient(r), s.plan.value(q), "relu's backward was the last to read it");
}

#[test]
fn gelu_is_fused_at_inference_only() {
    let mut net = Net::new(8);
    let a = net.dense(0, 8);
    let g = net.elementwise("gelu", a, false);
    let o = net.dense(g, 8);
    let s = net.plan(o, Mode::Training);
    assert_eq!(s.nodes.len(), 3);
    assert!(s.plan.value(a).is_some() && s.plan.value(a) != s.plan.value(g));
    assert_eq!(net.plan(o, Mode::Inference).nodes.len(), 2);
}

#[test]
fn the_gradient_of_a_sum_is_both_gradients() {
    let mut net = Net::new(8);
    let a = net.dense(0, 8);
    let b = net.dense(a, 8);
    let sum = net.add(a, b);
    let o = net.dense(sum, 8);
    let s = net.plan(o, Mode::Training);
    // The step that reads the gradient to `b` adds to that of `a`.
    assert_eq!(backward(&s, 2), [Towards::Input(1)]);
    assert_eq!(s.plan.gradient(sum), s.plan.gradient(a));
    assert_ne!(s.plan.gradient(sum), s.plan.gradient(b));
}

#[test]
fn both_gradients_of_a_sum_are_one_where_neither_is_changed_too_early() {
    let mut net = Net::new(8);
    let a = net.dense(0, 8);
    let b = net.dense(a, 8);
    let c = net.dense(b, 8);
    let sum = net.add(a, c);
    let o = net.dense(sum, 8);
    let s = net.plan(o, Mode::Training);
    // The gradient to `c` is read before something is added to that of `a`.
    assert_eq!(backward(&s, 3), []);
    assert_eq!((s.plan.gradient(sum), s.plan.gradient(sum)), (s.plan.gradient(a), s.plan.gradient(c)));
    let mut net = Net::new(8);
    let a = net.dense(0, 8);
    let r = net.elementwise("relu", a, true);
    let (b, c) = (net.dense(r, 8), net.dropout(r));
    let sum = net.add(b, c);
    let o = net.dense(sum, 8);
    let s = net.plan(o, Mode::Training);
    // Both are read later, so dropout's backward must not work in place.
    assert_eq!(s.plan.gradient(b), s.plan.gradient(c));
    assert!(s.passes.backward.iter().all(|step| !step.in_place || step.call != Call::Backward(2, Towards::All)));
}

#[test]
fn a_value_added_to_itself_keeps_its_gradients_apart() {
    let mut net = Net::new(8);
    let a = net.dense(0, 8);
    let sum = net.add(a, a);
    let o = net.dense(sum, 8);
    let s = net.plan(o, Mode::Training);
    assert_ne!(s.plan.gradient(sum), s.plan.gradient(a));
}

#[test]
fn dropout_does_not_write_over_what_relu_keeps() {
    let mut net = Net::new(8);
    let a = net.dense(0, 8);
    let r = net.elementwise("relu", a, true);
    let d = net.dropout(r);
    let o = net.dense(d, 8);
    let s = net.plan(o, Mode::Training);
    assert_ne!(s.plan.value(d), s.plan.value(r));
    assert!(s.passes.backward.iter().any(|step| step.in_place && step.call == Call::Backward(1, Towards::All)));
    let s = net.plan(o, Mode::Inference);
    assert_eq!(s.plan.value(d), s.plan.value(s.nodes[0].output), "nothing happens at inference");
}

#[test]
fn reshapes_are_the_same_memory_unless_both_ends_are_arguments() {
    let mut net = Net::new(8);
    let f = net.flatten(0);
    let o = net.dense(f, 8);
    let s = net.plan(o, Mode::Training);
    assert_eq!(s.plan.value(f), Some(Place::Input(0)));
    assert_eq!(s.plan.gradient(f), Some(Place::InputGradient(0)));
    let mut net = Net::new(8);
    let f = net.flatten(0);
    let s = net.plan(f, Mode::Training);
    assert_eq!(s.passes.forward[0].call, Call::Copy);
}

#[test]
fn the_input_is_never_written_over() {
    let mut net = Net::new(8);
    let r = net.elementwise("relu", 0, true);
    let o = net.dense(r, 8);
    for mode in [Mode::Training, Mode::Inference] {
        let s = net.plan(o, mode);
        assert!(!s.passes.forward[0].in_place);
        assert_ne!(s.plan.value(r), Some(Place::Input(0)));
    }
    let s = net.plan(o, Mode::Training);
    assert_eq!(s.plan.gradient(r), Some(Place::InputGradient(0)), "wanted only with the input's");
}

#[test]
fn a_gradient_that_leads_to_weights_never_lives_in_the_optional_argument() {
    let mut net = Net::new(8);
    let a = net.dense(0, 8);
    let sum = net.add(0, a);
    let o = net.dense(sum, 8);
    let s = net.plan(o, Mode::Training);
    assert_eq!(backward(&s, 1), [Towards::Input(0)]);
    assert_ne!(s.plan.gradient(sum), Some(Place::InputGradient(0)));
}

/// Returns the nodes that the backward pass runs forward again.
fn again(schedule: &Schedule) -> Vec<usize> {
    let of = |step: &Step| match step.call {
        Call::Again(node, _) => Some(node),
        _ => None,
    };
    schedule.passes.backward.iter().filter_map(of).collect()
}

#[test]
fn checkpoints_share_the_memory_of_what_they_compute_again() {
    let slots = |checkpoints: usize| {
        let mut net = Net::new(8);
        let mut x = 0;
        for k in 0..checkpoints {
            let hidden = net.dense(x, 8);
            let hidden = net.elementwise("gelu", hidden, false);
            x = net.dense(hidden, 8);
            net.checkpoint(3 * k);
        }
        let schedule = net.plan(x, Mode::Training);
        // The last layer of each is not needed: its output is kept, or read by the caller.
        let nodes: Vec<usize> = (0..checkpoints).rev().flat_map(|k| [3 * k, 3 * k + 1]).collect();
        assert_eq!(again(&schedule), nodes);
        let arena = schedule.plan.arena().count();
        (schedule.plan.slots.len() - arena, arena)
    };
    // The values between the layers are kept. The two values of one layer, their gradient, and the gradient to its output are not.
    assert_eq!([slots(2), slots(3), slots(7)], [(1, 4), (2, 4), (6, 4)]);
}

#[test]
fn a_value_that_is_read_outside_of_its_checkpoint_is_kept() {
    let mut net = Net::new(8);
    let inner = net.dense(0, 8);
    let hidden = net.elementwise("gelu", inner, false);
    let last = net.dense(hidden, 8);
    net.checkpoint(0);
    let sum = net.add(last, hidden);
    net.0.nodes[3].checkpoint = None;
    let end = net.dense(sum, 8);
    net.0.nodes[4].checkpoint = None;
    let schedule = net.plan(end, Mode::Training);
    assert_eq!(again(&schedule), [0]);
    assert!(schedule.plan.kept[hidden] && !schedule.plan.kept[inner]);
}
