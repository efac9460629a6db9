//! The headers that kernel files include. Operations have further headers beside their kernels.

use super::kernel::header;

header!(COMMON = "common.cuh");
header!(ELEMENTWISE = "elementwise.cuh");
header!(EXTENSION = "extension.cuh");
header!(LAST_BLOCK = "last_block.cuh");
header!(MMA = "mma.cuh");
header!(SEQUENCES = "sequences.cuh");
header!(THREAD_GROUP = "thread_group.cuh");
header!(CAST = "cast.cuh" with [ELEMENTWISE, MMA]);
