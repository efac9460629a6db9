#!/usr/bin/env python3
"""The suite and the benches on a machine with a GPU, in one command and under ten minutes; the table goes to
docs/gpu.md.

    python3 benches/gpu.py prepare run              where Rust and a GPU are
    python3 benches/gpu.py prepare                  where Rust is: builds, packs all into target/gpu/programs.tar.xz
    python3 benches/gpu.py run --out DIR            where the GPU is, with that file: python3 and PyTorch, no Rust
    python3 benches/gpu.py report DIR/results.json  writes the table again
    python3 benches/gpu.py prepare run --dry        a little of everything on the emulated GPU and PyTorch's CPU

`run` runs the tests, then some of them under compute-sanitizer's memcheck and racecheck, then measures the GPU's
limits and, in turn and several times, the workloads T1, T2, T3 and MLP_4096 (workloads/cuda.rs) in dl and in PyTorch
(gpu_torch.py, which compiles while the tests run). `--stages` picks some of that. When time runs out the rest is
left, and what is missing is listed. DIR gets log.txt, results.json and gpu.md. The exit status is 1 when a test
failed or something was found wrong, 2 when dl can use no GPU; it then says why.

    python3 -m unittest discover -s benches         tests which libraries are used (gpu_libraries.py)
"""

import argparse
import importlib.util
import json
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import gpu_table
import gpu_tests
from gpu_run import FOLDER, PACKED, REPOSITORY, Peer, Run

MOST = 60 << 20
# These drive rustc, an editor or another NVRTC, are empty, or look at the repository.
LEFT = ["ui", "editor", "nvrtc", "dl_benches", "dl_tests"]
# Arguments of our bench for the columns of gpu_table.OURS.
OURS = {"dl": [], "own": ["--own-convolutions"]}
STAGES = ["tests", "sanitizer", "benches"]


def prepare(options):
    """Builds all programs that `run` needs, and packs them."""
    command = [
        "cargo",
        "test",
        "--release",
        "--no-run",
        "--message-format=json-render-diagnostics",
        "-p",
        "dl-tests",
        "-p",
        "dl-runtime",
        "-p",
        "dl-benches",
        "--features",
        "dl-tests/cuda,dl-runtime/cuda,dl-benches/cuda",
        "--lib",
        "--tests",
        "--bench",
        "workloads",
    ]
    built = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit("the programs could not be built")
    programs = {}
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message.get("executable"):
            programs[message["target"]["name"]] = message["executable"]
    programs = {name: path for name, path in programs.items() if name not in LEFT}
    command = ["cargo", "run", "--release", "--quiet", "-p", "dl-emulation"]
    emulation = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True).stdout.strip()
    FOLDER.mkdir(parents=True, exist_ok=True)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=REPOSITORY, capture_output=True, text=True
    ).stdout.strip()
    about = {"programs": sorted(programs), "emulation": emulation, "commit": commit}
    with tempfile.TemporaryDirectory() as folder:
        for name, path in programs.items():
            shutil.copy(path, f"{folder}/{name}")
        if shutil.which("strip"):
            subprocess.run(["strip", *(f"{folder}/{name}" for name in programs)], check=True)
        pathlib.Path(folder, "about.json").write_text(json.dumps(about))
        # All of them contain the same library: a window over several makes it one.
        filters = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 4, "dict_size": 1 << 26}]
        unfinished = PACKED.with_suffix(".part")
        with lzma.open(unfinished, "wb", filters=filters) as to, tarfile.open(fileobj=to, mode="w") as archive:
            for name in ["about.json", *sorted(programs)]:
                archive.add(f"{folder}/{name}", name)
    unfinished.replace(PACKED)
    size = PACKED.stat().st_size
    print(f"{len(programs)} programs, {size / 2**20:.1f} MiB: {PACKED.relative_to(REPOSITORY)}")
    if size > MOST:
        sys.exit(f"more than {MOST >> 20} MiB: too large to be carried")


def versions(run):
    """The GPU, its driver, and what everything was built with."""
    gpu = (
        subprocess.run(
            ["nvidia-smi", "--query-gpu=driver_version,memory.total,clocks.max.sm", "--format=csv,noheader"],
            capture_output=True,
            text=True,
        ).stdout.strip()
        if shutil.which("nvidia-smi")
        else ""
    )
    run.results["versions"] = [f"driver {gpu}"] * bool(gpu) + [f"dl {run.about['commit']}"]


def prepared(run, peers):
    """The modes of each of PyTorch's processes that are ready; half of the time that is left is kept for measuring."""
    ready, measuring = {}, run.left() / 2
    for peer in peers:
        answer = peer.next(run.left() - measuring)
        ready[peer.work, peer.precision] = peer, answer.get("ready", [])
        reasons = answer.get("reasons", {}) | ({"all modes": answer["reason"]} if "reason" in answer else {})
        for mode, reason in reasons.items():
            run.miss(f"PyTorch, {mode}, {peer.work} in {peer.precision}: {reason}")
    run.say("PyTorch is ready")
    return ready


def limits(run):
    """What the GPU does at most, by PyTorch."""
    command = [sys.executable, REPOSITORY / "benches" / "gpu_torch.py", "--limits", *["--dry"] * run.options.dry]
    # With the libraries that PyTorch finds by itself.
    said, _ = run.call(command, 120, environment={"LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")})
    found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    if not found:
        return run.miss(f"the limits of the GPU: {said.strip().splitlines()[-1] if said.strip() else 'nothing said'}")
    run.results["libraries"]["PyTorch"] = found[0].pop("libraries")
    run.results["limits"] = found[0]
    run.results["versions"].append(f"PyTorch {found[0]['torch']} with CUDA {found[0]['cuda_of_torch']}")
    run.say(f"limits: {found[0]}")


def figures_of(run, work, precision, peer, modes):
    """One pass over one workload: ours, then theirs. Modes that fail are taken out."""
    figures = []
    long = ["--quick"] if run.options.dry else ["--seconds", str(run.options.seconds)]
    for mode, arguments in OURS.items():
        if mode == "own" and (work != "T3" or precision == "bf16"):
            continue  # cuDNN takes none there.
        lines, error = run.workloads("--only", f"^{work}$", "--precision", precision, *long, *arguments)
        figures += [line | {"mode": mode} for line in lines if "feed" in line]
        if error:
            run.wrong = True
            run.miss(f"{mode}, {work} in {precision}: {error}")
    for mode, feed in [(mode, feed) for mode in modes for feed in gpu_table.FEEDS]:
        figure = peer.ask(mode, feed, 0 if run.options.dry else run.options.seconds, min(60, run.left() - 10))
        if "reason" in figure:
            run.miss(f"PyTorch, {mode} and what follows, {work} in {precision}: {figure['reason']}")
            # Its answer may come late, and be taken for another.
            modes.clear()
            break
        figures.append(figure)
    times = [f"{figure['mode']}/{figure['feed']} {figure['median_us']:.1f}" for figure in figures]
    run.say(f"{work} {precision}: {', '.join(times)}")
    return figures


def benches(run, peers):
    """The limits of the GPU, then all workloads in turn, as many times as there is time for."""
    ready = prepared(run, peers)
    if importlib.util.find_spec("torch"):
        limits(run)
    for turn in range(run.options.passes):
        run.results["passes"] = turn + 1
        for work, precision in cases(run.options):
            if run.left() < 25:
                return run.miss(f"pass {turn + 1} from {work} in {precision} on: no time was left")
            peer, modes = ready.get((work, precision), (None, []))
            figures = figures_of(run, work, precision, peer, modes)
            run.results["figures"] += [figure | {"pass": turn} for figure in figures]
        run.write()


def cases(options):
    """Workloads and precisions that are wanted, the most important precision first."""
    all_cases = [(work, precision) for precision in gpu_table.PRECISIONS for work in gpu_table.WORKS]
    wanted = [case for case in all_cases if re.search(options.only, case[0])]
    few = [case for case in wanted if case[0] in ("T1_b64", "MLP_4096") and case[1] != "tf32"]
    return few if options.dry else wanted


def measure(options):
    """Everything, on this machine."""
    run = Run(options)
    lines, error = run.workloads("--only", "^$", seconds=180)
    if error:
        # A library that does not fit the driver is no missing GPU.
        print(f"dl can use no GPU here: {error}", *run.refused, sep="\n", file=sys.stderr)
        sys.exit(2)
    run.results["gpu"], run.results["kernels_s"] = lines[0]["gpu"], lines[0]["kernels_s"]
    run.say(f"{lines[0]['gpu']}: all kernels were ready after {lines[0]['kernels_s']} s")
    versions(run)
    peers = []
    try:
        if "benches" in options.stages and importlib.util.find_spec("torch"):
            peers = [Peer(run, *case) for case in cases(options)]
        elif "benches" in options.stages:
            run.miss("PyTorch: the module torch is not installed")
        if "tests" in options.stages:
            gpu_tests.tests(run, 0.3 * run.left())
            run.write()
        if "sanitizer" in options.stages:
            gpu_tests.sanitizer(run, 0.3 * run.left())
            run.write()
        if "benches" in options.stages:
            benches(run, peers)
    finally:
        for peer in peers:
            peer.stop()
        for stage in STAGES:
            if stage not in options.stages:
                run.results["missing"].append(f"the stage `{stage}` was not asked for")
        run.write()
    print(gpu_table.block(run.results))
    sys.exit(1 if run.wrong else 0)


def report(path):
    page = REPOSITORY / "docs" / "gpu.md"
    page.write_text(gpu_table.put(json.loads(pathlib.Path(path).read_text()), page.read_text()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", help="prepare, run, or report and a file")
    parser.add_argument("--out", default=str(FOLDER / "results"), help="folder for log.txt, results.json and gpu.md")
    parser.add_argument("--minutes", type=float, default=9.5, help="for all of `run`")
    parser.add_argument(
        "--stages", default=",".join(STAGES), type=lambda text: text.split(","), help="of " + ",".join(STAGES)
    )
    parser.add_argument("--only", default=".", help="regular expression of workloads")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.4, help="for one figure")
    parser.add_argument("--dry", action="store_true", help="without a GPU: a little of everything on the emulation")
    parser.add_argument("--verbose", action="store_true", help="keep what PyTorch's processes say")
    options = parser.parse_args()
    if options.what[0] == "report":
        return report(options.what[1])
    if "prepare" in options.what:
        prepare(options)
    if "run" in options.what:
        measure(options)


if __name__ == "__main__":
    main()
