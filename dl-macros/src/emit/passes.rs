//! The passes as functions: their signatures, and the calls of `forward` and `backward` inside.

use super::arguments::{Direction, gradient, local, same};
use crate::ir::Ir;
use crate::plan::Place;
use crate::schedule::Schedule;
use proc_macro2::TokenStream;
use quote::quote;

/// `infer`, `forward`, `backward` and `inspect`.
pub fn passes(training: &Schedule, inference: &Schedule) -> TokenStream {
    let ir = training.ir;
    let (infer_slots, train_slots) = (inference.memory_type(), training.memory_type());
    let (infer, forward) = (
        inference.print(&inference.passes.forward, Direction::Forward),
        training.print(&training.passes.forward, Direction::Forward),
    );
    let (signature, unpack) = (forward_signature(ir), unpack_forward(ir));
    let changing = signature_with(ir, quote!(mut net: dl::ViewMut));
    let output = ir.outputs.len() == 1;
    let output = if output { quote!(mut output) } else { quote!(output) };
    let length = length(ir);
    let (inspect, d) = (inspect(training), ir.device());
    let backward = backward(training);
    quote! {
        fn infer<#d: dl::Device>(#signature memory: &mut #infer_slots, #output: dl::ViewMut<'_, #d, Self::Output>) {
            #length
            #unpack
            #infer
        }
        fn forward<#d: dl::Device>(#changing memory: &mut #train_slots, #output: dl::ViewMut<'_, #d, Self::Output>) {
            #length
            #unpack
            #forward
        }
        #backward
        fn inspect<#d: dl::Device>(
            memory: &#train_slots,
            n: usize,
            see: &mut dyn ::core::ops::FnMut(&'static str, #d::Ref<'_, f32>),
        ) {
            #inspect
        }
    }
}

/// The first arguments of every pass but `forward`.
fn forward_signature(ir: &Ir) -> TokenStream {
    signature_with(ir, quote!(net: dl::View))
}

/// The first arguments of a pass; `net` is how it has the network.
fn signature_with(ir: &Ir, net: TokenStream) -> TokenStream {
    let (input, d) = (ir.input_argument(), ir.device());
    quote! {
        context: &dl::Context<'_, #d>,
        #net<'_, #d, Self>,
        #input: dl::View<'_, #d, Self::Input>,
    }
}

/// The size of the batch.
fn length(ir: &Ir) -> TokenStream {
    let input = ir.input_argument();
    quote!(let n = #input.len();)
}

fn unpack_forward(ir: &Ir) -> TokenStream {
    let (inputs, outputs) = (ir.unpack_inputs(), ir.unpack_outputs("output", same, true));
    quote!(#inputs #outputs)
}

/// `backward`; with an objective in two parts, so that its gradients can come in between.
fn backward(training: &Schedule) -> TokenStream {
    let ir = training.ir;
    let (signature, arguments, d) = (backward_signature(training), backward_arguments(ir), ir.device());
    if ir.objective.is_none() {
        let body = backward_body(training);
        return quote!(fn backward<#d: dl::Device>(#signature) { #body });
    }
    let clear = training.print(&training.passes.clear, Direction::Backward);
    let unpack = ir.unpack_input_gradients(true);
    let length = length(ir);
    quote! {
        fn backward<#d: dl::Device>(#signature) {
            #length
            { #unpack #clear }
            <Self as dl::Objective>::backward_body(#arguments);
        }
    }
}

/// The calls of the body, in reverse.
fn backward_body(training: &Schedule) -> TokenStream {
    let ir = training.ir;
    let calls = training.print(&training.passes.backward, Direction::Backward);
    let (inputs, d_inputs) = (ir.unpack_inputs(), ir.unpack_input_gradients(false));
    let outputs = ir.unpack_outputs("output", same, false);
    let d_outputs = ir.unpack_outputs("d_output", gradient, true);
    let length = length(ir);
    quote! {
        #length
        let dl::Grad { to: mut d_net, write } = d_net;
        #inputs #outputs #d_outputs #d_inputs
        #calls
    }
}

fn backward_signature(training: &Schedule) -> TokenStream {
    let (ir, memory, d) = (training.ir, training.memory_type(), training.ir.device());
    let (signature, d_input) = (forward_signature(ir), gradient(&ir.input_argument()));
    quote! {
        #signature
        memory: &mut #memory,
        output: dl::View<'_, #d, Self::Output>,
        mut d_output: dl::ViewMut<'_, #d, Self::Output>,
        d_net: dl::Grad<'_, #d, Self>,
        mut #d_input: dl::Option<dl::ViewMut<'_, #d, Self::Input>>,
    }
}

fn backward_arguments(ir: &Ir) -> TokenStream {
    let (input, d_input) = (ir.input_argument(), gradient(&ir.input_argument()));
    quote!(context, net, #input, memory, output, d_output, d_net, #d_input)
}

/// The passes of a model with an objective.
pub fn objective(training: &Schedule, evaluation: &Schedule) -> TokenStream {
    let ir = training.ir;
    let (signature, target) = (forward_signature(ir), ir.target_argument());
    let targets = ir.unpack_targets();
    let (inputs, outputs) = (ir.unpack_inputs(), ir.unpack_outputs("output", same, true));
    let output = if ir.outputs.len() == 1 { quote!(mut output) } else { quote!(output) };
    let (train_slots, evaluate_slots) = (training.memory_type(), evaluation.memory_type());
    let (length, d) = (length(ir), ir.device());

    let forward = evaluation.print(&evaluation.passes.forward, Direction::Forward);
    let evaluate = evaluation.print(&evaluation.passes.loss, Direction::Forward);
    let terms = ir.unpack_terms("terms", same, true);
    let loss = training.print(&training.passes.loss, Direction::Loss);
    let read_outputs = ir.unpack_outputs("output", same, false);

    let backward = training.print(&training.passes.backward_loss, Direction::Backward);
    let read_terms = ir.unpack_terms("terms", same, false);
    let d_terms = ir.unpack_terms("d_terms", gradient, true);
    let d_outputs = ir.unpack_outputs_again("d_output", gradient);
    let d_inputs = ir.unpack_input_gradients(true);
    let d_input = gradient(&ir.input_argument());
    let (backward_arguments, backward_signature) = (backward_arguments(ir), backward_signature(training));
    let backward_body = backward_body(training);
    let d_output = local("d_output");
    quote! {
        fn evaluate<#d: dl::Device>(
            #signature
            #target: dl::View<'_, #d, Self::Target>,
            memory: &mut #evaluate_slots,
            #output: dl::ViewMut<'_, #d, Self::Output>,
            mut terms: dl::PartsMut<'_, #d, f32>,
        ) {
            #length
            #inputs #targets #outputs #terms
            #forward
            #evaluate
        }
        fn loss<#d: dl::Device>(
            #signature
            #target: dl::View<'_, #d, Self::Target>,
            memory: &mut #train_slots,
            output: dl::View<'_, #d, Self::Output>,
            mut terms: dl::PartsMut<'_, #d, f32>,
        ) {
            #length
            #inputs #targets #read_outputs #terms
            #loss
        }
        fn backward_loss<#d: dl::Device>(
            #signature
            #target: dl::View<'_, #d, Self::Target>,
            memory: &mut #train_slots,
            output: dl::View<'_, #d, Self::Output>,
            mut terms: dl::Parts<'_, #d, f32>,
            mut d_terms: dl::PartsMut<'_, #d, f32>,
            mut #d_output: dl::ViewMut<'_, #d, Self::Output>,
            d_net: dl::Grad<'_, #d, Self>,
            mut #d_input: dl::Option<dl::ViewMut<'_, #d, Self::Input>>,
        ) {
            #length
            {
                #inputs #targets #read_outputs #read_terms #d_terms #d_outputs #d_inputs
                #backward
            }
            <Self as dl::Objective>::backward_body(#backward_arguments);
        }
        fn backward_body<#d: dl::Device>(#backward_signature) { #backward_body }
    }
}

/// Shows every value that is still there after the forward pass.
fn inspect(schedule: &Schedule) -> TokenStream {
    schedule
        .nodes
        .iter()
        .filter(|node| {
            schedule.plan.kept[node.output] && matches!(schedule.plan.value(node.output), Some(Place::Slot(_)))
        })
        .map(|node| {
            let (label, value) = (&node.label, schedule.read_value(node.output, Direction::Backward));
            quote!(see(#label, #value.data());)
        })
        .collect()
}
