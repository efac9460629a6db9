//! A place in a file, from which numbers and text are read if there are enough bytes.

use super::Fault;

/// The bytes of a file, and the place that is read next.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Cursor { bytes, at: 0 }
    }
    /// Returns the number of bytes that were read.
    pub fn position(&self) -> usize {
        self.at
    }
    /// Reads so many bytes; `what` is what they are, for an error.
    pub fn bytes(&mut self, len: usize, what: &str) -> Result<&'a [u8], Fault> {
        let rest = &self.bytes[self.at..];
        let (found, _) = rest
            .split_at_checked(len)
            .ok_or_else(|| (format!("{len} bytes for {what} at byte {}", self.at), format!("{} bytes", rest.len())))?;
        self.at += len;
        Ok(found)
    }
    pub fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Fault> {
        let bytes = self.bytes(N, what)?;
        Ok(*bytes.first_chunk().expect("as many bytes as were asked for"))
    }
    pub fn u32(&mut self, what: &str) -> Result<u32, Fault> {
        self.array(what).map(u32::from_le_bytes)
    }
    pub fn u64(&mut self, what: &str) -> Result<u64, Fault> {
        self.array(what).map(u64::from_le_bytes)
    }
    /// Reads a length and as many bytes of UTF-8. What is not UTF-8 is replaced, because vocabularies may hold any bytes.
    pub fn text(&mut self, what: &str) -> Result<String, Fault> {
        let len = self.u64(what)?;
        // A length that is no `usize` is larger than the file, too.
        let bytes = self.bytes(usize::try_from(len).unwrap_or(usize::MAX), what)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}
