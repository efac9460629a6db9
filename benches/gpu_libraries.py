"""The CUDA libraries that both sides of benches/gpu.py use: which of those that are there, and which were loaded.

PyTorch brings its own as Python packages (wheels). dl is to use the same, also where a toolkit is installed beside
them. The order of folders does not see to that: dl's loader asks for `libnvrtc.so` in all folders before it asks for
`libnvrtc.so.12`, and only a toolkit has files without a version. So what was chosen is linked by its plain name in a
folder of its own, which comes first.
"""

import ctypes
import glob
import os
import pathlib
import re

# Those that dl loads beside the driver, and whether the number of their files is the major version of CUDA.
WANTED = {"nvrtc": True, "cublasLt": True, "cudnn": False}
LOADED = re.compile(r"(/\S*/lib(cuda|nvrtc|cublasLt|cudnn)\.so[^/]*)$")


def cuda_of_driver():
    """The major version of CUDA that the driver is for; none where there is no driver."""
    version = ctypes.c_int()
    try:
        failed = ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(version))
    except (OSError, AttributeError):
        return None
    return None if failed else version.value // 1000


def found(name, folder):
    """The files of a library in a folder, the newest first, with the number of each; links lead to the same file."""
    files = {}
    for path in glob.glob(f"{folder}/lib{name}.so*"):
        # The plain name is a link to a file with a version.
        number = re.search(r"\.so\.(\d+)", path) or re.search(r"\.so\.(\d+)", os.path.realpath(path))
        if number:
            files.setdefault(os.path.realpath(path), (int(number[1]), path))
    return sorted(files.values(), reverse=True)


def choose(folders, cuda):
    """The path of each library, from the first folder that has one for CUDA `cuda` or older, and why others are not taken."""
    chosen, refused = {}, []
    for name, of_cuda in WANTED.items():
        for number, path in [file for folder in folders for file in found(name, folder)]:
            if of_cuda and cuda is not None and number > cuda:
                refused.append(f"{path} is of CUDA {number}, and the driver is for CUDA {cuda}: it is not used")
            elif name not in chosen:
                chosen[name] = path
    return chosen, refused


def search_path(chosen, links):
    """Links what was chosen by its plain name in the folder `links`; returns where the loader is to look, in this order."""
    links = pathlib.Path(links)
    links.mkdir(parents=True, exist_ok=True)
    for old in links.glob("*.so"):
        old.unlink()
    for name, path in chosen.items():
        (links / f"lib{name}.so").symlink_to(os.path.abspath(path))
    # They load parts of themselves from the folders where they lie.
    return [str(links), *dict.fromkeys(os.path.dirname(path) for path in chosen.values())]


def loaded():
    """The CUDA libraries of this process: the name of each and the file that it was loaded from."""
    with open("/proc/self/maps") as maps:
        files = [LOADED.search(line.rstrip()) for line in maps]
    return {file[2]: os.path.realpath(file[1]) for file in files if file}


def lines(libraries):
    """What was loaded from where, by side, for the record; what both sides loaded from different places is marked."""
    said = []
    for side, files in libraries.items():
        listed = ", ".join(f"`{path}`" for _, path in sorted(files.items()))
        said.append(f"- Libraries of {side}: {listed or 'not known'}.")
    sides = list(libraries.values())
    both = set(sides[0]).intersection(*sides[1:]) if len(sides) > 1 else set()
    for name in sorted(both):
        if len({files[name] for files in sides}) > 1:
            said.append(f"- **DIFFERENT**: the two sides did not use the same lib{name}.")
    return said
