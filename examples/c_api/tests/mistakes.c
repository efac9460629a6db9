/* Calls every function wrongly, and predicts from many threads: `mistakes digits.safetensors`. */
#undef NDEBUG
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lenet.h"

enum { THREADS = 8, IMAGES = 70 };

static const lenet *shared;
static float images[IMAGES * LENET_INPUT_LEN];
static float expected[IMAGES * LENET_OUTPUT_LEN];

static void says(const char *text) {
    if (strstr(lenet_last_error(), text) == NULL) {
        fprintf(stderr, "expected `%s`, found `%s`\n", text, lenet_last_error());
        exit(1);
    }
}

static void *predict_often(void *unused) {
    (void)unused;
    float scores[IMAGES * LENET_OUTPUT_LEN];
    assert(lenet_last_error()[0] == 0);
    for (int i = 0; i < 20; i++) {
        memset(scores, 0, sizeof scores);
        assert(lenet_predict(shared, images, IMAGES * LENET_INPUT_LEN, scores, IMAGES * LENET_OUTPUT_LEN) == LENET_OK);
        assert(memcmp(scores, expected, sizeof scores) == 0);
    }
    assert(lenet_predict(shared, NULL, LENET_INPUT_LEN, scores, LENET_OUTPUT_LEN) == LENET_NULL);
    says("`inputs` is a null pointer");
    return NULL;
}

int main(int argc, char **argv) {
    assert(argc == 2);
    FILE *file = fopen(argv[1], "rb");
    assert(file != NULL);
    static uint8_t bytes[1 << 20];
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);

    assert(lenet_last_error()[0] == 0);
    assert(lenet_create(NULL, 10) == NULL);
    says("`bytes` is a null pointer");
    assert(lenet_create(bytes, 0) == NULL);
    says("this is an empty file");
    assert(lenet_create(bytes, len / 2) == NULL);
    says("not a valid safetensors file");
    assert(lenet_create(bytes, (size_t)-1) == NULL);
    says("more than any memory");
    assert(lenet_create((const uint8_t *)"no such file in here", 20) == NULL);
    lenet *net = lenet_create(bytes, len);
    assert(net != NULL);

    size_t dimensions = 99;
    const size_t *shape = lenet_input_shape(0, &dimensions);
    assert(dimensions == 3 && shape[0] == 1 && shape[1] == 8 && shape[2] == 8);
    shape = lenet_output_shape(0, &dimensions);
    assert(dimensions == 1 && shape[0] == LENET_OUTPUT_LEN);
    assert(lenet_input_shape(1, &dimensions) == NULL && dimensions == 0);
    assert(lenet_output_shape(7, NULL) == NULL && lenet_input_shape(0, NULL) != NULL);
    assert(lenet_input_len() == LENET_INPUT_LEN && lenet_output_len() == LENET_OUTPUT_LEN);

    const size_t in = LENET_INPUT_LEN, out = LENET_OUTPUT_LEN;
    float scores[2 * LENET_OUTPUT_LEN] = {0};
    assert(lenet_predict(NULL, images, in, scores, out) == LENET_NULL);
    says("`net` is a null pointer");
    assert(lenet_predict(net, NULL, in, scores, out) == LENET_NULL);
    assert(lenet_predict(net, images, in, NULL, out) == LENET_NULL);
    says("`outputs` is a null pointer");
    assert(lenet_predict(net, images, in - 1, scores, out) == LENET_SIZE);
    says("`inputs_len` is 63; it must be a multiple of 64, the numbers of one sample");
    assert(lenet_predict(net, images, in, scores, out + 1) == LENET_SIZE);
    says("`outputs_len` is 11; 1 samples have 10 outputs, 10 each");
    assert(lenet_predict(net, images, 2 * in, scores, out) == LENET_SIZE);
    assert(lenet_predict(net, images, in, scores, 0) == LENET_SIZE);
    assert(lenet_predict(net, images, (size_t)-64, scores, out) == LENET_SIZE);
    for (size_t i = 0; i < 2 * out; i++) {
        assert(scores[i] == 0);
    }
    assert(lenet_predict(net, NULL, 0, NULL, 0) == LENET_OK);

    for (size_t i = 0; i < IMAGES * in; i++) {
        images[i] = (float)(i * 7 % 17) / 16;
    }
    assert(lenet_predict(net, images, IMAGES * in, expected, IMAGES * out) == LENET_OK);
    shared = net;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert(pthread_create(&threads[i], NULL, predict_often, NULL) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert(pthread_join(threads[i], NULL) == 0);
    }
    lenet_free(net);
    lenet_free(NULL);
    puts("every mistake was refused");
    return 0;
}
