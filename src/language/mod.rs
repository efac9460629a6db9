//! Items that editors show inside `model!`: every layer is a documented struct whose fields are its arguments.
//!
//! `model!` emits probes for editors that use these items; rustc never compiles them outside of tests.

pub mod arguments;
pub mod layers;

/// A value of the network, with the shape of one sample: `Tensor<f32, 16, 5, 5>`. A size of 0 means that the dimension does not exist.
pub struct Tensor<
    T = f32,
    const A: usize = 0,
    const B: usize = 0,
    const C: usize = 0,
    const D: usize = 0,
    const E: usize = 0,
    const F: usize = 0,
>(std::marker::PhantomData<T>);

/// Returns a value of any type. Editors read probes, and nothing runs them.
pub fn any<T>() -> T {
    unreachable!("editors read this, and nothing runs it")
}

/// Converts `_value` to any type.
pub fn given<T, U>(_value: T) -> U {
    unreachable!("editors read this, and nothing runs it")
}

/// Expands to `$items` unchanged.
#[macro_export]
#[doc(hidden)]
macro_rules! __probes {
    ($($items:tt)*) => { $($items)* };
}
pub use crate::__probes as probes;
