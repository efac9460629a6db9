#!/usr/bin/env python3
"""Checks exported ONNX files by ONNX's own checker, and runs them in ONNX Runtime against our outputs.

    pip install onnx onnxruntime numpy safetensors
    python3 tests/onnx/check.py FOLDER          the files that `cargo test -p dl-tests --features onnx --test onnx` wrote
    python3 tests/onnx/check.py FOLDER NAME     those whose names begin so

Every file `NAME.onnx` has passes beside it, `NAME.0.safetensors` and so on, with inputs and our outputs, for different sizes of a batch and
different lengths. An output may differ by 1e-5 of the largest number in it.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

TOLERANCE = 1e-5


def difference(session, file):
    """The largest difference of an output, in parts of its largest number; the name of the output."""
    tensors = load_file(file)
    inputs = {name.removeprefix("input."): x for name, x in tensors.items() if name.startswith("input.")}
    tokens = {info.name for info in session.get_inputs() if info.type == "tensor(int64)"}
    inputs = {name: x.astype(np.int64) if name in tokens else x for name, x in inputs.items()}
    names = [info.name for info in session.get_outputs()]
    worst = (0.0, "")
    for name, found in zip(names, session.run(names, inputs)):
        expected = tensors["output." + name]
        if found.shape != expected.shape:
            raise AssertionError(f"output `{name}` has shape {found.shape}, ours {expected.shape}")
        if not np.isfinite(expected).all():
            raise AssertionError(f"our output `{name}` is not finite")
        scale = max(float(np.abs(expected).max()), 1e-30)
        worst = max(worst, (float(np.abs(found - expected).max()) / scale, name))
    return worst


def check(file):
    """Checks one file; returns its largest difference and the number of passes."""
    onnx.checker.check_model(onnx.load(file), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    passes = sorted(file.parent.glob(file.stem + ".[0-9].safetensors"))
    if len(passes) < 2:
        raise AssertionError("fewer than two passes lie beside it")
    differences = [difference(session, found) for found in passes]
    for found, (off, name) in zip(passes, differences):
        if not off <= TOLERANCE:
            raise AssertionError(f"output `{name}` of {found.name} is {off:.2e} of its largest number off")
    return max(differences)[0], len(passes)


def main():
    folder, begin = pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    files = sorted(file for file in folder.glob("*.onnx") if file.name.startswith(begin))
    failed, worst, passes = 0, (0.0, ""), 0
    for file in files:
        try:
            off, count = check(file)
            worst, passes = max(worst, (off, file.stem)), passes + count
        except Exception as error:  # What the checker and the runtime raise is not one type.
            failed += 1
            print(f"FAILED {file.stem}: {str(error).strip()}")
    if not files:
        sys.exit(f"no .onnx files in {folder}")
    print(f"onnx: {len(files) - failed} of {len(files)} files agree in {passes} passes, at most {worst[0]:.1e} off ({worst[1]})")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
