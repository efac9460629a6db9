/* The functions of the model `LeNet`, written by dl; do not edit.
 *
 * A sample:   image [1, 8, 8], row-major
 * An output:  output [10], row-major
 */
#ifndef LENET_H
#define LENET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers of one sample, and those of its output. */
#define LENET_INPUT_LEN 64
#define LENET_OUTPUT_LEN 10

/* What functions return. */
enum {
    LENET_OK = 0,
    LENET_NULL = 1,     /* a pointer is null */
    LENET_SIZE = 2,     /* a length does not fit the model */
    LENET_FILE = 3,     /* the bytes are no file of this model */
    LENET_INPUT = 4,    /* a token is outside the vocabulary */
    LENET_MEMORY = 5,   /* there is no memory */
    LENET_INTERNAL = 6  /* a mistake in the library */
};

/* A network. Any number of threads may predict with it at the same time. */
typedef struct lenet lenet;

/* Makes a network of the bytes of a safetensors file, which it copies. Returns NULL after a mistake. */
lenet *lenet_create(const uint8_t *bytes, size_t len);

/* Predicts `inputs_len / LENET_INPUT_LEN` samples that lie side by side, and writes their outputs. Lengths count numbers, not bytes. */
int32_t lenet_predict(const lenet *net, const float *inputs, size_t inputs_len, float *outputs, size_t outputs_len);

/* Frees a network, which no thread uses any more. NULL is allowed. */
void lenet_free(lenet *net);

/* The numbers of one sample, and those of its output. */
size_t lenet_input_len(void);
size_t lenet_output_len(void);

/* The dimensions of an input or output, counted from 0, and their number. Returns NULL if there is no such one. */
const size_t *lenet_input_shape(size_t input, size_t *dimensions);
const size_t *lenet_output_shape(size_t output, size_t *dimensions);

/* The text of the last mistake in this thread, valid until its next one. It is never NULL. */
const char *lenet_last_error(void);

#ifdef __cplusplus
}
#endif

#endif
