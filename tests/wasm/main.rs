//! Prints natively what `tests/wasm/run.mjs` prints in WebAssembly.

fn main() {
    print!("{}", dl_test_wasm::report());
}
