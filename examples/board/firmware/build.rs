//! Passes the linker script of the machine on.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let machine = if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("arm") { "arm" } else { "riscv" };
    println!("cargo:rustc-link-arg-bins=-T{folder}/{machine}.x");
    println!("cargo:rerun-if-changed={machine}.x");
    println!("cargo:rerun-if-changed=sections.x");
    println!("cargo:rustc-link-search={folder}");
}
