//! The rules that layers share, one function each. Each reports a mistake at the user's token, in the words of the language.

mod axes;
mod broadcast;
mod names;
mod numbers;
mod output;
mod rank;
mod same_shape;
mod sizes;
mod targets;
mod time;

pub use axes::{axes, axis, rank_is_supported};
pub use broadcast::{Broadcast, broadcast};
pub use names::bindable;
pub use numbers::{cosine, divisor, not_negative, positive, rate};
pub use output::declared_output;
pub use rank::{channels, features, features_or_image, image, last, rows, scaled, several_positions};
pub use same_shape::{equal, same_but, same_shape};
pub use sizes::{MAX_DIMENSIONS, MAX_ELEMENTS, MAX_LENGTHS, bias_is_used, fits_in_memory, groups, not_zero};
pub use targets::{class_weights, classes, one_target, outputs, positive_weights};
pub use time::{Time, time};
