//! The text of a compiler error, which constant evaluation writes into fixed memory.

/// A text of up to `MOST` bytes; what is longer is cut.
pub(super) struct Text {
    bytes: [u8; Text::MOST],
    len: usize,
}

impl Text {
    const MOST: usize = 4096;

    pub(super) const fn new() -> Self {
        Text { bytes: [0; Self::MOST], len: 0 }
    }
    pub(super) const fn push(mut self, text: &str) -> Self {
        self.add(text.as_bytes());
        self
    }
    pub(super) const fn add(&mut self, bytes: &[u8]) {
        let mut i = 0;
        while i < bytes.len() && self.len < Self::MOST {
            self.bytes[self.len] = bytes[i];
            self.len += 1;
            i += 1;
        }
    }
    pub(super) const fn add_number(&mut self, number: usize) {
        if number >= 10 {
            self.add_number(number / 10);
        }
        self.add(&[b'0' + (number % 10) as u8]);
    }
    /// Appends numbers in brackets, as shapes and indices are written.
    pub(super) const fn add_list(&mut self, numbers: &[usize]) {
        self.add(b"[");
        let mut i = 0;
        while i < numbers.len() {
            if i > 0 {
                self.add(b", ");
            }
            self.add_number(numbers[i]);
            i += 1;
        }
        self.add(b"]");
    }
    pub(super) const fn len(&self) -> usize {
        self.len
    }
    pub(super) const fn truncate(&mut self, len: usize) {
        self.len = len;
    }
    pub(super) const fn bytes(&self) -> &[u8] {
        self.bytes.split_at(self.len).0
    }
    /// Returns the text; a name that was cut in the middle of a character ends before it.
    pub(super) const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes()) {
            Ok(text) => text,
            Err(error) => match core::str::from_utf8(self.bytes.split_at(error.valid_up_to()).0) {
                Ok(text) => text,
                Err(_) => "",
            },
        }
    }
}
