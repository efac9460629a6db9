//! Compiled kernels are kept on disk. That saves time and is never a reason to fail, whatever is in the folder.

use crate::machine::{ALL, Machine};
use crate::{LEARNED, expect};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// A machine that keeps kernels in `folder`.
fn keeping(folder: &Path) -> Option<Machine> {
    Some(Machine::with(&ALL)?.set("DL_KERNEL_CACHE", folder.display()))
}

/// As [`keeping`], on which nothing can be compiled: kernels are those of the folder.
fn only_kept(folder: &Path) -> Option<Machine> {
    Some(keeping(folder)?.set("DL_EMULATION_REFUSES", "all"))
}

/// Returns the files of a folder with their contents.
fn files(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn the_second_start_compiles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("made/when/needed");
    expect(keeping(&place), "load", &["kernels"]);
    let kept = files(&place);
    if kept.is_empty() {
        return; // It was said why.
    }
    assert_eq!(kept.len(), dl::kernels::sources().0.len(), "one for each file of kernels, and nothing else");
    expect(only_kept(&place), "load", &["kernels"]);
    expect(only_kept(&place), "predict", &["predicts as on the CPU", "predicts as on the CPU"]);
    // What another NVRTC made is not taken.
    let other = only_kept(&place).map(|machine| machine.set("DL_EMULATION_NVRTC", 13_980));
    let told = other.unwrap().says("load").unwrap();
    assert!(told[0].starts_with("DeviceFailed: the device failed while compiling "), "{told:?}");
    assert_eq!(files(&place), kept);
}

#[test]
fn files_that_are_not_whole_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    expect(keeping(folder.path()), "load", &["kernels"]);
    let kept = files(folder.path());
    // Truncated, empty, not what was written though the driver would take it, and something else altogether.
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() - 7),
        Vec::clear,
        |bytes| *bytes.last_mut().unwrap() ^= 1,
        |bytes| *bytes = b"\x7fELF, or so it says".repeat(100),
    ];
    for ((name, bytes), damage) in kept.iter().zip(damages) {
        let path = folder.path().join(name);
        let mut damaged = bytes.clone();
        damage(&mut damaged);
        std::fs::write(&path, damaged).unwrap();

        let file = name.to_str().unwrap().split('-').next().unwrap();
        let told = only_kept(folder.path()).unwrap().says("load").unwrap();
        let refused = format!("DeviceFailed: the device failed while compiling {file}.cu with NVRTC: ");
        assert!(told.len() == 2 && told[0].starts_with(&refused) && told[1] == LEARNED, "{told:?}");
        expect(keeping(folder.path()), "load", &["kernels"]);
        assert!(files(folder.path()) == kept, "{name:?} was not made anew");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "not a folder").unwrap();
    expect(keeping(&file), "load", &["kernels"]);
    expect(keeping(&file.join("below")), "load", &["kernels"]);
    assert_eq!(std::fs::read(&file).unwrap(), b"not a folder");
}

#[test]
fn without_a_folder_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let machine = Machine::with(&ALL).map(|machine| machine.set("XDG_CACHE_HOME", folder.path().display()));
    expect(machine, "load", &["kernels"]);
    assert!(files(folder.path()).is_empty());
    let machine = Machine::with(&ALL).map(|machine| {
        // The user's own, where the variable is not set.
        machine.set("XDG_CACHE_HOME", folder.path().display()).unset("DL_KERNEL_CACHE")
    });
    expect(machine, "load", &["kernels"]);
    assert_eq!(files(&folder.path().join("dl/kernels")).len(), dl::kernels::sources().0.len());
}
