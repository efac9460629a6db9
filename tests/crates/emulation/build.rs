//! Does nothing: a crate with a build script has a folder of its own in `target`, and the emulation's libraries go there.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}
