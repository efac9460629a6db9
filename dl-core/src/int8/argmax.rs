//! The index of the largest number.

/// Returns the index of the first largest number; 0 if there is none.
pub fn argmax(x: &[i8]) -> usize {
    let mut best = 0;
    for (i, y) in x.iter().enumerate() {
        if *y > x[best] {
            best = i;
        }
    }
    best
}
