//! Shape checks that rustc evaluates, since the macro does not know the constants from outside of the declaration.

/// Arithmetic of dimensions that never overflows. A check reports the mistake, and a second error would confuse.
pub mod dim {
    /// Returns `a + b`, which saturates.
    pub const fn add(a: usize, b: usize) -> usize {
        a.saturating_add(b)
    }
    /// Returns `a - b`, or 1 if it would be negative.
    pub const fn sub(a: usize, b: usize) -> usize {
        match a.checked_sub(b) {
            Some(difference) => difference,
            None => 1,
        }
    }
    /// Returns `a · b`, which saturates.
    pub const fn mul(a: usize, b: usize) -> usize {
        a.saturating_mul(b)
    }
    /// Returns `a / b` rounded down, or 1 if `b` is 0.
    pub const fn div(a: usize, b: usize) -> usize {
        match a.checked_div(b) {
            Some(quotient) => quotient,
            None => 1,
        }
    }
    /// Returns the smaller of `a` and `b`.
    pub const fn min(a: usize, b: usize) -> usize {
        if a < b { a } else { b }
    }
    /// Returns the largest of `sizes`, or 0 if there are none.
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
    /// Returns the remainder of `a / b`, or 0 if `b` is 0.
    pub const fn rem(a: usize, b: usize) -> usize {
        match a.checked_rem(b) {
            Some(remainder) => remainder,
            None => 0,
        }
    }
}

/// A part of a compiler message.
#[derive(Clone, Copy)]
pub enum Piece {
    /// Plain text.
    Text(&'static str),
    /// A dimension.
    Number(usize),
}

/// The longest message in bytes; a longer one is cut off.
const LIMIT: usize = 1000;

/// Stops compilation with `message` at the caller unless `holds`. Generated code calls it in `const _: () = …` at the user's token.
#[track_caller]
pub const fn check(holds: bool, message: &[Piece]) {
    if !holds {
        let (buffer, len) = write(message);
        // A cut inside a character leaves no valid UTF-8; the message is then a short one.
        match core::str::from_utf8(buffer.split_at(len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("a shape of this model is wrong"),
        }
    }
}

/// The greatest number of dimensions that a message shows.
const RANK: usize = 12;

/// The shape of a type of samples, for messages.
#[derive(Clone, Copy)]
pub struct Form {
    /// The text before the bracket, such as `u32`.
    prefix: &'static str,
    /// The dimensions, outermost first.
    sizes: [usize; RANK],
    /// The number of dimensions; more than `RANK` for a struct.
    rank: usize,
}

impl Form {
    /// A struct of several values, which is neither a number nor an array.
    pub const OTHER: Form = Form { prefix: "several values", sizes: [0; RANK], rank: RANK + 1 };

    /// Returns the shape of a single number.
    pub const fn number(prefix: &'static str) -> Form {
        Form { prefix, sizes: [0; RANK], rank: 0 }
    }
    /// Returns the shape of an array of `n` values of this shape.
    pub const fn times(self, n: usize) -> Form {
        if self.rank >= RANK {
            return Form::OTHER;
        }
        let mut form = Form { rank: self.rank + 1, ..self };
        form.sizes[0] = n;
        let mut i = 0;
        while i < self.rank {
            form.sizes[i + 1] = self.sizes[i];
            i += 1;
        }
        form
    }
    /// Returns the shape of a sequence of values of this shape.
    pub const fn of_rows(self) -> Form {
        self.times(Form::ANY)
    }
    /// The size of a run-time dimension.
    const ANY: usize = usize::MAX;
    const fn equals(&self, other: &Form) -> bool {
        let mut same = self.rank == other.rank && self.prefix.len() == other.prefix.len();
        let mut i = 0;
        while i < RANK {
            same = same && self.sizes[i] == other.sizes[i];
            i += 1;
        }
        same
    }
    /// Returns the parts of a message such as `[1, 28, 28]`, padded with empty texts.
    const fn pieces(&self) -> [Piece; 2 * RANK + 2] {
        let mut pieces = [const { Piece::Text("") }; 2 * RANK + 2];
        pieces[0] = Piece::Text(self.prefix);
        let mut i = 0;
        while i < self.rank && self.rank <= RANK {
            pieces[2 * i + 1] = Piece::Text(if i == 0 { "[" } else { ", " });
            pieces[2 * i + 2] =
                if self.sizes[i] == Form::ANY { Piece::Text("..") } else { Piece::Number(self.sizes[i]) };
            i += 1;
        }
        if self.rank <= RANK {
            pieces[2 * i + 1] = Piece::Text(if i == 0 { "[]" } else { "]" });
        }
        pieces
    }
}

/// Stops compilation unless the `real` shape is the declared one, `said`.
#[track_caller]
pub const fn compare(name: &'static str, does: &'static str, real: &Form, but: &'static str, said: &Form) {
    let (real_pieces, said_pieces) = (real.pieces(), said.pieces());
    let mut pieces = [const { Piece::Text("") }; 4 * RANK + 9];
    (pieces[0], pieces[1], pieces[2], pieces[3]) =
        (Piece::Text("`"), Piece::Text(name), Piece::Text("`"), Piece::Text(does));
    let mut i = 0;
    while i < real_pieces.len() {
        pieces[4 + i] = real_pieces[i];
        pieces[5 + real_pieces.len() + i] = said_pieces[i];
        i += 1;
    }
    pieces[4 + real_pieces.len()] = Piece::Text(but);
    check(real.equals(said), &pieces);
}

/// Writes `message` as text; returns the buffer and the length of the text.
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

/// Writes `number` in decimal; returns the buffer and the index of the first digit.
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
        assert_eq!(core::str::from_utf8(&buffer[..len]), Ok("[0, 6400] ×"));
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let (_, len) = write(&[Piece::Text(include_str!("check.rs"))]);
        assert_eq!(len, LIMIT);
    }

    #[test]
    #[should_panic(expected = "`N` makes [2, 3], and not u32[3]")]
    fn forms_are_compared_and_written() {
        let image = Form::number("").times(3).times(2);
        compare("N", " makes ", &image, ", and not ", &image);
        compare("N", " makes ", &image, ", and not ", &Form::number("u32").times(3));
    }

    #[test]
    #[should_panic(expected = "3 is not 4")]
    fn a_failed_check_panics_with_the_message() {
        check(false, &[Piece::Number(3), Piece::Text(" is not "), Piece::Number(4)]);
    }
}
