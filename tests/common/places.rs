//! The places where tests find the repository's files and leave their own, also when their program was built on another machine.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::env;
use std::path::PathBuf;

/// The folder of the tests: where cargo says it is when it runs them, else where it was when they were built.
fn tests() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// The path of a committed fixture.
pub fn fixture(file: &str) -> PathBuf {
    tests().join("fixtures").join(file)
}

/// A folder for what tests write: that of the build, or the system's where there is none such.
pub fn scratch() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    env::var_os("CARGO_TARGET_TMPDIR")
        .map_or_else(|| if built.is_dir() { built } else { env::temp_dir() }, PathBuf::from)
}
