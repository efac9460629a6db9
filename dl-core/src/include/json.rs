//! Reads the JSON of a safetensors header in constant evaluation, one entry after another.

use super::Text;

/// The dimensions of a tensor in a file.
pub(super) struct Shape {
    sizes: [usize; Shape::MOST],
    len: usize,
}

impl Shape {
    /// More dimensions than any tensor of a model has.
    const MOST: usize = 16;

    pub(super) const fn sizes(&self) -> &[usize] {
        self.sizes.split_at(self.len).0
    }
    /// Returns the number of elements, or `None` if it overflows.
    pub(super) const fn elements(&self) -> Option<usize> {
        let (mut elements, mut i) = (1_usize, 0);
        while i < self.len {
            elements = match elements.checked_mul(self.sizes[i]) {
                Some(elements) => elements,
                None => return None,
            };
            i += 1;
        }
        Some(elements)
    }
}

/// A string between its quotes, with escapes.
#[derive(Clone, Copy)]
pub(super) struct Quoted<'a>(pub(super) &'a [u8]);

impl Quoted<'_> {
    /// Returns whether this is `text` once its escapes are resolved.
    pub(super) const fn is(self, text: &[u8]) -> bool {
        let (mut at, mut i) = (0, 0);
        while at < self.0.len() {
            let (character, len, next) = unescaped(self.0, at);
            let (character, mut k) = (character.to_le_bytes(), 0);
            while k < len {
                if i == text.len() || text[i] != character[k] {
                    return false;
                }
                (i, k) = (i + 1, k + 1);
            }
            at = next;
        }
        i == text.len()
    }
    /// Returns the string with its escapes resolved.
    pub(super) const fn text(self) -> Text {
        let (mut text, mut at) = (Text::new(), 0);
        while at < self.0.len() {
            let (character, len, next) = unescaped(self.0, at);
            text.add(character.to_le_bytes().split_at(len).0);
            at = next;
        }
        text
    }
}

/// Returns the UTF-8 of the character at `at`, lowest byte first, its length, and the position behind it.
const fn unescaped(bytes: &[u8], at: usize) -> (u32, usize, usize) {
    if bytes[at] != b'\\' {
        return (bytes[at] as u32, 1, at + 1);
    }
    let plain = match bytes[at + 1] {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        b'u' => {
            let code = hex(bytes, at + 2);
            return match code {
                0..0x80 => (code, 1, at + 6),
                0x80..0x800 => (0xc0 | code >> 6 | (0x80 | code & 0x3f) << 8, 2, at + 6),
                // Surrogates stay as they are, which no name of a model is.
                _ => (0xe0 | code >> 12 | (0x80 | code >> 6 & 0x3f) << 8 | (0x80 | code & 0x3f) << 16, 3, at + 6),
            };
        }
        other => other,
    };
    (plain as u32, 1, at + 2)
}

const fn hex(bytes: &[u8], at: usize) -> u32 {
    let (mut code, mut i) = (0, at);
    while i < at + 4 {
        code = code * 16
            + match (bytes[i] as char).to_digit(16) {
                Some(digit) => digit,
                None => 0,
            };
        i += 1;
    }
    code
}

/// A tensor of a header.
pub(super) struct Tensor<'a> {
    pub(super) name: Quoted<'a>,
    pub(super) dtype: Quoted<'a>,
    pub(super) shape: Shape,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The entries of a header, read from its JSON.
#[derive(Clone, Copy)]
pub(super) struct Entries<'a> {
    path: &'a str,
    json: &'a [u8],
    at: usize,
}

impl<'a> Entries<'a> {
    #[track_caller]
    pub(super) const fn new(path: &'a str, json: &'a [u8]) -> Self {
        let mut entries = Entries { path, json, at: 0 };
        entries.expect(b'{');
        entries
    }
    /// Reads the next tensor; `None` at the end.
    #[track_caller]
    pub(super) const fn next(&mut self) -> Option<Tensor<'a>> {
        loop {
            if self.peek() == b'}' {
                self.at += 1;
                if self.peek() != 0 {
                    self.fail("the end of the header");
                }
                return None;
            }
            let name = self.string();
            self.expect(b':');
            if !name.is(b"__metadata__") {
                return Some(self.tensor(name));
            }
            self.skip(0);
            self.separator(b'}');
        }
    }
    #[track_caller]
    const fn tensor(&mut self, name: Quoted<'a>) -> Tensor<'a> {
        let mut tensor =
            Tensor { name, dtype: Quoted(b""), shape: Shape { sizes: [0; Shape::MOST], len: 0 }, from: 0, to: 0 };
        let (mut dtype, mut shape, mut offsets) = (false, false, false);
        self.expect(b'{');
        while self.peek() != b'}' {
            let key = self.string();
            self.expect(b':');
            if key.is(b"dtype") {
                (tensor.dtype, dtype) = (self.string(), true);
            } else if key.is(b"shape") {
                (tensor.shape, shape) = (self.numbers(), true);
            } else if key.is(b"data_offsets") {
                let numbers = self.numbers();
                offsets = numbers.len == 2;
                (tensor.from, tensor.to) = (numbers.sizes[0], numbers.sizes[1]);
            } else {
                self.skip(0);
            }
            self.separator(b'}');
        }
        if !(dtype && shape && offsets) {
            self.fail("`dtype`, `shape` and two `data_offsets` of each tensor");
        }
        self.at += 1;
        self.separator(b'}');
        tensor
    }
    /// Reads `[1, 2]`.
    #[track_caller]
    const fn numbers(&mut self) -> Shape {
        let mut numbers = Shape { sizes: [0; Shape::MOST], len: 0 };
        self.expect(b'[');
        while self.peek() != b']' {
            if numbers.len == Shape::MOST {
                self.fail("at most 16 dimensions");
            }
            numbers.sizes[numbers.len] = self.number();
            numbers.len += 1;
            self.separator(b']');
        }
        self.at += 1;
        numbers
    }
    #[track_caller]
    const fn number(&mut self) -> usize {
        if !self.peek().is_ascii_digit() {
            self.fail("a whole number");
        }
        let mut number = 0_usize;
        while self.at < self.json.len() && self.json[self.at].is_ascii_digit() {
            let digit = (self.json[self.at] - b'0') as usize;
            number = match number.checked_mul(10) {
                Some(number) if number <= usize::MAX - digit => number + digit,
                _ => self.fail("a number that fits into memory"),
            };
            self.at += 1;
        }
        number
    }
    #[track_caller]
    const fn string(&mut self) -> Quoted<'a> {
        self.expect(b'"');
        let start = self.at;
        while self.at < self.json.len() && self.json[self.at] != b'"' {
            let len = match self.json[self.at] {
                b'\\' if self.at + 1 < self.json.len() && self.json[self.at + 1] == b'u' => 6,
                b'\\' => 2,
                0..b' ' => self.fail("text without control characters"),
                _ => 1,
            };
            self.at += len;
        }
        if self.at >= self.json.len() {
            self.fail("the end of a string");
        }
        let string = self.json.split_at(self.at).0.split_at(start).1;
        self.at += 1;
        Quoted(string)
    }
    /// Reads a value of any kind.
    #[track_caller]
    const fn skip(&mut self, depth: usize) {
        // What nests deeper than any header is refused before the evaluator's own limit.
        if depth == 32 {
            self.fail("values that nest less deeply");
        }
        match self.peek() {
            b'"' => {
                self.string();
            }
            open @ (b'{' | b'[') => {
                let close = if open == b'{' { b'}' } else { b']' };
                self.at += 1;
                while self.peek() != close {
                    if open == b'{' {
                        self.string();
                        self.expect(b':');
                    }
                    self.skip(depth + 1);
                    self.separator(close);
                }
                self.at += 1;
            }
            _ => {
                let start = self.at;
                while self.at < self.json.len()
                    && matches!(self.json[self.at], b'0'..=b'9' | b'a'..=b'z' | b'+' | b'-' | b'.' | b'E')
                {
                    self.at += 1;
                }
                if self.at == start {
                    self.fail("a value");
                }
            }
        }
    }
    /// Passes over the comma between two values; after the last one stands `close`.
    #[track_caller]
    const fn separator(&mut self, close: u8) {
        if self.peek() == b',' {
            self.at += 1;
            if self.peek() == close {
                self.fail("a value after the comma");
            }
        } else if self.peek() != close {
            self.fail("a comma or the end");
        }
    }
    #[track_caller]
    const fn expect(&mut self, byte: u8) {
        if self.peek() != byte {
            let byte = [b'`', byte, b'`'];
            match core::str::from_utf8(&byte) {
                Ok(expected) => self.fail(expected),
                Err(_) => self.fail("JSON"),
            }
        }
        self.at += 1;
    }
    /// Returns the next byte that is no space, without passing over it; 0 at the end.
    const fn peek(&mut self) -> u8 {
        while self.at < self.json.len() && matches!(self.json[self.at], b' ' | b'\n' | b'\t' | b'\r') {
            self.at += 1;
        }
        if self.at < self.json.len() { self.json[self.at] } else { 0 }
    }
    #[track_caller]
    const fn fail(&self, expected: &str) -> ! {
        let mut text = Text::new().push(self.path).push(": not a valid safetensors file: expected ").push(expected);
        text.add(b" at byte ");
        text.add_number(8 + self.at);
        panic!("{}", text.as_str())
    }
}
