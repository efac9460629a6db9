//! The numbers of GGUF's element types, from `enum ggml_type` of ggml.

use super::super::Dtype;
use super::super::dtype::Other;

/// Returns the element type of this number; `None` for one that ggml does not have, or has removed.
pub(super) fn find(number: u32) -> Option<Dtype> {
    let other = |name, block, size| Some(Dtype::Other(Other { name, block, size }));
    match number {
        0 => Some(Dtype::F32),
        1 => Some(Dtype::F16),
        2 => Some(Dtype::Q4_0),
        3 => other("Q4_1", 32, 20),
        6 => other("Q5_0", 32, 22),
        7 => other("Q5_1", 32, 24),
        8 => Some(Dtype::Q8_0),
        9 => other("Q8_1", 32, 40),
        10 => other("Q2_K", 256, 84),
        11 => other("Q3_K", 256, 110),
        12 => other("Q4_K", 256, 144),
        13 => other("Q5_K", 256, 176),
        14 => other("Q6_K", 256, 210),
        15 => other("Q8_K", 256, 292),
        16 => other("IQ2_XXS", 256, 66),
        17 => other("IQ2_XS", 256, 74),
        18 => other("IQ3_XXS", 256, 98),
        19 => other("IQ1_S", 256, 50),
        20 => other("IQ4_NL", 32, 18),
        21 => other("IQ3_S", 256, 110),
        22 => other("IQ2_S", 256, 82),
        23 => other("IQ4_XS", 256, 136),
        24 => Some(Dtype::I8),
        25 => Some(Dtype::I16),
        26 => Some(Dtype::I32),
        27 => Some(Dtype::I64),
        28 => Some(Dtype::F64),
        29 => other("IQ1_M", 256, 56),
        30 => Some(Dtype::BF16),
        34 => other("TQ1_0", 256, 54),
        35 => other("TQ2_0", 256, 66),
        39 => other("MXFP4", 32, 17),
        40 => other("NVFP4", 64, 36),
        41 => other("Q1_0", 128, 18),
        _ => None,
    }
}
