//! The weights of layers, which are the types of the fields of a network that [`model!`](crate::model!) declares.
//!
//! Each of them is a struct of nested arrays of `f32` in PyTorch's memory order. If a layer can have a bias, its last parameter `B` is
//! the number of biases: 0 with `bias: false`.
//!
//! ```
//! use dl::layers::Dense;
//! use dl::prelude::*;
//!
//! model! {
//!     Line(x: [3]) -> [1] { x -> dense(1) as line }
//! }
//!
//! let net = Line::init(1);
//! let line: &Dense<3, 1> = &net.line;
//! assert_eq!((line.weight[0].len(), line.bias.len()), (3, 1));
//! ```

#[doc(inline)]
pub use dl_core::layers::*;
