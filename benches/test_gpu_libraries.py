"""Tests of gpu_libraries.py, with empty files for libraries: python3 -m unittest discover -s benches"""

import os
import pathlib
import tempfile
import unittest

import gpu_libraries


def asked(name):
    """The names that dl's loader asks for in turn (`get_lib_name_candidates` of cudarc), as far as files are called so."""
    return [f"lib{name}.so{ending}" for ending in ["", ".13", ".12", ".11", ".10", ".9", ".1"]]


def taken(name, path):
    """The file that the loader takes: each name is looked for in all folders before the next one."""
    files = (pathlib.Path(folder) / file for file in asked(name) for folder in path)
    return next((os.path.realpath(file) for file in files if file.exists()), None)


class Libraries(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = pathlib.Path(os.path.realpath(self.folder.name))

    def wheels(self, cuda):
        """Packages of Python: files with the version alone."""
        folders = []
        for package, name, number in [("cuda_nvrtc", "nvrtc", cuda), ("cublas", "cublasLt", cuda), ("cudnn", "cudnn", 9)]:
            folder = self.at / "nvidia" / package / "lib"
            folder.mkdir(parents=True)
            (folder / f"lib{name}.so.{number}").touch()
            folders.append(str(folder))
        return folders

    def toolkit(self, cuda):
        """A toolkit: files with the full version, and links with a part of it and with none."""
        folder = self.at / f"cuda-{cuda}"
        folder.mkdir()
        for name in ["nvrtc", "cublasLt"]:
            (folder / f"lib{name}.so.{cuda}.4.5").touch()
            (folder / f"lib{name}.so.{cuda}").symlink_to(f"lib{name}.so.{cuda}.4.5")
            (folder / f"lib{name}.so").symlink_to(f"lib{name}.so.{cuda}")
        return str(folder)

    def path(self, folders, cuda, own=()):
        chosen, refused = gpu_libraries.choose(folders, cuda)
        return gpu_libraries.search_path(chosen, self.at / "links") + list(own), refused

    def test_wheels_come_before_a_toolkit(self):
        wheels, toolkit = self.wheels(12), self.toolkit(12)
        path, refused = self.path([*wheels, toolkit], 12, [toolkit])
        for name, folder in zip(["nvrtc", "cublasLt", "cudnn"], wheels):
            self.assertEqual(os.path.dirname(taken(name, path)), folder)
        self.assertEqual(refused, [])

    def test_a_toolkit_stands_in_for_what_is_missing(self):
        toolkit = self.toolkit(12)
        path, _ = self.path([toolkit], 12)
        self.assertEqual(taken("nvrtc", path), f"{toolkit}/libnvrtc.so.12.4.5")
        self.assertIsNone(taken("cudnn", path))

    def test_what_is_newer_than_the_driver_is_named_and_left(self):
        new, old = self.toolkit(13), self.toolkit(12)
        path, refused = self.path([new, old], 12)
        self.assertEqual(taken("cublasLt", path), f"{old}/libcublasLt.so.12.4.5")
        self.assertEqual(len(refused), 2)
        self.assertRegex(refused[0], r"cuda-13/libnvrtc\.so\S* is of CUDA 13, and the driver is for CUDA 12")
        self.assertEqual(self.path([new], 12)[0][1:], [], "nothing is taken")
        # A driver that cannot be asked refuses nothing.
        self.assertEqual(self.path([new], None)[1], [])

    def test_different_files_are_marked(self):
        same = {"cublasLt": "/a/libcublasLt.so.12", "cuda": "/usr/lib/libcuda.so.1"}
        said = gpu_libraries.lines({"dl": same | {"nvrtc": "/a/libnvrtc.so.12"}, "PyTorch": same})
        self.assertEqual([line for line in said if "DIFFERENT" in line], [])
        self.assertIn("`/a/libnvrtc.so.12`", said[0])
        other = gpu_libraries.lines({"dl": same, "PyTorch": same | {"cublasLt": "/b/libcublasLt.so.12"}})
        self.assertIn("the two sides did not use the same libcublasLt", other[-1])

    def test_the_libraries_of_this_process(self):
        self.assertTrue(all(os.path.isabs(path) for path in gpu_libraries.loaded().values()))


if __name__ == "__main__":
    unittest.main()
