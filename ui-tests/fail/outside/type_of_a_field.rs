//! The type of a field is named by its public path, beside a type of the user's with the same name.
use dl::prelude::*;

/// Has the name of the layer.
struct Dense;

trait Marked {}
impl Marked for Dense {}

model! {
    pub Net(x: [4]) -> [2] { x -> dense(2) as last }
}

fn mark(_: &impl Marked) {}

fn main() {
    mark(&Dense);
    mark(&Net::init(1).last);
}
