//! Writes the passes as functions: they unpack their arguments, and then call `forward` or `backward` of each operation.

use super::arguments::{Direction, gradient, local, same};
use super::memory::take_slots;
use crate::ir::{Element, Ir};
use crate::plan::Place;
use crate::schedule::Schedule;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// Writes `infer`, `forward`, `backward` and `inspect`.
pub fn passes(training: &Schedule, inference: &Schedule) -> TokenStream {
    let (ir, d, memory) = (training.ir, training.ir.device(), training.memory_type());
    let infer = inference.print(&inference.passes.forward, Direction::Forward);
    let forward = training.print(&training.passes.forward, Direction::Forward);
    let (backward, inspect) = (backward(training), inspect(training));
    let (input, output, begin) = (input(ir), made_output(ir), begin(ir));
    let outputs = ir.unpack_outputs("output", same, true);
    let (inspect_sizes, slots) = (sizes(ir), take_slots(training));
    let infer = match ir.in_blocks {
        true => quote!(fn infer<#d: dl::Device>(input: dl::Infer<'_, #d, Self>) { dl::infer_planes(input); }),
        false => quote! {
            fn infer<#d: dl::Device>(
                dl::Infer { context, batch, net, #input, memory, #output }: dl::Infer<'_, #d, Self>,
            ) {
                #begin #outputs
                #infer
            }
        },
    };
    quote! {
        #infer
        fn forward<#d: dl::Device>(
            dl::Forward { context, batch, mut net, #input, memory, mut arena, mut carried, #output }: dl::Forward<'_, #d, Self>,
        ) {
            #begin #slots #outputs
            #forward
        }
        #backward
        fn inspect<#d: dl::Device>(
            memory: &#memory,
            batch: dl::Batch<'_, #d>,
            see: &mut dyn ::core::ops::FnMut(&'static str, #d::Ref<'_, f32>),
        ) {
            #inspect_sizes
            #inspect
        }
    }
}

/// Writes the pass of inference whose input and output are in blocks of channels.
pub fn in_blocks(inference: &Schedule) -> TokenStream {
    let (ir, d) = (inference.ir, inference.ir.device());
    let calls = inference.print(&inference.passes.forward, Direction::Forward);
    let (input, output, begin) = (input(ir), made_output(ir), begin(ir));
    quote! {
        fn infer_in_blocks<#d: dl::Device>(
            dl::Infer { context, batch, net, #input, memory, #output }: dl::Infer<'_, #d, Self>,
        ) {
            #begin
            let memory = &mut memory.pass;
            #calls
        }
    }
}

/// Writes `step`, the pass of inference for new rows of streams.
pub fn step(inference: &Schedule) -> TokenStream {
    let (ir, d) = (inference.ir, inference.ir.device());
    let calls = inference.print(&inference.passes.forward, Direction::Step);
    let (input, output, begin) = (input(ir), made_output(ir), begin(ir));
    let outputs = ir.unpack_outputs("output", same, true);
    quote! {
        fn step<#d: dl::Device>(
            dl::Step { context, batch, streams, net, #input, memory, state, #output }: dl::Step<'_, #d, Self>,
        ) {
            #begin #outputs
            #calls
        }
    }
}

/// Writes the beginning of a pass: the size of the batch, and a variable for each input.
fn begin(ir: &Ir) -> TokenStream {
    let (inputs, sizes) = (ir.unpack_inputs(), sizes(ir));
    quote!(#sizes #inputs)
}

/// Writes the variables for the size of the batch: its samples, and the rows of its sequences.
fn sizes(ir: &Ir) -> TokenStream {
    let rows = match ir.lengths.len() {
        0 => quote!(),
        1 => quote!(let rows = batch.rows(0);),
        lengths => {
            let indices = (0..lengths).map(proc_macro2::Literal::usize_unsuffixed);
            quote!(let rows = [#(batch.rows(#indices)),*];)
        }
    };
    quote!(let n = batch.samples; #rows)
}

/// Writes the pattern of the argument `input`.
fn input(ir: &Ir) -> TokenStream {
    bind("input", ir.input_argument(), false)
}

/// Writes the pattern of the argument `output` in passes that write it.
fn made_output(ir: &Ir) -> TokenStream {
    bind("output", local("output"), ir.outputs.len() == 1)
}

/// Writes a field of a pattern: `input: image`, or `input` alone.
fn bind(field: &str, name: Ident, mutable: bool) -> TokenStream {
    let (field, mutable) = (local(field), mutable.then(|| quote!(mut)));
    if field == name { quote!(#mutable #name) } else { quote!(#field: #mutable #name) }
}

/// Writes `backward`: the calls of the body in reverse order, which begin with the gradients to the outputs and, after the model's
/// own loss, with those that the loss wrote.
fn backward(training: &Schedule) -> TokenStream {
    let (ir, d) = (training.ir, training.ir.device());
    let calls = training.print(&training.passes.backward, Direction::Backward);
    let clear = training.print(&training.passes.clear, Direction::Backward);
    let clear = (!clear.is_empty()).then(|| quote!(if !own_loss { #clear }));
    let (input, d_input) = (input(ir), bind("d_input", gradient(&ir.input_argument()), true));
    let outputs = ir.unpack_outputs("output", same, false);
    let d_outputs = ir.unpack_outputs("d_output", gradient, true);
    let (begin, slots, d_inputs) = (begin(ir), take_slots(training), ir.unpack_input_gradients());
    quote! {
        fn backward<#d: dl::Device>(
            dl::Backward {
                context, batch, net, #input, memory, mut arena, carried, output, mut d_output, d_net, #d_input, own_loss
            }: dl::Backward<'_, #d, Self>,
        ) {
            let dl::Grad { to: mut d_net, write } = d_net;
            let trained = context.first_trained(net.data());
            #begin #slots #outputs #d_outputs #d_inputs
            #clear
            #calls
        }
    }
}

/// Writes the passes of a model with a `loss` clause.
pub fn objective(training: &Schedule, evaluation: &Schedule) -> TokenStream {
    let (ir, d) = (training.ir, training.ir.device());
    let (input, d_input) = (input(ir), bind("d_input", gradient(&ir.input_argument()), true));
    let (target, output) = (bind("target", ir.target_argument(), false), made_output(ir));
    let (begin, targets) = (begin(ir), ir.unpack_targets());
    let terms = ir.unpack_terms("terms", same);

    let outputs = ir.unpack_outputs("output", same, true);
    let evaluate = evaluation.print(&evaluation.passes.forward, Direction::Forward);
    let evaluate_loss = evaluation.print(&evaluation.passes.loss, Direction::Forward);

    let read_outputs = ir.unpack_outputs("output", same, false);
    let d_terms = ir.unpack_terms("d_terms", gradient);
    let d_outputs = ir.unpack_outputs("d_output", gradient, true);
    let d_inputs = ir.unpack_input_gradients();
    let loss = training.print(&training.passes.loss, Direction::Loss);
    let backward = training.print(&training.passes.backward_loss, Direction::Loss);
    quote! {
        fn evaluate<#d: dl::Device>(
            dl::Evaluate {
                context, batch, net, #input, #target, memory, #output, mut terms
            }: dl::Evaluate<'_, #d, Self, Self::Target>,
        ) {
            #begin #targets #outputs #terms
            #evaluate
            #evaluate_loss
        }
        fn loss<#d: dl::Device>(
            dl::ComputeLoss {
                context, batch, net, #input, #target, memory, output, mut terms, mut d_terms, mut d_output, #d_input
            }: dl::ComputeLoss<'_, #d, Self, Self::Target>,
        ) {
            #begin #targets #read_outputs #terms #d_terms #d_outputs #d_inputs
            #loss
            #backward
        }
    }
}

/// Writes `inspect`, which shows every value that is still in memory after the forward pass.
fn inspect(schedule: &Schedule) -> TokenStream {
    schedule
        .nodes
        .iter()
        .filter(|node| {
            let float = schedule.shape(node.output).element == Element::F32;
            let slot = matches!(schedule.plan.value(node.output), Some(Place::Slot(_)));
            float && slot && schedule.plan.kept[node.output]
        })
        .map(|node| {
            let (label, value) = (&node.label, schedule.read_value(node.output, Direction::Backward));
            quote!(see(#label, #value.data());)
        })
        .collect()
}
