//! Broken models through the real compiler, many in one run: no error has one of rustc's codes, the rest of the crate stays
//! green, and nothing crashes. What is said to each is compared without a compiler, in `dl-macros/src/corpus`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One error of rustc's: its code, if it has one, and its text.
type Error = (Option<String>, String);

/// The errors that rustc has for a library of `source`; panics when it crashes.
fn errors(name: &str, source: &str) -> Vec<Error> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join(format!("{name}.rs"));
    std::fs::write(&file, source).expect("the file can be written");
    let dependencies = dependencies();
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=json", "-Awarnings"])
        .arg("-L")
        .arg(&dependencies)
        .arg("--extern")
        .arg(format!("dl={}", library(&dependencies).display()))
        .arg("--out-dir")
        .args([directory.path(), &file])
        .output()
        .expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code <= 1), "rustc crashed on {name}: {}\n{text}", output.status);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let errors = messages
        .filter(|message| message["level"] == "error" && message["spans"].as_array().is_some_and(|s| !s.is_empty()));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    errors.map(|error| (error["code"]["code"].as_str().map(str::to_owned), text(&error["message"]))).collect()
}

/// Returns the folder in which cargo put the crates that this test is linked with.
fn dependencies() -> PathBuf {
    let test = std::env::current_exe().expect("a program");
    test.parent().expect("it lies in a directory").to_owned()
}

/// The newest build of the facade there.
fn library(dependencies: &Path) -> PathBuf {
    let files = std::fs::read_dir(dependencies).expect("a directory").map(|entry| entry.expect("a file").path());
    let facade = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("libdl-") && name.ends_with(".rlib")
    };
    let age = |path: &PathBuf| path.metadata().and_then(|metadata| metadata.modified()).ok();
    files.filter(facade).max_by_key(age).expect("the facade is built")
}

/// The models of the corpus, with what is said to each.
fn corpus() -> Vec<(String, Vec<String>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui-tests/corpus");
    let entries = std::fs::read_dir(directory).expect("the corpus").map(|entry| entry.expect("a file").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "txt")).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("a file of the corpus");
        for part in text.split("\n\n").skip(1) {
            let (said, model): (Vec<&str>, Vec<&str>) =
                part.lines().filter(|line| !line.is_empty()).partition(|line| line.starts_with("! "));
            // `! 1:27 there is no layer …`
            let texts = said.iter().filter_map(|line| line.splitn(3, ' ').nth(2).map(str::to_owned));
            cases.push((model.join("\n"), texts.collect()));
        }
    }
    cases
}

#[test]
fn no_error_of_rustcs_own_follows_a_mistake() {
    let (mut source, mut expected) = ("use dl::prelude::*;\n".to_owned(), Vec::new());
    for (number, (model, said)) in corpus().into_iter().enumerate().filter(|(number, _)| number % 8 == 0) {
        // The struct is there and has its methods, whatever is wrong with the body.
        let header = ["Net(x: [8]) -> [4] {", "Net(image: [1, 28, 28]) -> [10] {"].iter().any(|h| model.starts_with(h));
        let uses = if header { "pub fn uses() -> Box<Net> { Net::init(1) }" } else { "" };
        source += &format!("mod m{number} {{\n#[allow(unused)] use super::*;\nmodel! {{\n{model}\n}}\n{uses}\n}}\n");
        expected.extend(said);
    }
    assert!(expected.len() >= 60, "{} messages", expected.len());
    let found = errors("corpus", &source);
    let coded: Vec<&Error> = found.iter().filter(|(code, _)| code.is_some()).collect();
    assert!(coded.is_empty(), "{coded:#?}");
    let mut found: Vec<String> = found.into_iter().map(|(_, text)| text).collect();
    // rustc says the same of two tokens once each, and in its own order.
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn what_is_too_deep_is_one_error_and_no_crash() {
    let around = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(1000), close.repeat(1000));
    let block = |n: usize| format!("block b{n}(x) {{ x -> b{} }} ", n + 1);
    let twice = |n: usize| format!("block b{n}(x) {{ x -> b{0} -> b{0} }} ", n + 1);
    let (chain, tree): (String, String) = ((0..200).map(block).collect(), (0..40).map(twice).collect());
    let bodies = [
        around("{", "x", "}"),
        around("(", "x", ")"),
        around("[", "x", "]"),
        format!("x -> {}", around("residual { dense(8) -> ", "relu", "}")),
        format!("x -> {}", around("repeat 2 { dense(8) -> ", "relu", "}")),
        format!("x -> {}", around("concat { relu; ", "relu", "}")),
        around("if 1 == 1 { ", "x", " } else { x }"),
        format!("{}{{ x }}", "if 1 == 2 { x } else ".repeat(1000)),
        format!("if {}(1 == 1) {{ x }} else {{ x }}", "!".repeat(1000)),
        format!("if 1 == 1{} {{ x }} else {{ x }}", " && 1 == 1".repeat(1000)),
        format!("{}x", "- ".repeat(1000)),
        format!("x{}", " + x".repeat(1000)),
        format!("x -> dense({}8)", "2 * ".repeat(1000)),
        format!("x -> reshape([{}8])", "1, ".repeat(1000)),
        around("relu(", "x", ")"),
    ];
    let models = bodies.iter().map(|body| format!("Net(x: [8]) -> [8] {{ {body} }}"));
    let models = models.chain([
        format!("Net(x: [{}8]) -> [8] {{ x -> flatten }}", "1, ".repeat(1000)),
        format!("{chain} block b200(x) {{ x -> relu }} Net(x: [8]) -> [8] {{ x -> b0 }}"),
        format!("{tree} block b40(x) {{ x -> relu }} Net(x: [8]) -> [8] {{ x -> b0 }}"),
        "Net(x: [8]) -> [8] { x -> repeat 999999999999 { dense(8) } }".to_owned(),
        "Net(x: [99999999, 99999999, 99999999]) -> [8] { x -> flatten -> dense(8) }".to_owned(),
    ]);
    for (number, model) in models.enumerate() {
        let source =
            format!("use dl::prelude::*;\nmodel! {{ {model} }}\npub fn uses() -> Box<Net> {{ Net::init(1) }}\n");
        let found = errors(&format!("deep{number}"), &source);
        let start: String = model.chars().take(60).collect();
        assert!(matches!(found.as_slice(), [(None, _)]), "{start}…: {found:#?}");
    }
}
