// Convolutions on tensor cores, with operands rounded to bf16.
#include "implicit.cuh"

CONVOLUTIONS(conv2d_gather_bf16_16, conv2d_weights_bf16_16, Bf16, Tile16)
CONVOLUTIONS(conv2d_gather_bf16_32, conv2d_weights_bf16_32, Bf16, Tile32)
CONVOLUTIONS(conv2d_gather_bf16_64, conv2d_weights_bf16_64, Bf16, Tile64)
CONVOLUTIONS(conv2d_gather_bf16_128, conv2d_weights_bf16_128, Bf16, Tile128)
