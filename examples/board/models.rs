// The models of the board: the host trains them, and the firmware includes their weights.
use dl::prelude::*;

/// The most letters of a name that `Names` writes.
#[allow(dead_code, reason = "only some of the programs write names")]
pub const MOST_LETTERS: u64 = 16;

model! {
    /// Reads handwritten digits of 8×8 pixels.
    #[int8]
    pub LeNet(image: [1, 8, 8]) -> [10] {
        image
            -> conv2d(8, 3, padding: 1) -> relu -> max_pool2d(2)
            -> conv2d(16, 3, padding: 1) -> relu -> max_pool2d(2)
            -> flatten
            -> dense(32) -> relu
            -> dense(10)
    }

    /// The sine of an angle between 0 and 2π.
    pub Sine(angle: [1]) -> [1] {
        angle -> dense(16) -> relu -> dense(16) -> relu -> dense(1)
    }

    /// Expects the next letter of a name after each one: 1 to 26 for `a` to `z`, and 0 before the first and after the last.
    pub Names(letters: u32[..]) -> [.., 27] {
        letters -> embedding(27, 12) -> gru(32) -> dense(27)
    }
}
