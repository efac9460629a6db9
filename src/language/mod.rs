//! What editors show inside `model!`: every layer as a documented struct whose fields are its arguments.
//!
//! `model!` emits probes for editors that name these items; rustc never compiles them outside of tests.

pub mod arguments;
pub mod layers;

/// A value of the network, with the shape of one sample: `Tensor<f32, 16, 5, 5>`.
pub struct Tensor<
    T = f32,
    const A: usize = { usize::MAX },
    const B: usize = { usize::MAX },
    const C: usize = { usize::MAX },
    const D: usize = { usize::MAX },
    const E: usize = { usize::MAX },
    const F: usize = { usize::MAX },
>(std::marker::PhantomData<T>);

/// Anything: probes are looked at and never run.
pub fn any<T>() -> T {
    unimplemented!()
}

/// `_value` as anything.
pub fn given<T, U>(_value: T) -> U {
    unimplemented!()
}
