//! Checks that rustc makes for the macro: shapes that need constants from outside, in the words of the language.

/// Arithmetic of dimensions that never overflows: the checks report what is wrong, a second error would only confuse.
pub mod dim {
    /// `a + b`.
    pub const fn add(a: usize, b: usize) -> usize {
        a.saturating_add(b)
    }
    /// `a - b`; 1 where there is none.
    pub const fn sub(a: usize, b: usize) -> usize {
        match a.checked_sub(b) {
            Some(difference) => difference,
            None => 1,
        }
    }
    /// `a · b`.
    pub const fn mul(a: usize, b: usize) -> usize {
        a.saturating_mul(b)
    }
    /// `a / b` rounded down; 1 when `b` is 0.
    pub const fn div(a: usize, b: usize) -> usize {
        match a.checked_div(b) {
            Some(quotient) => quotient,
            None => 1,
        }
    }
    /// The smaller of `a` and `b`.
    pub const fn min(a: usize, b: usize) -> usize {
        if a < b { a } else { b }
    }
    /// The largest of `sizes`.
    pub const fn largest(sizes: &[usize]) -> usize {
        let (mut largest, mut i) = (0, 0);
        while i < sizes.len() {
            if sizes[i] > largest {
                largest = sizes[i];
            }
            i += 1;
        }
        largest
    }
    /// Remainder of `a / b`; 0 when `b` is 0.
    pub const fn rem(a: usize, b: usize) -> usize {
        match a.checked_rem(b) {
            Some(remainder) => remainder,
            None => 0,
        }
    }
}

/// A part of a message.
pub enum Piece {
    /// Words.
    Text(&'static str),
    /// A dimension.
    Number(usize),
}

/// Bytes that the longest message may have; what is longer is cut.
const LIMIT: usize = 1000;

/// Ends compilation with `message` at the caller unless `holds`; called in `const _: () = …` at the user's token.
#[track_caller]
pub const fn check(holds: bool, message: &[Piece]) {
    if !holds {
        let (buffer, len) = write(message);
        // A cut inside a character is not text; then the words are fewer.
        match std::str::from_utf8(buffer.split_at(len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("a shape of this model is wrong"),
        }
    }
}

/// The text of `message` and its length.
const fn write(message: &[Piece]) -> ([u8; LIMIT], usize) {
    let (mut buffer, mut len, mut i) = ([0; LIMIT], 0, 0);
    while i < message.len() {
        match message[i] {
            Piece::Text(text) => (buffer, len) = append(buffer, len, text.as_bytes()),
            Piece::Number(number) => {
                let (digits, from) = decimal(number);
                (buffer, len) = append(buffer, len, digits.split_at(from).1);
            }
        }
        i += 1;
    }
    (buffer, len)
}

const fn append(mut buffer: [u8; LIMIT], mut len: usize, bytes: &[u8]) -> ([u8; LIMIT], usize) {
    let mut i = 0;
    while i < bytes.len() && len < LIMIT {
        buffer[len] = bytes[i];
        len += 1;
        i += 1;
    }
    (buffer, len)
}

/// The decimal digits of `number`, and where they begin.
const fn decimal(mut number: usize) -> ([u8; 20], usize) {
    let (mut digits, mut from) = ([b'0'; 20], 20);
    loop {
        from -= 1;
        digits[from] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return (digits, from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_decimal() {
        let (buffer, len) =
            write(&[Piece::Text("["), Piece::Number(0), Piece::Text(", "), Piece::Number(6_400), Piece::Text("] ×")]);
        assert_eq!(std::str::from_utf8(&buffer[..len]), Ok("[0, 6400] ×"));
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let (_, len) = write(&[Piece::Text(include_str!("check.rs"))]);
        assert_eq!(len, LIMIT);
    }

    #[test]
    #[should_panic(expected = "3 is not 4")]
    fn a_failed_check_panics_with_the_message() {
        check(false, &[Piece::Number(3), Piece::Text(" is not "), Piece::Number(4)]);
    }
}
