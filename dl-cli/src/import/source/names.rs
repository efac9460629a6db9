//! Names of the file as names of the language: identifiers that are neither keywords nor layers.

/// Returns a name in snake case that Rust takes, and that no layer has.
pub fn identifier(text: &str) -> String {
    let name = value(text);
    if is_layer(&name) { format!("{name}1") } else { name }
}

/// Returns a name in snake case that Rust takes.
pub fn value(text: &str) -> String {
    let mut name = String::new();
    let mut before = ' ';
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            // A word begins at an uppercase letter after a lowercase one: `BasicBlock`, and not within `ReLU`.
            if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        before = c;
    }
    let name = name.trim_matches('_');
    let name = if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("n{name}")
    } else {
        name.into()
    };
    if KEYWORDS.contains(&&*name) { format!("{name}1") } else { name }
}

/// Returns a name for a model: `le_net` is `LeNet`.
pub fn model(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    let name: String = words.map(capital).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name != "Self" { name } else { format!("Net{name}") }
}

/// Returns `true` if a name is that of a layer of the language.
pub fn is_layer(name: &str) -> bool {
    LAYERS.contains(&name)
}

const KEYWORDS: &[&str] = &[
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "block",
    "box",
    "break",
    "checkpoint",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "loss",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "repeat",
    "residual",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "output",
];

/// The layers in the guide's page about them, which the tests compare.
const LAYERS: &[&str] = &[
    "abs",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "add",
    "argmax",
    "attention",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "clamp",
    "concat",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cross_attention",
    "cumsum",
    "dense",
    "depthwise_conv2d",
    "div",
    "dropout",
    "elu",
    "embedding",
    "exp",
    "first",
    "flatten",
    "gaussian_noise",
    "gelu",
    "global_avg_pool1d",
    "global_avg_pool2d",
    "global_max_pool1d",
    "global_max_pool2d",
    "group_norm",
    "gru",
    "hard_sigmoid",
    "hard_swish",
    "hard_tanh",
    "identity",
    "instance_norm",
    "l2_normalize",
    "last",
    "layer_norm",
    "leaky_relu",
    "learned_positions",
    "log",
    "log_sigmoid",
    "log_softmax",
    "lstm",
    "matmul",
    "max",
    "max_pool1d",
    "max_pool2d",
    "mean",
    "mish",
    "mul",
    "one_hot",
    "pad2d",
    "parameter",
    "powi",
    "prelu",
    "random_normal",
    "relu",
    "relu6",
    "reshape",
    "reverse",
    "rms_norm",
    "rnn",
    "scale",
    "selu",
    "separable_conv2d",
    "sigmoid",
    "silu",
    "sinusoidal_positions",
    "slice",
    "softmax",
    "softplus",
    "softsign",
    "split",
    "sqrt",
    "square",
    "stochastic_depth",
    "stop_gradient",
    "sub",
    "sum",
    "tanh",
    "transpose",
    "unembedding",
    "upsample",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers_and_no_layers() {
        for (text, name) in [
            ("BasicBlock", "basic_block"),
            ("conv1", "conv1"),
            ("0", "n0"),
            ("dense", "dense1"),
            ("type", "type1"),
            ("onnx::MatMul_12", "onnx_mat_mul_12"),
            ("", "n"),
            ("x.y", "x_y"),
        ] {
            assert_eq!(identifier(text), name, "{text}");
        }
        assert_eq!((&*model("le-net 5"), &*model("3d"), &*model("ResNet")), ("LeNet5", "Net3d", "ResNet"));
    }

    #[test]
    fn the_layers_are_those_of_the_guide() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../src/guide/layers.md")).unwrap();
        let rows = page.split("# Losses").next().unwrap().lines().filter_map(|line| line.strip_prefix("| `"));
        let mut count = 0;
        for row in rows {
            let name = row.split(['(', '`']).next().unwrap();
            assert!(is_layer(name), "{name}");
            count += 1;
        }
        assert!(count > 70, "{count}");
    }
}
