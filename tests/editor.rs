//! Asks rust-analyzer, where it is installed, what editors offer inside `model!`: completion, hover, definition, for models
//! that are whole, half written or wrong.

#[path = "common/lsp.rs"]
mod lsp;

use lsp::Editor;

/// A file with `body` in a model.
fn model(body: &str) -> String {
    format!(
        "use dl::prelude::*;
const WIDTH: usize = 64;
model! {{
    const CLASSES: usize = 10;
    pub Net(image: [1, 8, 8]) -> [CLASSES] {{
        {body}
    }}
}}
fn main() {{}}
"
    )
}

/// A whole model, in which `|` may be put into a word.
const WHOLE: &str = "let hidden = image -> conv2d(4, 3, padding: same, init: he_normal) -> relu;
        let small = hidden -> max_pool2d(2);
        small -> flatten -> dense(WIDTH) -> relu -> dense(CLASSES) as logits";

/// `WHOLE` with `|` in the middle of the first of its words `word`.
fn at(word: &str) -> String {
    let middle = word.len() / 2;
    model(&WHOLE.replacen(word, &format!("{}|{}", &word[..middle], &word[middle..]), 1))
}

#[test]
fn completion_hover_and_definition() {
    let Some(mut editor) = Editor::start() else {
        println!("SKIP: rust-analyzer is not installed");
        return;
    };
    completion(&mut editor);
    blocks_models_and_losses(&mut editor);
    hover(&mut editor);
    definition(&mut editor);
    mistakes(&mut editor);
}

/// Asserts that what is offered at `|` contains `expected` and not `unexpected`.
fn offers(editor: &mut Editor, body: &str, expected: &[&str], unexpected: &[&str]) {
    let offered = editor.complete(&model(body));
    for name in expected {
        assert!(offered.iter().any(|offer| offer == name), "`{body}` does not offer `{name}` but {offered:?}");
    }
    for name in unexpected {
        assert!(!offered.iter().any(|offer| offer == name), "`{body}` offers `{name}`");
    }
}

fn completion(editor: &mut Editor) {
    let foreign = ["println!(…)", "WIDTH", "image", "main()"];
    // Layers after an arrow: at the start, in the middle and at the end, with a mistake before, without the rest.
    offers(editor, "image -> con|", &["conv2d", "dense", "concat", "residual"], &foreign);
    offers(editor, "image -> |", &["conv2d", "dense"], &foreign);
    offers(editor, "image -> con| -> relu -> flatten -> dense(10)", &["conv2d"], &foreign);
    offers(editor, "image -> linaer(10) -> flat|", &["flatten"], &foreign);
    offers(editor, "let h = image -> conv|\n        h -> flatten -> dense(10)", &["conv2d"], &foreign);
    offers(editor, "image -> dense(10) as logits -> relu -> log|", &["logits", "dense"], &foreign);
    offers(editor, "image -> residual { con| } -> flatten -> dense(10)", &["conv2d"], &foreign);
    offers(editor, "image -> conv2d(4, 3, padding: 1 -> re|", &["relu"], &foreign);

    // Arguments: those that are not given yet, in all states of the parentheses.
    let rest = ["stride", "padding", "groups", "bias"];
    offers(editor, "image -> conv2d(6, 5, pad|) -> relu", &rest, &["outputs", "WIDTH"]);
    offers(editor, "image -> conv2d(6, 5, |) -> relu", &rest, &["outputs", "WIDTH"]);
    offers(editor, "image -> conv2d(6, 5, pad|", &rest, &["outputs", "WIDTH"]);
    offers(editor, "image -> conv2d(6, 5, stride: 2, |, bias: true)", &["padding"], &["stride", "bias"]);
    offers(editor, "image -> conv2d(6, 5, stride: 2, pad|", &["padding"], &["stride"]);

    // Words that settings may be.
    offers(editor, "image -> conv2d(4, 3, padding: sa|)", &["same"], &["he_normal"]);
    offers(editor, "image -> conv2d(4, 3, init: |)", &["he_normal", "zeros"], &["same"]);
    offers(editor, "image -> gelu(approximate: |", &["tanh"], &["same"]);

    // Values, and constants of the macro and of the file.
    offers(editor, "ima| -> flatten", &["image"], &[]);
    offers(editor, "|", &["image"], &[]);
    offers(editor, "let hidden = image -> relu; hid| -> flatten", &["hidden", "image"], &[]);
    offers(editor, "let hidden = image -> relu; (image + hi|) -> flatten", &["hidden"], &[]);
    offers(editor, "let hidden = hid|; hidden -> flatten", &["image"], &["hidden"]);
    offers(editor, "let hidden = image -> conv2d(4, 3; hid|", &["hidden"], &[]);
    offers(editor, "image -> flatten -> dense(W|)", &["WIDTH", "CLASSES"], &[]);
    offers(editor, "image -> conv2d(4, 3, stride: C|)", &["CLASSES"], &[]);
}

/// Asserts that what is shown for the word at `|` contains `expected`.
fn shows(editor: &mut Editor, text: &str, expected: &[&str]) {
    let shown = editor.hover(text);
    for part in expected {
        assert!(shown.contains(part), "{part} is not shown in {text}, but {shown}");
    }
    // The generated code is not to be seen.
    for part in ["Slot", "View", "compile_error"] {
        assert!(!shown.contains(part), "{part} is shown in {text}: {shown}");
    }
}

fn hover(editor: &mut Editor) {
    shows(editor, &at("conv2d"), &["struct conv2d", "convolves the image with one learned kernel", "`[c, h, w]` →"]);
    shows(
        editor,
        &at("padding"),
        &["padding: Padding", "Zero padding on each side of the image", "the default is `0`"],
    );
    shows(editor, &at("he_normal"), &["variance 2 / fan_in"]);
    let words = [
        ("conv2d(4, 3, gro|ups: 1)", "of groups that the channels are divided into"),
        ("conv2d(4, 3, dila|tion: 2)", "between neighbouring kernel elements"),
        ("gelu(approximate: no|ne)", "exact `Φ`"),
        ("gelu(approximate: ta|nh)", "approximation `½(1 + tanh("),
        ("upsample(2, mode: near|est)", "-neighbour interpolation"),
        ("upsample(2, mode: bi|linear)", "interpolation between the four nearest pixels"),
        ("pad2d(1, mode: ref|lect)", "image mirrored"),
        ("conv2d(4, 3, padding: va|lid)", "No padding"),
    ];
    for (layer, text) in words {
        shows(editor, &model(&format!("image -> {layer} -> flatten -> dense(10)")), &[text]);
    }
    shows(editor, &at("hidden"), &["let hidden: Tensor<f32, 4, 8, 8>"]);
    shows(editor, &at("hidden ->"), &["let hidden: Tensor<f32, 4, 8, 8>"]);
    shows(editor, &at("small ->"), &["let small: Tensor<f32, 4, 4, 4>"]);
    shows(editor, &at("image ->"), &["let image: Tensor<f32, 1, 8, 8>"]);
    shows(editor, &at("CLASSES"), &["const CLASSES: usize = 10"]);
    shows(editor, &at("WIDTH"), &["const WIDTH: usize = 64"]);
    shows(editor, &at("logits"), &["logits: Dense<"]);
    // In broken models: behind a mistake, in a layer without its end, on the mistake itself.
    shows(editor, &model("image -> linaer(3) -> flat|ten -> dense(10)"), &["struct flatten"]);
    shows(editor, &model("image -> conv2d(4, 3, padd|ing: 1 -> relu"), &["padding: Padding"]);
    shows(editor, &model("let h = image -> conv2d(4, 3); h| -> flatten -> dens(10)"), &["Tensor<f32, 4, 6, 6>"]);
    shows(editor, &model("image -> flatten -> dens|e(10, paddin: 3)"), &["struct dense"]);
    shows(editor, &model("image -> lina|er(3)"), &[]);
}

/// Two models, a block and a loss, in which `|` may be put.
const PARTS: &str = "use dl::prelude::*;
model! {
    block bottleneck(x: [c, h, w], channels, stride: 1) {
        let inner = x -> conv2d(channels, 1, stride: stride) -> relu;
        let short = if stride != 1 { x -> avg_pool2d(stride) } else { x };
        (inner -> conv2d(c, 1)) + short
    }
    Tower(image: [4, 8, 8]) -> [4] { image -> bottleneck(8) -> global_avg_pool2d }
    Pair(left: [4, 8, 8], right: [4, 8, 8]) -> [4] {
        let a = left -> Tower as tower;
        let b = right -> tower;
        a -> repeat 2 { residual { dense(4) -> relu } } -> add(b)
    } loss(target: [4]) {
        0.5 * mse(output, target)
    }
}
fn main() {}
";

/// `PARTS` with `old` replaced by `new`, which has a `|`.
fn parts(old: &str, new: &str) -> String {
    assert!(PARTS.contains(old), "{old}");
    PARTS.replacen(old, new, 1)
}

const TIED: &str = "use dl::prelude::*;
model! {
    Tied(tokens: u32[8]) -> [8, 16] { tokens -> embedding(16, 4) as wte -> layer_norm -> unembedding(w|te) }
}
fn main() {}
";

fn blocks_models_and_losses(editor: &mut Editor) {
    assert_eq!(editor.mistakes(PARTS), []);
    // The name of a layer as an argument.
    assert_eq!(editor.mistakes(TIED), []);
    leads(editor, TIED, "main.rs", "wte -> layer_norm");
    assert!(editor.complete(&TIED.replace("w|te", "|")).contains(&"wte".to_owned()));

    let mut offers = |old: &str, new: &str, expected: &[&str]| {
        let offered = editor.complete(&parts(old, new));
        for name in expected {
            assert!(offered.iter().any(|offer| offer == name), "`{new}` does not offer `{name}` but {offered:?}");
        }
    };
    // Blocks are layers, and their parameters arguments; inside they are names.
    offers("image -> bottleneck(8)", "image -> bott|", &["bottleneck", "conv2d"]);
    offers("bottleneck(8)", "bottleneck(8, str|)", &["stride"]);
    offers("conv2d(c, 1)", "conv2d(ch|, 1)", &["channels", "c", "inner"]);
    offers("inner -> conv2d", "inn| -> conv2d", &["inner", "x"]);
    offers("if stride", "if str|", &["stride", "c"]);
    offers("x -> avg_pool2d", "x -> avg|", &["avg_pool2d"]);
    // Models, layers with a name, chains in braces, the names of a loss.
    offers("left -> Tower", "left -> Tow|", &["Tower", "Pair"]);
    offers("right -> tower", "right -> tow|", &["tower", "dense"]);
    offers("residual { dense(4)", "residual { den|", &["dense", "repeat"]);
    offers("mse(output, target)", "mse(output, tar|)", &["target", "output", "a"]);
    offers("mse(output, target)", "ms|", &["mse"]);

    shows(editor, &parts("block bottleneck", "block bottle|neck"), &["struct bottleneck"]);
    shows(editor, &parts("image -> bottleneck", "image -> bottle|neck"), &["struct bottleneck", "stride"]);
    shows(editor, &parts("left -> Tower", "left -> Tow|er"), &["struct Tower"]);
    shows(editor, &parts("add(b)", "add(|b)"), &["let b: Tensor<f32, 4>"]);
    shows(editor, &parts("mse(output, target)", "mse(output, tar|get)"), &["let target: Tensor<f32, 4>"]);
    shows(editor, &parts("repeat 2", "rep|eat 2"), &["struct repeat", "copies of the chain"]);

    leads(editor, &parts("image -> bottleneck", "image -> bottle|neck"), "main.rs", "bottleneck(x");
    leads(editor, &parts("stride: stride", "stride: str|ide"), "main.rs", "stride: 1");
    leads(editor, &parts("conv2d(c, 1)", "conv2d(|c, 1)"), "main.rs", "c, h, w");
    leads(editor, &parts("left -> Tower", "left -> Tow|er"), "main.rs", "Tower(image");
    leads(editor, &parts("right -> tower", "right -> tow|er"), "main.rs", "tower;");
    leads(editor, &parts("mse(output, target)", "mse(output, tar|get)"), "main.rs", "target: [4]");
}

/// The word at `|` is defined in `file`, where `text` stands, and nowhere else.
fn leads(editor: &mut Editor, text: &str, file: &str, expected: &str) {
    let found = editor.definition(text);
    let right = matches!(found.as_slice(), [(name, rest)] if name == file && rest.starts_with(expected));
    assert!(right, "{text} does not lead to `{expected}` but to {found:?}");
}

fn definition(editor: &mut Editor) {
    leads(editor, &at("conv2d"), "layers.rs", "conv2d {");
    leads(editor, &at("padding"), "layers.rs", "padding: Padding");
    leads(editor, &at("he_normal"), "arguments.rs", "he_normal");
    leads(editor, &at("hidden ->"), "main.rs", "hidden = image");
    leads(editor, &at("image ->"), "main.rs", "image: [1, 8, 8]");
    leads(editor, &at("CLASSES"), "main.rs", "CLASSES: usize");
    leads(editor, &at("WIDTH"), "main.rs", "WIDTH: usize");
    let shared = "image -> flatten -> dense(64) as again -> relu -> aga|in -> dense(10)";
    leads(editor, &model(shared), "main.rs", "again -> relu");
    let wrong = "let hidden = image -> linaer(3); hid|den -> conv2d(4, 3";
    leads(editor, &model(wrong), "main.rs", "hidden = image");
    // From the program into the model; not through a `Box`, for which the editor would need the sources of std and their crates.
    let field = model(WHOLE).replace("fn main() {}", "fn main() {} fn read(net: &Net) { net.log|its; }");
    leads(editor, &field, "main.rs", "logits");
}

/// A right model has no mistakes, and a wrong one those that rustc reports.
fn mistakes(editor: &mut Editor) {
    assert_eq!(editor.mistakes(&model(WHOLE)), []);
    let wrong = model("image -> linaer(10) ->\n        flatten -> dense(5)");
    let found = editor.mistakes(&wrong);
    assert!(found.iter().any(|(line, text)| *line == 5 && text.contains("no layer `linaer`")), "{found:?}");
}
