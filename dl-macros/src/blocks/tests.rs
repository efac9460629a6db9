//! Tests which values of small networks are in blocks of channels at inference, and where conversions are.

use crate::fuse::Mode;
use crate::ir::Ir;
use crate::lower::tests::{network, networks};
use crate::plan::{Part, Place};
use crate::schedule::Schedule;

/// Returns the operations of inference in order, each with the names of what it reads and what it makes; `*` marks blocks of channels.
fn inference(text: &str) -> Vec<String> {
    operations(&network(text))
}

fn operations(ir: &Ir) -> Vec<String> {
    let schedule = Schedule::new(ir, Mode::Inference);
    let name = |value: usize| {
        let mark = if schedule.values[value].shape.in_blocks { "*" } else { "" };
        format!("{}{mark}", schedule.values[value].name)
    };
    let node = |node: &crate::ir::Node| {
        let inputs = node.inputs.iter().map(|&input| name(input)).collect::<Vec<_>>().join(" ");
        let kind = if node.text.is_empty() { "convert" } else { node.text.split('(').next().unwrap() };
        format!("{kind} {inputs} -> {}", name(node.output))
    };
    schedule.nodes.iter().map(node).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(inference(text), expected);
}

#[test]
fn a_chain_from_a_picture_to_a_vector() {
    check(
        "Net(x: [3, 16, 16]) -> [24] {
            x -> conv2d(16, 3) -> batch_norm -> relu as a -> max_pool2d(2) as b -> conv2d(24, 3) as c -> global_avg_pool2d
        }",
        &["conv2d x -> a*", "max_pool2d a* -> b*", "conv2d b* -> c*", "global_avg_pool2d c* -> global_avg_pool1"],
    );
}

#[test]
fn a_residual_block_between_values_from_outside() {
    // The network's own input is converted once, for the first convolution and the sum.
    check(
        "Net(x: [16, 8, 8]) -> [16, 8, 8] {
            let a = x -> conv2d(16, 3, padding: 1) -> batch_norm -> relu;
            let b = a -> conv2d(16, 3, padding: 1) -> batch_norm;
            relu(b + x)
        }",
        &[
            "convert x -> x_blocks*",
            "conv2d x_blocks* -> a*",
            "conv2d a* x_blocks* -> relu1_blocks*",
            "convert relu1_blocks* -> relu1",
        ],
    );
}

#[test]
fn conversions_have_names_of_their_own() {
    check(
        "Net(x: [8, 4, 4]) -> [8] {
            let x_blocks = x -> conv2d(8, 1);
            let x_blocks_2 = x_blocks -> conv2d(8, 1);
            global_avg_pool2d(x_blocks_2)
        }",
        &[
            "convert x -> x_blocks_3*",
            "conv2d x_blocks_3* -> x_blocks*",
            "conv2d x_blocks* -> x_blocks_2*",
            "global_avg_pool2d x_blocks_2* -> global_avg_pool1",
        ],
    );
}

#[test]
fn branches_that_are_concatenated() {
    check(
        "Net(x: [3, 8, 8]) -> [16] {
            let s = x -> conv2d(8, 1) -> relu;
            let a = s -> conv2d(16, 1) -> relu;
            let b = s -> conv2d(8, 3, padding: 1) -> relu;
            concat(a, b) as both -> conv2d(16, 1) as c -> global_avg_pool2d
        }",
        &[
            "conv2d x -> s*",
            "conv2d s* -> a*",
            "conv2d s* -> b*",
            "concat a* b* -> both*",
            "conv2d both* -> c*",
            "global_avg_pool2d c* -> global_avg_pool1",
        ],
    );
}

#[test]
fn an_inverted_residual_with_a_depthwise_convolution() {
    check(
        "Net(x: [16, 8, 8]) -> [16] {
            let wide = x -> conv2d(64, 1) -> batch_norm -> relu6;
            let deep = wide -> depthwise_conv2d(3, padding: 1) -> batch_norm -> relu6;
            let thin = deep -> conv2d(16, 1) -> batch_norm;
            global_avg_pool2d(thin + x)
        }",
        &[
            "convert x -> x_blocks*",
            "conv2d x_blocks* -> wide*",
            "depthwise_conv2d wide* -> deep*",
            "conv2d deep* x_blocks* -> add1*",
            "global_avg_pool2d add1* -> global_avg_pool1",
        ],
    );
}

#[test]
fn a_vector_that_dense_layers_read() {
    check(
        "Net(x: [1, 12, 12]) -> [10] {
            x -> conv2d(8, 3) -> relu as a -> conv2d(8, 3) -> relu as b -> max_pool2d(2) as c -> flatten as d -> dense(10)
        }",
        &[
            "conv2d x -> a*",
            "conv2d a* -> b*",
            "max_pool2d b* -> c*",
            "convert c* -> c_planes",
            "flatten c_planes -> d",
            "dense d -> dense1",
        ],
    );
}

#[test]
fn layers_that_take_planes_alone() {
    // Two readers share one conversion, and what they make is converted for the next convolution.
    check(
        "Net(x: [3, 8, 8]) -> [8, 8, 8] {
            let a = x -> conv2d(8, 1) as first -> conv2d(8, 1);
            let b = layer_norm(a);
            let c = b -> conv2d(8, 3, padding: 1) as second -> conv2d(8, 1);
            c + prelu(a)
        }",
        &[
            "conv2d x -> first*",
            "conv2d first* -> a*",
            "convert a* -> a_planes",
            "layer_norm a_planes -> b",
            "convert b -> b_blocks*",
            "conv2d b_blocks* -> second*",
            "conv2d second* -> c*",
            "prelu a_planes -> prelu1",
            "convert c* -> c_planes",
            "c + prelu1 c_planes prelu1 -> add1",
        ],
    );
    // A convolution that stands alone gains nothing from blocks.
    let alone =
        "Net(x: [16, 8, 8]) -> [16, 8, 8] { x -> layer_norm as a -> conv2d(16, 3, padding: 1) as b -> layer_norm }";
    check(alone, &["layer_norm x -> a", "conv2d a -> b", "layer_norm b -> layer_norm1"]);
}

#[test]
fn channels_that_are_no_whole_blocks() {
    let thin = "Net(x: [3, 8, 8]) -> [8] {
        x -> conv2d(6, 1) as a -> conv2d(12, 1) as b -> conv2d(8, 1) as c -> global_avg_pool2d
    }";
    check(thin, &["conv2d x -> a", "conv2d a -> b", "conv2d b -> c", "global_avg_pool2d c -> global_avg_pool1"]);
    // Groups of four channels read half a block.
    let groups = "Net(x: [3, 8, 8]) -> [16] {
        x -> conv2d(16, 1) as a -> conv2d(16, 1, groups: 2) as b -> conv2d(16, 1, groups: 4) as c -> global_avg_pool2d
    }";
    check(
        groups,
        &[
            "conv2d x -> a*",
            "conv2d a* -> b*",
            "convert b* -> b_planes",
            "conv2d b_planes -> c",
            "global_avg_pool2d c -> global_avg_pool1",
        ],
    );
}

#[test]
fn sizes_that_only_rustc_knows() {
    let all = inference(
        "Net<const C: usize, const S: usize>(x: [3, S, S]) -> [C] {
            x -> conv2d(C, 1) as a -> conv2d(C, 1) as b -> global_avg_pool2d
        }",
    );
    assert!(all.iter().all(|node| !node.contains('*')), "{all:?}");
}

#[test]
fn the_other_modes_have_none() {
    let ir = network("Net(x: [3, 8, 8]) -> [8] { x -> conv2d(8, 1) as a -> conv2d(8, 1) as b -> global_avg_pool2d }");
    for (mode, marks) in [(Mode::Training, 0), (Mode::Core, 0), (Mode::Evaluation, 2)] {
        let schedule = Schedule::new(&ir, mode);
        assert_eq!(schedule.values.iter().filter(|value| value.shape.in_blocks).count(), marks, "{mode:?}");
    }
}

#[test]
fn a_normalisation_before_its_convolution() {
    // A layer of DenseNet.
    check(
        "Net(x: [3, 16, 16]) -> [24] {
            x -> conv2d(16, 3) as a -> concat {
                identity;
                batch_norm -> relu as b -> conv2d(8, 3, padding: 1) as c
            } as d -> batch_norm -> relu as e -> global_avg_pool2d
        }",
        &[
            "conv2d x -> a*",
            "identity a* -> d_identity1*",
            "batch_norm a* -> d_b*",
            "conv2d d_b* -> d_c*",
            "concat { … } d_identity1* d_c* -> concat1*",
            "batch_norm concat1* -> e*",
            "global_avg_pool2d e* -> global_avg_pool1",
        ],
    );
}

#[test]
fn a_shortcut_that_takes_the_sum() {
    // The summand is in blocks, so the sum is, too.
    check(
        "Net(x: [16, 8, 8]) -> [24, 8, 8] {
            let a = x -> conv2d(16, 3, padding: 1) -> relu -> conv2d(24, 3, padding: 1) -> batch_norm;
            let b = x -> conv2d(24, 1) -> batch_norm;
            relu(a + b)
        }",
        &[
            "convert x -> x_blocks*",
            "conv2d x_blocks* -> relu1*",
            "conv2d relu1* -> a*",
            "conv2d x_blocks* a* -> relu2_blocks*",
            "convert relu2_blocks* -> relu2",
        ],
    );
}

/// Returns the operations of all models of a `model!`.
fn of_models(text: &str) -> Vec<Vec<String>> {
    let mut irs = networks(text);
    crate::blocks::models(&mut irs);
    irs.iter().map(operations).collect()
}

#[test]
fn copies_of_repeat_hand_on_blocks() {
    let text = "Net(x: [3, 8, 8]) -> [16, 8, 8] {
        x -> conv2d(16, 1) as a -> repeat 3 { conv2d(16, 1) -> relu } as copies
    }";
    let inside = ["conv2d x_2* -> relu1*"];
    let around = ["conv2d x -> a*", "repeat 3 { … } a* -> copies_blocks*", "convert copies_blocks* -> copies"];
    assert_eq!(of_models(text), [inside.to_vec(), around.to_vec()]);
}

#[test]
fn copies_of_repeat_that_gain_nothing_stay_in_planes() {
    let text = "Net(x: [3, 8, 8]) -> [16, 8, 8] { x -> conv2d(16, 1) as a -> repeat 3 { relu -> tanh } as copies }";
    let inside = ["relu x_2 -> relu1", "tanh relu1 -> tanh1"];
    let around = ["conv2d x -> a", "repeat 3 { … } a -> copies"];
    assert_eq!(of_models(text), [inside.to_vec(), around.to_vec()]);
}

/// Returns the parts of the values of inference, each with the value in whose memory it lies for one sample, and the elements before it.
fn parts(text: &str) -> Vec<String> {
    let ir = network(text);
    let Schedule { plan, values, nodes, .. } = Schedule::new(&ir, Mode::Inference);
    let part = |node: &crate::ir::Node| match plan.value(node.output)? {
        Place::Part(Part { own, whole, start }) => {
            assert!(own != whole && plan.slots[own].of_several && !plan.slots[whole].of_several);
            Some(format!("{} in {} at {start}", values[node.output].name, plan.slots[whole].name))
        }
        _ => None,
    };
    nodes.iter().filter_map(part).collect()
}

#[test]
fn branches_are_written_into_their_concatenation() {
    let text = "Net(x: [3, 8, 8]) -> [16] {
        let s = x -> conv2d(8, 1) -> relu;
        let a = s -> conv2d(16, 1) -> relu;
        let b = s -> conv2d(8, 3, padding: 1) -> relu;
        concat(a, b) as both -> conv2d(16, 1) as c -> global_avg_pool2d
    }";
    assert_eq!(parts(text), ["a in both at 0", "b in both at 1024"]);
}

#[test]
fn parts_of_parts() {
    let text = "Net(x: [3, 8, 8]) -> [16] {
        let a = x -> conv2d(16, 1);
        let b = concat(a, relu(a) -> conv2d(8, 3, padding: 1) as n);
        let c = concat(b, relu(b) -> conv2d(8, 3, padding: 1) as m);
        c -> conv2d(16, 1) -> global_avg_pool2d
    }";
    assert_eq!(parts(text), ["a in c at 0", "n in c at 1024", "b in c at 0", "m in c at 1536"]);
}

#[test]
fn what_must_be_copied_into_a_concatenation() {
    // A part that the other part is computed from cannot be read and written in one buffer, and neither can a value twice.
    let chain = "Net(x: [3, 8, 8]) -> [16] {
        let a = x -> conv2d(8, 1);
        let b = a -> conv2d(8, 1);
        concat(a, b, a) -> conv2d(16, 1) -> global_avg_pool2d
    }";
    assert_eq!(parts(chain), ["b in concat1 at 512"]);
    // One part is computed from another one. A value of two concatenations is written into one of them.
    let two = "Net(x: [8, 8, 8]) -> [16] {
        let a = x -> conv2d(8, 1);
        let b = x -> conv2d(8, 1);
        let c = concat(a, x) -> conv2d(16, 1);
        let d = concat(b, a) -> conv2d(16, 1);
        global_avg_pool2d(c + d)
    }";
    assert_eq!(parts(two), ["a in concat1 at 0", "b in concat2 at 0"]);
    // Images in planes.
    assert!(parts("Net(x: [4, 8, 8]) -> [8, 8, 8] { concat(tanh(x), relu(x)) -> tanh }").is_empty());
}
