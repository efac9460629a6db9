//! Tells the crate whether the processor has the DSP instructions of Arm: stable Rust has no `cfg` for them.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(dl_dsp)");
    // Cargo sets the variable for build scripts.
    let target = std::env::var("TARGET").unwrap_or_default();
    if target.starts_with("thumbv7em") {
        println!("cargo::rustc-cfg=dl_dsp");
    }
}
