//! Prints the header for C: `cargo run -p dl-c-api --bin header > examples/c_api/lenet.h`.

fn main() {
    print!("{}", digits::lenet_header());
}
