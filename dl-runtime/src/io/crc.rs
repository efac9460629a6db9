//! Checksums of 32 bits: CRC-32 of PNG files, and CRC-32C of TensorBoard's records.

/// The polynomial of CRC-32 (ISO 3309), with its bits reversed.
pub(crate) const CRC32: u32 = 0xedb8_8320;
/// The polynomial of CRC-32C (Castagnoli), with its bits reversed.
pub(crate) const CRC32C: u32 = 0x82f6_3b78;

/// Returns the checksum of `bytes`, one byte at a time by a table.
pub(crate) fn crc<const POLYNOMIAL: u32>(bytes: &[u8]) -> u32 {
    let table = const { table(POLYNOMIAL) };
    !bytes.iter().fold(!0, |crc, byte| crc >> 8 ^ table[(crc as u8 ^ byte) as usize])
}

const fn table(polynomial: u32) -> [u32; 256] {
    let (mut table, mut i) = ([0; 256], 0);
    while i < 256 {
        let (mut entry, mut bit) = (i as u32, 0);
        while bit < 8 {
            entry = if entry & 1 == 1 { entry >> 1 ^ polynomial } else { entry >> 1 };
            bit += 1;
        }
        table[i] = entry;
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_values() {
        // The check values of the catalogue of parametrised CRC algorithms.
        assert_eq!((crc::<CRC32>(b"123456789"), crc::<CRC32C>(b"123456789")), (0xcbf4_3926, 0xe306_9283));
    }
}
