//! `split([4, 4, 2])` splits one dimension into several values: `let (a, b, c) = x -> split([4, 4, 2]);`

use super::*;

pub struct Split;

impl Layer for Split {
    fn name(&self) -> &'static str {
        "split"
    }
    fn doc(&self) -> Doc {
        let line = "splits one dimension into parts of these sizes: `let (a, b) = x -> split([4, 2]);`";
        Doc::new(Chapter::Shape, "`[…, n, …]` → several values", line)
    }
    fn parameters(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::positional("sizes", Kind::Shape, Default::Required, "sizes of the parts, such as `[4, 2]`"),
                Parameter::named("axis", Kind::Axis, Default::Integer(0), "dimension that is split"),
            ]
        }
    }
    fn lowered_as(&self) -> LoweredAs {
        LoweredAs::Slices
    }
    fn build(&self, _: &Call) -> Option<Built> {
        unreachable!("`lower` makes slices of it")
    }
}
