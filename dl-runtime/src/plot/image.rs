//! Images of grey or coloured pixels as PNG files, which need no library: their data is stored without compression.

use crate::Result;
use crate::io::{CRC32, crc};
use std::path::Path;

/// An image with three bytes for each pixel: red, green and blue, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Image {
    /// Returns an image of one colour.
    pub fn new(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Image { width, height, pixels: vec![colour; width * height] }
    }
    /// Returns the image of a sample of a data set or of the input of a network, `[channels, height, width]`, whose smallest number
    /// becomes black and whose largest becomes white. Three channels are red, green and blue; of others only the first is shown.
    pub fn of<const C: usize, const H: usize, const W: usize>(sample: &[[[f32; W]; H]; C]) -> Self {
        let numbers = crate::pod::flat(std::slice::from_ref(sample));
        let range = numbers.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
        let mut image = Image::new(W, H, [0; 3]);
        image.draw(0, 0, (C, H, W), numbers, range);
        image
    }
    /// Returns the width and the height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }
    /// Returns a pixel; `None` outside of the image.
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        if x < self.width { self.pixels.get(y * self.width + x).copied() } else { None }
    }
    /// Returns the image with each pixel as a square of `times` by `times` pixels.
    #[must_use]
    pub fn enlarged(&self, times: usize) -> Self {
        let (width, height) = (self.width * times, self.height * times);
        let at = |i: usize| self.pixels[i / width / times * self.width + i % width / times];
        Image { width, height, pixels: (0..width * height).map(at).collect() }
    }
    /// Draws numbers `[channels, height, width]` with their upper left corner at (x, y); `range` are the numbers for black and white.
    pub(super) fn draw(
        &mut self,
        x: usize,
        y: usize,
        (channels, height, width): (usize, usize, usize),
        numbers: &[f32],
        (low, high): (f32, f32),
    ) {
        let byte = |number: f32| (255.0 * (number - low) / (high - low)).round() as u8;
        for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
            let of = |channel: usize| byte(numbers[(channel * height + row) * width + column]);
            self.pixels[(y + row) * self.width + x + column] =
                if channels == 3 { [of(0), of(1), of(2)] } else { [of(0); 3] };
        }
    }
    /// Writes the image as a PNG file, atomically.
    ///
    /// # Errors
    /// Returns [`Error::Io`](crate::Error::Io).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let png = self.png();
        crate::io::write_atomic(path, |to| to.write_all(&png))
    }
    /// Returns the bytes of a PNG file (ISO/IEC 15948, with the stored blocks of RFC 1951).
    pub fn png(&self) -> Vec<u8> {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let [width, height] = [self.width, self.height].map(|side| (side as u32).to_be_bytes());
        // Eight bits of three colours, without interlacing.
        chunk(&mut png, b"IHDR", &[&width[..], &height, &[8, 2, 0, 0, 0]].concat());
        let mut rows = Vec::with_capacity(self.height * (1 + 3 * self.width));
        for row in self.pixels.chunks(self.width.max(1)) {
            // No filter.
            rows.push(0);
            rows.extend_from_slice(row.as_flattened());
        }
        let mut data = vec![0x78, 0x01];
        let blocks = rows.chunks(0xffff).count();
        for (i, block) in rows.chunks(0xffff).enumerate() {
            let len = block.len() as u16;
            data.push(u8::from(i + 1 == blocks));
            data.extend([len.to_le_bytes(), (!len).to_le_bytes()].as_flattened());
            data.extend_from_slice(block);
        }
        data.extend(adler32(&rows).to_be_bytes());
        chunk(&mut png, b"IDAT", &data);
        chunk(&mut png, b"IEND", &[]);
        png
    }
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend((data.len() as u32).to_be_bytes());
    let from = png.len();
    png.extend_from_slice(kind);
    png.extend_from_slice(data);
    png.extend(crc::<CRC32>(&png[from..]).to_be_bytes());
}

/// The checksum of zlib (RFC 1950).
fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_of_two_pixels() {
        // As Python's `zlib.compress(…, 0)` and `zlib.crc32` write it.
        let expected = concat!(
            "89504e470d0a1a0a0000000d49484452000000020000000108020000007b40e8dd00000012",
            "494441547801010700f8ff00000000ffffff060102fe27d7e2280000000049454e44ae426082",
        );
        let image = Image::of(&[[[0.25f32, 0.75]]]);
        let hex: String = image.png().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected);
        assert_eq!(image.enlarged(2).size(), (4, 2));
        assert_eq!([image.enlarged(2).pixel(1, 1), image.enlarged(2).pixel(2, 0)], [Some([0; 3]), Some([255; 3])]);
        assert_eq!(image.pixel(2, 0), None);
    }
}
