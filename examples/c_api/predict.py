"""Reads a network and images, and prints the digit on each: python3 predict.py libdigits.so digits.safetensors images.f32"""

import array
import ctypes
import pathlib
import sys


class LeNet:
    """A network from the bytes of a safetensors file. Threads may share it."""

    def __init__(self, library, file):
        self.lib = ctypes.CDLL(str(library))
        self.lib.lenet_create.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
        self.lib.lenet_create.restype = ctypes.c_void_p
        self.lib.lenet_predict.argtypes = [ctypes.c_void_p] + 2 * [ctypes.POINTER(ctypes.c_float), ctypes.c_size_t]
        self.lib.lenet_predict.restype = ctypes.c_int32
        self.lib.lenet_free.argtypes = [ctypes.c_void_p]
        self.lib.lenet_output_len.restype = self.lib.lenet_input_len.restype = ctypes.c_size_t
        self.lib.lenet_last_error.restype = ctypes.c_char_p
        self.net = self.lib.lenet_create(file, len(file))
        if self.net is None:
            raise ValueError(self.lib.lenet_last_error().decode())

    def predict(self, images):
        """The scores of images that lie side by side, as a list for each."""
        outputs = self.lib.lenet_output_len()
        scores = (ctypes.c_float * (len(images) // self.lib.lenet_input_len() * outputs))()
        numbers = (ctypes.c_float * len(images)).from_buffer(images)
        if self.lib.lenet_predict(self.net, numbers, len(numbers), scores, len(scores)) != 0:
            raise ValueError(self.lib.lenet_last_error().decode())
        return [scores[i : i + outputs] for i in range(0, len(scores), outputs)]

    def __del__(self):
        if getattr(self, "net", None) is not None:
            self.lib.lenet_free(self.net)


if __name__ == "__main__":
    library, file, images = map(pathlib.Path, sys.argv[1:])
    net = LeNet(library.resolve(), file.read_bytes())
    for scores in net.predict(array.array("f", images.read_bytes())):
        print(scores.index(max(scores)))
