//! Writes the tables of the guide and the editor's documentation of every layer, and tests that they are current:
//! `DL_BLESS=1 cargo test -p dl-macros documents` writes them anew.

use super::*;
use std::fmt::Write;
use std::path::Path;

/// What opens braces and is no layer, and its documentation.
const COMBINATORS: [(&str, &str); 2] = [
    ("residual", "`residual { … }`: adds its input to what the chain in braces makes of it."),
    ("repeat", "`repeat 6 { … }`: copies of the chain in braces one after the other, each with weights of its own."),
];

/// Words that stand for a setting: the kinds that have them, the words, what they mean.
const WORDS: [(&str, &[(&str, &str)]); 3] = [
    ("Padding", &[("same", "As much as keeps the size; for stride 1"), ("valid", "None")]),
    ("Border", &[("same", "As much as keeps the size; for stride 1"), ("valid", "None")]),
    (
        "Init",
        &[
            ("pytorch", "PyTorch's rule for this layer"),
            ("he_normal", "Normal numbers of variance 2 / inputs: for relu"),
            ("he_uniform", "Uniform numbers of variance 2 / inputs: for relu"),
            ("xavier_normal", "Normal numbers of variance 2 / (inputs + outputs): for tanh"),
            ("xavier_uniform", "Uniform numbers of variance 2 / (inputs + outputs): for tanh"),
            ("zeros", "All 0"),
            ("ones", "All 1"),
            ("constant", "`constant(value)`: all the same"),
            ("normal", "`normal(std)`: normal numbers around 0"),
            ("uniform", "`uniform(bound)`: uniform numbers from -bound to bound"),
        ],
    ),
];

#[test]
fn the_tables_of_the_guide_are_current() {
    let path = "src/guide/layers.md";
    let mut rest = read(path);
    let mut guide = String::new();
    let mut chapters = Vec::new();
    while let Some(start) = rest.find("<!-- layers: ") {
        let head = start + rest[start..].find('\n').unwrap();
        let name = rest[start..head].trim_start_matches("<!-- layers: ").trim_end_matches(" -->").to_owned();
        let end = rest[head..].find("<!-- end -->").expect("every table has an end") + head;
        let layers = all().filter(|layer| format!("{:?}", layer.doc().chapter) == name);
        let rows: String = layers.map(|layer| row(layer)).collect();
        let table = "| layer | arguments | input → output | |\n|---|---|---|---|";
        let _ = write!(guide, "{}\n\n{table}\n{rows}\n", &rest[..head]);
        rest.drain(..end);
        chapters.push(name);
    }
    guide.push_str(&rest);
    for layer in all() {
        let chapter = format!("{:?}", layer.doc().chapter);
        assert!(chapters.contains(&chapter), "the guide has no table for `{}`: {chapter}", layer.name());
    }
    compare(path, &guide);
}

#[test]
fn the_editors_layers_are_current() {
    let mut text = head("Every layer as a struct whose fields are its arguments", "use super::arguments::*;\n\n");
    for (name, doc) in COMBINATORS {
        let _ = write!(text, "/// {doc}\npub struct {name} {{}}\n\n");
    }
    for layer in all() {
        let (name, doc) = (layer.name(), layer.doc());
        let (line, shapes) = (sentence(doc.line), sentence(doc.shapes));
        let _ = write!(text, "/// `{}`: {line}.\n///\n/// {shapes}.\npub struct {name} {{", usage(layer));
        for parameter in layer.parameters() {
            let default = default(parameter).map_or_else(String::new, |default| format!("; `{default}` if not given"));
            let (about, expected) = (sentence(parameter.doc), parameter.kind.expected());
            let field = format!("pub {}: {},", parameter.name, kind(parameter));
            let _ = write!(text, "\n    /// {about}: {expected}{default}.\n    {field}");
        }
        text.push_str(if layer.parameters().is_empty() { "}\n\n" } else { "\n}\n\n" });
    }
    compare("src/language/layers.rs", text.trim_end());
}

#[test]
fn the_editors_arguments_are_current() {
    let mut text = head("The kinds of arguments that layers take, and the words that some of them may be", "");
    let parameters = || all().flat_map(|layer| layer.parameters());
    let mut kinds: Vec<(String, String)> = Vec::new();
    for parameter in parameters() {
        let about = match parameter.kind {
            Kind::Word(_) => "One of a few words".to_owned(),
            kind => sentence(&kind.expected()),
        };
        if !kinds.iter().any(|(known, _)| *known == kind(parameter)) {
            kinds.push((kind(parameter), about));
        }
    }
    for (kind, about) in &kinds {
        let _ = write!(text, "/// {about}.\npub struct {kind};\n\n");
    }
    text.push_str("/// The words of each argument that has any.\npub mod words {\n");
    for (kind, words) in WORDS.iter().filter(|(kind, _)| kinds.iter().any(|(known, _)| known == kind)) {
        text.push_str(&module(kind, kind, words));
    }
    for layer in all() {
        for parameter in layer.parameters() {
            if let Kind::Word(words) = parameter.kind
                && !words.is_empty()
            {
                let words: Vec<(&str, &str)> = words.iter().map(|choice| (choice.word, parameter.doc)).collect();
                text.push_str(&module(&format!("{}_{}", layer.name(), parameter.name), "Word", &words));
            }
        }
    }
    text.push_str("}\n");
    compare("src/language/arguments.rs", text.trim_end());
}

/// The head of a file.
fn head(about: &str, uses: &str) -> String {
    let names = "non_camel_case_types, non_snake_case, non_upper_case_globals";
    format!(
        "//! {about}.\n//!\n//! Written by `DL_BLESS=1 cargo test -p dl-macros documents` from the layers themselves.\n\n\
         #![allow({names}, reason = \"names of the language\")]\n#![allow(missing_docs)]\n\n{uses}"
    )
}

/// Words as constants of the type `kind`.
fn module(name: &str, kind: &str, words: &[(&str, &str)]) -> String {
    let mut text = format!("    pub mod {name} {{\n        use super::super::{kind};\n\n");
    for (word, about) in words {
        let _ = writeln!(text, "        /// {}.\n        pub const {word}: {kind} = {kind};", sentence(about));
    }
    text + "    }\n"
}

/// `conv2d(channels, kernel)`
fn usage(layer: &dyn Layer) -> String {
    let required = |parameter: &&Parameter| matches!(parameter.default, Default::Required);
    let names: Vec<&str> = layer.parameters().iter().filter(required).map(|parameter| parameter.name).collect();
    if names.is_empty() { layer.name().to_owned() } else { format!("{}({})", layer.name(), names.join(", ")) }
}

/// A line of the guide.
fn row(layer: &dyn Layer) -> String {
    let optional = layer.parameters().iter().filter(|parameter| !matches!(parameter.default, Default::Required));
    let arguments: Vec<String> = optional
        .map(|parameter| match default(parameter) {
            Some(default) => format!("`{}: {default}`{}", parameter.name, others(parameter, &default)),
            None => format!("`{}`", parameter.name),
        })
        .collect();
    let (doc, arguments) = (layer.doc(), arguments.join(", "));
    let line = doc.line.replace('|', "\\|");
    format!("| `{}` | {arguments} | {} | {line} |\n", usage(layer), doc.shapes)
}

/// What else a parameter of a few words may be: `` or `tanh` ``.
fn others(parameter: &Parameter, default: &str) -> String {
    let Kind::Word(words) = parameter.kind else { return String::new() };
    words.iter().map(|choice| choice.word).filter(|word| *word != default).map(|word| format!(" or `{word}`")).collect()
}

/// What a parameter is when nothing is said, as it would be written.
fn default(parameter: &Parameter) -> Option<String> {
    match parameter.default {
        Default::Size(n) => Some(n.to_string()),
        // As short as people write it: `1`, `0.01`, `1e-5`.
        Default::Number(x) if x.fract() == 0.0 => Some(format!("{x}")),
        Default::Number(x) => Some(format!("{x:?}")),
        Default::Integer(n) => Some(n.to_string()),
        Default::Flag(flag) => Some(flag.to_string()),
        Default::Word(Choice { word, .. }) | Default::Same(word) => Some(word.to_owned()),
        _ => None,
    }
}

/// The name of a kind of argument: `Pair`.
fn kind(parameter: &Parameter) -> String {
    let name = format!("{:?}", parameter.kind);
    name.split('(').next().unwrap_or_default().to_owned()
}

/// With a capital at the start.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_default()
}

/// Whether the file `name` is `text`; `DL_BLESS=1` makes it so.
fn compare(name: &str, text: &str) {
    if std::env::var_os("DL_BLESS").is_some() {
        std::fs::write(path(name), format!("{}\n", text.trim_end())).unwrap();
    }
    assert!(
        read(name).trim_end() == text.trim_end(),
        "{name} is not current: `DL_BLESS=1 cargo test -p dl-macros documents` writes it anew"
    );
}
