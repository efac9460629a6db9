//! Tests the graphs of small networks: names, shapes, fields and nodes.

use crate::diagnostics::Diagnostics;
use crate::dim::Dim;
use crate::ir::{Config, Inference, Ir};
use crate::layers::{self, synonyms};
use quote::ToTokens;

fn lower(text: &str) -> (Vec<Ir>, Vec<String>) {
    let diagnostics = Diagnostics::default();
    let file = crate::parse::parse(text.parse().unwrap(), &diagnostics);
    let constants = super::constants::Constants::new(&file, &diagnostics);
    super::check_blocks(&file.blocks, &diagnostics);
    let irs = file.models.iter().flat_map(|model| super::lower(&file, model, &constants, &diagnostics)).collect();
    super::check_uses(&file.blocks, &diagnostics);
    (irs, diagnostics.messages())
}

/// Lowers the network in `text`, which has no mistakes.
pub fn network(text: &str) -> Ir {
    let mut irs = networks(text);
    assert_eq!(irs.len(), 1);
    irs.remove(0)
}

/// Lowers a network, and the models inside it before it.
pub fn networks(text: &str) -> Vec<Ir> {
    let (irs, messages) = lower(text);
    assert_eq!(messages, Vec::<String>::new());
    irs
}

/// Returns the messages about a model from `x: [8]` to `[4]` with `body`.
fn mistakes(body: &str) -> Vec<String> {
    lower(&format!("Net(x: [8]) -> [4] {{ {body} }}")).1
}

fn known(dims: &[Dim]) -> Vec<usize> {
    dims.iter().map(|dim| dim.known().unwrap()).collect()
}

#[test]
fn a_sequence_stays_one_whatever_its_layer_is_called() {
    let ir = network(
        "Net(x: [4, 16]) -> [2, 32] {
            x -> conv1d(4, 3, padding: same) as c -> relu -> c -> conv_transpose1d(2, 2, stride: 2)
        }",
    );
    assert_eq!(ir.fields.len(), 2);
    let mistakes = lower("Net(x: [4, 8, 8]) -> [4, 8, 8] { x -> conv2d(4, 3, padding: same) as c1d -> c1d }").1;
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn lenet_becomes_its_graph() {
    let ir = network(
        "LeNet(image: [1, 28, 28]) -> [10] {
            image -> conv2d(6, 5, padding: 2) -> relu -> max_pool2d(2) -> conv2d(16, 5) -> relu -> max_pool2d(2)
                -> flatten -> dense(120) -> relu -> dense(84) -> relu -> dense(10) as logits
        }",
    );
    let kinds: Vec<_> = ir.nodes.iter().filter_map(|node| node.text.split('(').next()).collect();
    let block = ["conv2d", "relu", "max_pool2d"];
    let expected = [&block[..], &block, &["flatten", "dense", "relu", "dense", "relu", "dense"]].concat();
    assert_eq!(kinds, expected);
    let shapes: Vec<_> = ir.nodes.iter().map(|node| known(&ir.values[node.output].shape.dims)).collect();
    assert_eq!(shapes[2], [6, 14, 14]);
    assert_eq!(shapes[5], [16, 5, 5]);
    assert_eq!(shapes[6], [400]);
    let fields: Vec<_> = ir.fields.iter().map(|field| field.name.to_string()).collect();
    assert_eq!(fields, ["conv1", "conv2", "dense1", "dense2", "logits"]);
    assert_eq!(ir.fields[1].ty.to_token_stream().to_string(), "dl :: layers :: Conv2d < 6 , 16 , 5 , 5 >");
    assert_eq!(known(&ir.fields[1].tensors[0].shape), [16, 6, 5, 5]);
    assert_eq!(ir.nodes[3].multiply_adds.known(), Some(16 * 10 * 10 * 6 * 5 * 5));
    // Each node reads the output of the node before it.
    for (i, node) in ir.nodes.iter().enumerate() {
        assert_eq!((node.inputs.as_slice(), node.output), ([i].as_slice(), i + 1));
    }
    assert_eq!(ir.outputs[0].value, 12);
}

#[test]
fn windows_follow_the_formula_of_the_literature() {
    // Dumoulin, Visin, "A guide to convolution arithmetic for deep learning", 2016, relationship 6, and dilation of 5.1.
    for (size, kernel, stride, padding, dilation) in
        [(28, 5, 1, 2, 1), (7, 3, 2, 1, 1), (9, 3, 2, 0, 3), (1, 1, 1, 0, 1)]
    {
        let side = (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
        let ir = network(&format!(
            "Net(x: [2, {size}, {size}]) -> [3, {side}, {side}] {{
                x -> conv2d(3, {kernel}, stride: {stride}, padding: {padding}, dilation: {dilation})
            }}"
        ));
        assert_eq!(known(&ir.values[ir.outputs[0].value].shape.dims), [3, side, side]);
    }
}

#[test]
fn constants_are_folded_in_any_order() {
    let ir =
        network("const B: usize = 2 * A - 1; const A: usize = 0x10; Net(x: [A]) -> [(B + 1) / 4] { x -> dense(8) }");
    assert_eq!(known(&ir.values[0].shape.dims), [16]);
    assert_eq!(known(&ir.outputs[0].shape.dims), [8]);
    assert!(ir.checks.is_empty());
}

#[test]
fn constants_from_outside_are_left_to_rustc() {
    let ir = network("Net(x: [config::WIDTH]) -> [2 * D] { x -> dense(D * 2) }");
    assert_eq!(ir.values[0].shape.ty().to_string(), "[f32 ; { config :: WIDTH }]");
    // Input, output and dense layer have sizes of at least 1, and the output has the declared shape.
    assert_eq!(ir.checks.len(), 4);
}

#[test]
fn counters_keep_away_from_the_users_names() {
    let ir = network(
        "Net(x: [8]) -> [4] { let relu1 = x -> dense(8) as dense2; relu1 -> relu -> dense(8) -> relu -> dense(4) }",
    );
    let names: Vec<_> = ir.nodes.iter().map(|node| ir.values[node.output].name.to_string()).collect();
    assert_eq!(names, ["relu1", "relu2", "dense1", "relu3", "dense3"]);
    let fields: Vec<_> = ir.fields.iter().map(|field| field.name.to_string()).collect();
    assert_eq!(fields, ["dense2", "dense1", "dense3"]);
}

#[test]
fn a_shadowed_value_keeps_a_name_of_its_own() {
    let ir = network("Net(x: [8]) -> [4] { let x = x -> dense(8); let x = x -> relu; dense(x, 4) }");
    let names: Vec<_> = ir.values.iter().map(|value| value.name.to_string()).collect();
    assert_eq!(names, ["x", "x_2", "x_3", "dense2"]);
}

#[test]
fn numbers_beside_values_become_scale_and_shift() {
    let ir = network("Net(x: [8]) -> [8] { let s = 2 + 1; 1 - s * (-x) / 4 }");
    let settings: Vec<_> = ir
        .nodes
        .iter()
        .map(|node| match &node.op.config {
            Config::Settings { fields, .. } => fields.to_string(),
            _ => String::new(),
        })
        .collect();
    assert_eq!(
        settings,
        [
            "scale : - 1.0 , shift : 0.0 ,",
            "scale : 3.0 , shift : 0.0 ,",
            "scale : 1.0 / 4.0 , shift : 0.0 ,",
            "scale : - 1.0 , shift : 1.0 ,"
        ]
    );
}

#[test]
fn dropouts_draw_different_numbers_and_vanish_at_inference() {
    let ir = network("Net(x: [8]) -> [8] { x -> dropout(0.5) -> relu -> dropout(1e-1) }");
    let Config::Settings { fields, .. } = &ir.nodes[2].op.config else { panic!("settings") };
    assert_eq!(fields.to_string(), "rate : 0.1 , id : 1 ,");
    assert!(ir.nodes[0].op.inference == Inference::Identity);
}

#[test]
fn independent_mistakes_are_reported_together_and_none_follows_from_another() {
    let found = mistakes("x -> linear(16) -> dropout(rate: 3) -> dense(4, biass: true) -> conv2d(3, 3) -> dense(5)");
    assert_eq!(
        found,
        [
            "there is no layer `linear`; did you mean `dense`?",
            "the rate of `dropout` must be between 0 and 1, and is 3",
            "`dense` has no argument `biass`; did you mean `bias`?",
            "`conv2d` takes an image [channels, height, width], but its input is [4]",
            "the output is declared as [4], but the body makes [5]",
        ]
    );
}

#[test]
fn nothing_follows_from_a_layer_whose_arguments_say_something_else() {
    for (layer, output, meant) in [
        ("resize([5, 5])", "[1, 5, 5]", "upsample"),
        ("resize(size: [5, 5])", "[1, 5, 5]", "upsample"),
        ("interpolate(5)", "[1, 5, 5]", "upsample"),
        ("interpolate([5, 5], mode: bilinear)", "[1, 5, 5]", "upsample"),
        ("pad([1, 1, 0, 0])", "[1, 2, 4]", "pad2d"),
        ("crop(1)", "[1, 1, 1]", "slice"),
        ("narrow(2, 0, 1)", "[1, 2, 1]", "slice"),
        ("permute(0, 3, 1, 2)", "[2, 1, 2]", "transpose"),
        ("reduce_mean(1)", "[2, 2]", "mean"),
        ("average(2)", "[1, 2]", "mean"),
    ] {
        let found = lower(&format!("Net(x: [1, 2, 2]) -> {output} {{ x -> {layer} }}")).1;
        let name = layer.split('(').next().unwrap();
        assert_eq!(found, [format!("there is no layer `{name}`; did you mean `{meant}`?")], "{layer}");
        // The layers after it are not reported either.
        let found =
            lower(&format!("Net(x: [1, 2, 2]) -> [3] {{ x -> {layer} -> conv2d(2, 1) -> flatten -> dense(3) }}")).1;
        assert_eq!(found.len(), 1, "{layer}: {found:?}");
    }
    // Another name for the same arguments is taken for the layer.
    let found = lower("Net(x: [1, 2, 2]) -> [1, 5, 5] { x -> upsampling(2) }").1;
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn aligned_corners_are_those_of_bilinear_interpolation() {
    let message =
        |arguments: &str| lower(&format!("Net(x: [1, 2, 2]) -> [1, 4, 4] {{ x -> upsample({arguments}) }}")).1;
    assert_eq!(message("2, mode: bilinear, align_corners: true"), [""; 0]);
    assert_eq!(message("2, align_corners: false"), [""; 0]);
    for arguments in ["2, align_corners: true", "2, mode: nearest, align_corners: true"] {
        assert_eq!(message(arguments), ["`align_corners` of `upsample` wants `mode: bilinear`"]);
    }
    assert_eq!(message("2, mode: bilinear, align_corners: 1").len(), 1);
}

#[test]
fn a_broken_model_keeps_the_fields_that_programs_name() {
    let (irs, messages) = lower(
        "Net(x: [1, 8, 8]) -> [4] { x -> dens(9) -> dense(0) -> conv2d(3, 3) as c -> batch_norm -> nope -> dense(4) as out }",
    );
    assert_eq!(messages.len(), 3, "{messages:?}");
    let fields: Vec<_> = irs[0].fields.iter().map(|field| field.name.to_string()).collect();
    assert!(irs[0].broken);
    assert_eq!(fields, ["dense1", "dense2", "c", "batch_norm1", "out"]);
}

#[test]
fn every_layer_names_its_kind_and_settings() {
    for layer in layers::all() {
        let parameters = layer.parameters();
        for (i, parameter) in parameters.iter().enumerate() {
            assert!(!parameter.doc.is_empty(), "{} {}", layer.name(), parameter.name);
            assert!(parameters[..i].iter().all(|earlier| earlier.name != parameter.name), "{}", parameter.name);
        }
    }
    for (synonym, meaning) in synonyms::LAYERS {
        assert!(crate::layers::find(meaning).is_some(), "{synonym} -> {meaning}");
        assert!(crate::layers::find(synonym).is_none(), "{synonym} is a layer itself");
    }
    let known = |name: &str| layers::all().flat_map(|layer| layer.parameters()).any(|p| p.name == name);
    for (synonym, meaning) in synonyms::PARAMETERS {
        assert!(known(meaning), "{synonym} -> {meaning}");
    }
}

#[test]
fn what_only_the_body_can_tell() {
    assert_eq!(mistakes("let h = x -> dense(4); x -> dense(4)"), ["`h` is never used"]);
    assert_eq!(mistakes("let h = x -> dense(4); let g = h -> relu; x -> dense(4)"), ["`g` is never used"]);
    assert_eq!(mistakes("x -> dense(4) as a -> b -> a"), ["there is no layer `b`"]);
    assert_eq!(
        mistakes("x -> dense(8) as a -> a(3) -> dense(4)"),
        ["`a` is used again with the same weights, and takes no arguments here"]
    );
    assert_eq!(mistakes("dense(x, 4, bias: BIAS)"), ["`bias` is `true` or `false`, not `BIAS`"]);
}

/// A constant from outside has the type that the block needs; a computed argument is a size, and is converted.
#[test]
fn numbers_from_outside_in_blocks() {
    let scale = |argument: &str| {
        let block = "block scaled(x, k) { x * k }";
        let ir = network(&format!("{block} pub N(x: [4]) -> [4] {{ x -> scaled(k: {argument}) }}"));
        let Config::Settings { fields, .. } = &ir.nodes[0].op.config else { panic!("settings") };
        fields.to_string()
    };
    assert!(scale("crate::SCALE").contains("scale : crate :: SCALE"), "{}", scale("crate::SCALE"));
    assert!(!scale("crate::SCALE").contains("as f32"));
    assert!(scale("crate::SIZE * 2").contains("({ dl :: dim :: mul ({ crate :: SIZE } , 2) } as f32)"));
}

#[test]
fn repeat_is_unrolled_where_copies_differ() {
    let ir = network(
        "Net(x: [4, 8], memory: [4, 8]) -> [4, 8] {
            x -> repeat 3 { dense(8) as fc -> add(memory) -> residual { dense(8) } } as layers
        }",
    );
    let names: Vec<String> = (0..ir.fields.len()).map(|field| ir.file_name(field)).collect();
    assert_eq!(names[..4], ["layers.0.fc", "layers.0.dense1", "layers.1.fc", "layers.1.dense1"]);
    assert_eq!(ir.path(2).iter().map(ToString::to_string).collect::<Vec<_>>(), ["layers1", "fc"]);
    let grown = network(
        "Net(x: [3, 8, 8]) -> [27, 8, 8] { x -> repeat 3 { concat { identity; conv2d(8, 3, padding: same) } } }",
    );
    assert_eq!(grown.fields.len(), 3);
    assert_eq!(known(&grown.fields[2].tensors[0].shape), [8, 19, 3, 3]);
    // Copies that see nothing else, and keep the shape, are an array of one model.
    let (irs, messages) = lower("Net(x: [8]) -> [8] { x -> repeat 3 { dense(8) -> relu } }");
    assert_eq!((irs.len(), messages), (2, vec![]));
    assert_eq!(
        mistakes("let h = x -> dense(4); x -> repeat 3 { dense(4) -> add(h) -> dense(9) } -> dense(4)"),
        Vec::<String>::new()
    );
    assert_eq!(
        mistakes("x -> repeat 3 { x -> dense(8) } -> dense(4)"),
        ["nothing in the braces of `repeat` reads what flows into them"]
    );
    assert_eq!(
        mistakes("x -> repeat COPIES { dense(9) } -> dense(4)"),
        ["`repeat` copies braces that change the shape one by one, and needs a number that the macro knows"]
    );
    assert_eq!(mistakes("x -> repeat 3 { dense(9) -> relu(1) } -> dense(4)"), ["`relu` takes no arguments"]);
}

#[test]
fn a_loss_that_stands_alone_is_a_model_whose_output_is_its_input() {
    let ir = network(
        "loss Squares<const N: usize>(output: [N], target: [N]) { 2.0 * ((output - target) -> square -> mean) }",
    );
    let objective = ir.objective.as_ref().expect("a clause");
    assert_eq!((ir.inputs.len(), ir.outputs.len(), ir.fields.len()), (1, 1, 0));
    assert_eq!((objective.targets.len(), objective.terms.len()), (1, 1));
    assert_eq!(objective.terms[0].weight.to_string(), "2.0");
    let (irs, messages) = lower(
        "Net(x: [4]) -> [2] { x -> dense(2) }
        loss Sum(y: [2], a: [2], b: [2]) { mse(y, a, reduction: sum) + kl_normal(y, b) + (y -> square -> mean) }
        Other(x: [4]) -> [2] { x -> dense(2) } loss(target: [2]) { mse(output, target) }",
    );
    assert_eq!((irs.len(), messages), (3, Vec::<String>::new()));
}

#[test]
fn the_losses_of_a_clause_are_all_means_or_all_sums() {
    let clause = |loss: &str| lower(&format!("Net(x: [8]) -> [4] {{ x -> dense(4) }} loss(t: [4]) {{ {loss} }}")).1;
    assert_eq!(clause("mse(output, t, reduction: sum) + mae(output, t, reduction: sum)"), Vec::<String>::new());
    assert_eq!(
        clause("mse(output, t) + mae(output, t, reduction: sum)"),
        [
            "`mse` is a mean over the batch, and `mae` a sum: write `reduction: sum` for all losses of the clause, or for none"
        ]
    );
}
