#!/usr/bin/env python3
"""Compares what a trained network costs inside an application: dl, burn, candle, tract and ONNX Runtime, for LeNet and an MLP.

Every program of `deployment/` includes the same weights, which dl writes first, and must print the same scores. A row gives the time of a clean
build (wall clock, and the seconds of all cores), the size of the stripped program, the most memory that it holds while it predicts, and the median
time of one prediction on one thread, over several rounds in which all programs take turns. Nothing else should run on the machine.

    pip install onnxruntime
    python3 benches/deployment.py [--only dl,tract] [--rounds 5] [--keep]
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "deployment"
WEIGHTS = FOLDER / "weights"
TARGET = FOLDER.parent.parent / "target" / "deployment"
NETWORKS = ["lenet", "mlp"]
LIBRARIES = ["dl", "dl-core", "tract", "candle", "burn", "ort"]


def environment():
    """One thread for every library, and the path of ONNX Runtime."""
    one = {name: "1" for name in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "DL_THREADS", "CARGO_INCREMENTAL"]}
    return os.environ | one | {"CARGO_INCREMENTAL": "0", "ORT_DYLIB_PATH": str(onnx_runtime() or "")}


def onnx_runtime():
    try:
        import onnxruntime
    except ImportError:
        return None
    return next((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so*"), None)


def write_weights():
    WEIGHTS.mkdir(exist_ok=True)
    command = ["cargo", "run", "-q", "--release", "--features", "onnx", "--bin", "weights", "--target-dir", TARGET / "weights"]
    subprocess.run([*command, "--", WEIGHTS], cwd=FOLDER / "dl", env=environment(), check=True)


def build(library):
    """Builds the programs of a library from nothing; returns the seconds by the clock and those of all cores."""
    target = TARGET / library
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cargo", "fetch", "-q"], cwd=FOLDER / library, env=environment(), check=True)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    # One program: the time that an application takes.
    command = ["cargo", "build", "-q", "--release", "--target-dir", target, "--bin"]
    subprocess.run([*command, "lenet"], cwd=FOLDER / library, env=environment(), check=True)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, "mlp"], cwd=FOLDER / library, env=environment(), check=True)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def scores(program):
    output = subprocess.run([program], stdout=subprocess.PIPE, env=environment(), text=True, check=True).stdout
    return [float(score) for score in output.split()]


def time_and_memory(program):
    """Returns the median time of a prediction in µs, and the most memory that the program held meanwhile, in MB."""
    child = subprocess.Popen([program, "time"], stdout=subprocess.PIPE, env=environment(), text=True)
    held = 0
    # Of a process that runs: what the system tells afterwards counts the memory of this script too.
    while child.poll() is None:
        status = Path(f"/proc/{child.pid}/status").read_text()
        held = max([held, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
        time.sleep(0.02)
    if child.returncode:
        sys.exit(f"{program} ended with status {child.returncode}")
    return float(child.stdout.read().split()[-1]), held / 1000


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", help="libraries, separated by commas")
    arguments.add_argument("--rounds", type=int, default=5, help="rounds of the time of a prediction")
    arguments.add_argument("--keep", action="store_true", help="measure the programs that an earlier run built")
    arguments = arguments.parse_args()
    libraries = arguments.only.split(",") if arguments.only else LIBRARIES
    if "ort" in libraries and not onnx_runtime():
        print("SKIP ort: onnxruntime is not installed")
        libraries.remove("ort")
    if not arguments.keep:
        write_weights()
    builds = {} if arguments.keep else {library: build(library) for library in libraries}
    program = lambda library, network: TARGET / library / "release" / network
    for network in NETWORKS:
        predicted = {library: scores(program(library, network)) for library in libraries}
        expected = predicted[libraries[0]]
        for library, found in predicted.items():
            if max(abs(a - b) for a, b in zip(found, expected, strict=True)) > 2e-4:
                sys.exit(f"{library} predicts {found} for {network}, and {libraries[0]} {expected}")
        measured = {library: [] for library in libraries}
        for _ in range(arguments.rounds):
            for library in libraries:
                measured[library].append(time_and_memory(program(library, network)))
        print(f"\n{network}\n\n| | clean build, s | all cores, s | program, KB | memory, MB | prediction, µs |\n|---|---:|---:|---:|---:|---:|")
        for library in libraries:
            seconds, cores = (f"{value:.0f}" for value in builds[library]) if library in builds else ("", "")
            size = program(library, network).stat().st_size / 1000
            if library == "ort":
                size += onnx_runtime().stat().st_size / 1000
            microseconds, held = (statistics.median(values) for values in zip(*measured[library]))
            print(f"| {library} | {seconds} | {cores} | {size:,.0f} | {held:.1f} | {microseconds:.2f} |")


if __name__ == "__main__":
    main()
