//! The text of the header for the functions of `export_c!`.

use super::{input_len, output_len};
use crate::network::{Passes, shape_text};
use crate::tensor::Pack;
use std::any::TypeId;

/// The header. `{n}` is the prefix of all names, `{N}` the same in capitals, `{in}` and `{out}` are types and lengths.
const HEADER: &str = "\
/* The functions of the model `{model}`, written by dl; do not edit.
 *
 * A sample:   {inputs}
 * An output:  {outputs}
 */
#ifndef {N}_H
#define {N}_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern \"C\" {
#endif

/* The numbers of one sample, and those of its output. */
#define {N}_INPUT_LEN {input_len}
#define {N}_OUTPUT_LEN {output_len}

/* What functions return. */
enum {
    {N}_OK = 0,
    {N}_NULL = 1,     /* a pointer is null */
    {N}_SIZE = 2,     /* a length does not fit the model */
    {N}_FILE = 3,     /* the bytes are no file of this model */
    {N}_INPUT = 4,    /* a token is outside the vocabulary */
    {N}_MEMORY = 5,   /* there is no memory */
    {N}_INTERNAL = 6  /* a mistake in the library */
};

/* A network. Any number of threads may predict with it at the same time. */
typedef struct {n} {n};

/* Makes a network of the bytes of a safetensors file, which it copies. Returns NULL after a mistake. */
{n} *{n}_create(const uint8_t *bytes, size_t len);

/* Predicts `inputs_len / {N}_INPUT_LEN` samples that lie side by side, and writes their outputs. Lengths count numbers, not bytes. */
int32_t {n}_predict(const {n} *net, {type}inputs, size_t inputs_len, float *outputs, size_t outputs_len);

/* Frees a network, which no thread uses any more. NULL is allowed. */
void {n}_free({n} *net);

/* The numbers of one sample, and those of its output. */
size_t {n}_input_len(void);
size_t {n}_output_len(void);

/* The dimensions of an input or output, counted from 0, and their number. Returns NULL if there is no such one. */
const size_t *{n}_input_shape(size_t input, size_t *dimensions);
const size_t *{n}_output_shape(size_t output, size_t *dimensions);

/* The text of the last mistake in this thread, valid until its next one. It is never NULL. */
const char *{n}_last_error(void);

#ifdef __cplusplus
}
#endif

#endif
";

/// Returns the header of the functions whose names begin with `name`.
pub(super) fn header<M: Passes>(name: &str) -> String {
    let words = |one: (&str, &[usize])| format!("{} {}", one.0, shape_text(one.1));
    let inputs: Vec<String> = M::INPUTS.iter().map(|input| words((input.name, input.shape))).collect();
    let outputs: Vec<String> = M::OUTPUTS.iter().map(|output| words((output.name, output.shape))).collect();
    let tokens = TypeId::of::<<M::Input as Pack>::Element>() == TypeId::of::<u32>();
    let pointer = match (M::Input::PARTS.len(), tokens) {
        // Inputs of both types lie in one sample.
        (2.., _) => "const void *",
        (_, true) => "const uint32_t *",
        (_, false) => "const float *",
    };
    let list = |all: Vec<String>, len: usize| match all.is_empty() {
        true => format!("{len} numbers"),
        false => format!("{}, row-major", all.join(", then ")),
    };
    HEADER
        .replace("{model}", M::NAME)
        .replace("{inputs}", &list(inputs, input_len::<M>()))
        .replace("{outputs}", &list(outputs, output_len::<M>()))
        .replace("{input_len}", &input_len::<M>().to_string())
        .replace("{output_len}", &output_len::<M>().to_string())
        .replace("{type}", pointer)
        .replace("{N}", &name.to_uppercase())
        .replace("{n}", name)
}
