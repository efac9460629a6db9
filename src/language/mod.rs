//! What editors show inside `model!`: every layer as a documented struct whose fields are its arguments.
//!
//! `model!` emits probes for editors that name these items; rustc never compiles them outside of tests.

pub mod arguments;
pub mod layers;

/// A value of the network, with the shape of one sample: `Tensor<f32, 16, 5, 5>`. A size of 0 stands for none.
pub struct Tensor<
    T = f32,
    const A: usize = 0,
    const B: usize = 0,
    const C: usize = 0,
    const D: usize = 0,
    const E: usize = 0,
    const F: usize = 0,
>(std::marker::PhantomData<T>);

/// Anything: probes are looked at and never run.
pub fn any<T>() -> T {
    unreachable!("editors read this, and nothing runs it")
}

/// `_value` as anything.
pub fn given<T, U>(_value: T) -> U {
    unreachable!("editors read this, and nothing runs it")
}

/// `$items` as they are.
#[macro_export]
#[doc(hidden)]
macro_rules! __probes {
    ($($items:tt)*) => { $($items)* };
}
pub use crate::__probes as probes;
