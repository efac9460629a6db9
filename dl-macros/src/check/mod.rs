//! The rules that layers share, one function each. Each reports a mistake at the user's token, in the words of the language.

mod axes;
mod broadcast;
mod groups;
mod names;
mod numbers;
mod output;
mod padding;
mod rank;
mod same_shape;
mod sizes;
mod targets;
mod window;

pub use axes::{axes, axis, rank_is_supported};
pub use broadcast::{Broadcast, broadcast};
pub use groups::{groups, groups_of};
pub use names::bindable;
pub use numbers::{cosine, divisor, not_negative, positive, rate};
pub use output::declared_output;
pub use padding::{padding, padding_below_half};
pub use rank::{channels, features, features_or_image, image, last, rows, several_positions};
pub use same_shape::{equal, same_but, same_shape};
pub use sizes::{MAX_DIMENSIONS, MAX_ELEMENTS, bias_is_used, fits_in_memory, not_zero};
pub use targets::{classes, one_target};
pub use window::{Window, size_text};
