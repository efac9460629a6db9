//! Ranges of rows as ONNX's `Concat` and `Slice`: what is copied into a part of every row becomes one value with the other parts.

use super::{StridedCopy, StridedCopyKernel};
use crate::device::recorder::{Place, Recorder};
use crate::tensor::Write;

impl StridedCopyKernel for Recorder {
    fn copy_strided(&self, len: usize, from: StridedCopy, x: Place, to: StridedCopy, y: Place, write: Write) {
        if write == Write::Add {
            return self.not_recorded("copy_strided");
        }
        self.record(|graph| {
            let value = graph.read_columns(x, from.stride, from.start, len)?;
            if to.start == 0 && to.stride == len {
                graph.write(y, value);
            } else {
                graph.write_columns(y, to.stride, to.start, len, value);
            }
            Ok(())
        });
    }
}
