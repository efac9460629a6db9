/* Reads a network and images, and prints the digit on each: `main digits.safetensors images.f32`. */
#include <stdio.h>
#include <stdlib.h>

#include "lenet.h"

/* Reads a whole file; the program ends if it cannot. */
static void *read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    long end = ftell(file);
    *len = end < 0 ? 0 : (size_t)end;
    rewind(file);
    void *bytes = malloc(*len + 1);
    if (bytes == NULL || fread(bytes, 1, *len, file) != *len) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return bytes;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s digits.safetensors images.f32\n", argv[0]);
        return 2;
    }
    size_t len, bytes;
    uint8_t *file = read_file(argv[1], &len);
    lenet *net = lenet_create(file, len);
    free(file);
    if (net == NULL) {
        fprintf(stderr, "%s: %s\n", argv[1], lenet_last_error());
        return 1;
    }
    float *images = read_file(argv[2], &bytes);
    size_t count = bytes / (LENET_INPUT_LEN * sizeof(float));
    float *scores = malloc(count * LENET_OUTPUT_LEN * sizeof(float));
    if (scores == NULL ||
        lenet_predict(net, images, count * LENET_INPUT_LEN, scores, count * LENET_OUTPUT_LEN) != LENET_OK) {
        fprintf(stderr, "%s\n", lenet_last_error());
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        const float *of_image = scores + i * LENET_OUTPUT_LEN;
        int best = 0;
        for (int digit = 1; digit < LENET_OUTPUT_LEN; digit++) {
            if (of_image[digit] > of_image[best]) {
                best = digit;
            }
        }
        printf("%d\n", best);
    }
    free(images);
    free(scores);
    lenet_free(net);
    return 0;
}
