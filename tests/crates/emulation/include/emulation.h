// What kernel files include in place of CUDA.
#pragma once
#include "kernel.h"
