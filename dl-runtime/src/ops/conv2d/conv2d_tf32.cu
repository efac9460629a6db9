// Convolutions on tensor cores, with operands rounded to TF32.
#include "implicit.cuh"

CONVOLUTIONS(conv2d_gather_tf32_16, conv2d_weights_tf32_16, Tf32, Tile16)
CONVOLUTIONS(conv2d_gather_tf32_32, conv2d_weights_tf32_32, Tf32, Tile32)
CONVOLUTIONS(conv2d_gather_tf32_64, conv2d_weights_tf32_64, Tf32, Tile64)
CONVOLUTIONS(conv2d_gather_tf32_128, conv2d_weights_tf32_128, Tf32, Tile128)
