//! The library as C and Python see it: what they print is what the network says in Rust, and every mistake is refused.
#![cfg(unix)]

use digits::LeNet;
use dl::pod::flat;
use dl::prelude::*;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A network with little training and the digits of the test set, as files; and the digit that Rust reads in each.
struct Files {
    folder: tempfile::TempDir,
    expected: Vec<usize>,
}

impl Files {
    fn new() -> Self {
        let (folder, mut net, digits) = (tempfile::tempdir().unwrap(), LeNet::init(3), dl::data::digits());
        let mut trainer = Trainer::new(Adam::new(3e-3)).loss(CrossEntropy).epochs(1).quiet();
        trainer.fit(&mut net, &digits.train).unwrap();
        let images = digits.test.inputs;
        net.save(folder.path().join("net.safetensors")).unwrap();
        let bytes: Vec<u8> = flat(&images).iter().flat_map(|x| x.to_ne_bytes()).collect();
        std::fs::write(folder.path().join("images.f32"), bytes).unwrap();
        let best = |scores: [f32; 10]| (0..10).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        let expected: Vec<usize> = net.predict(&images).into_iter().map(best).collect();
        assert!((0..10).filter(|digit| expected.contains(digit)).count() == 10, "the network tells digits apart");
        Files { folder, expected }
    }
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The library that was built beside this test.
fn library() -> PathBuf {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_path_buf();
    let name = format!("{}digits{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let places = [deps.join(&name), deps.parent().unwrap().join(&name)];
    places.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("no {name} beside {}", deps.display())).clone()
}

fn has(program: &str) -> bool {
    let has =
        Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    if !has {
        println!("SKIP: no `{program}` here");
    }
    has
}

/// Compiles a program of the example with all warnings as errors, and returns its path.
fn compiled(source: &str, files: &Files) -> PathBuf {
    let (library, program) = (library(), files.file("program"));
    let folder = library.parent().unwrap();
    let status = Command::new("cc")
        .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-pthread", source, "-o"])
        .arg(&program)
        .arg(format!("-L{}", folder.display()))
        .arg(format!("-Wl,-rpath,{}", folder.display()))
        .arg("-ldigits")
        .status()
        .unwrap();
    assert!(status.success(), "{source} does not compile");
    program
}

fn printed(program: &Path, arguments: &[PathBuf]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn digits(text: &str) -> Vec<usize> {
    text.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn the_header_is_the_current_one() {
    let path = "lenet.h";
    assert_eq!(std::fs::read_to_string(path).unwrap(), digits::lenet_header(), "write it by the program `header`");
}

#[test]
fn c_reads_what_rust_reads() {
    if has("cc") {
        let files = Files::new();
        let program = compiled("main.c", &files);
        let text = printed(&program, &[files.file("net.safetensors"), files.file("images.f32")]);
        assert_eq!(digits(&text), files.expected);
        let output = Command::new(program).args([files.file("images.f32"), files.file("images.f32")]).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains("not a valid safetensors file"), "{text}");
    }
}

#[test]
fn python_reads_what_rust_reads() {
    if has("python3") {
        let files = Files::new();
        let arguments = ["predict.py".into(), library(), files.file("net.safetensors"), files.file("images.f32")];
        assert_eq!(digits(&printed(Path::new("python3"), &arguments)), files.expected);
    }
}

#[test]
fn mistakes_are_refused_and_threads_share_a_network() {
    if has("cc") {
        let files = Files::new();
        let program = compiled("tests/mistakes.c", &files);
        assert_eq!(printed(&program, &[files.file("net.safetensors")]), "every mistake was refused\n");
    }
}
