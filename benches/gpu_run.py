"""One run of benches/gpu.py: its programs, clock and log, what it has found, and PyTorch's processes beside it."""

import datetime
import glob
import json
import os
import pathlib
import queue
import site
import subprocess
import sys
import tarfile
import threading
import time

import gpu_libraries
import gpu_table

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
FOLDER = REPOSITORY / "target" / "gpu"
PACKED = FOLDER / "programs.tar.xz"


class Run:
    """What one run has found so far, its clock and its log."""

    def __init__(self, options):
        self.options, self.start = options, time.monotonic()
        self.out = pathlib.Path(options.out).resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        self.log_file, self.lock = open(self.out / "log.txt", "w"), threading.Lock()
        self.wrong = False
        # Libraries that are there but do not fit the driver, and why.
        self.refused = []
        self.results = {
            "date": datetime.date.today().isoformat(),
            "gpu": "?",
            "versions": [],
            "libraries": {},
            "seconds": 0,
            "passes": 0,
            "sanitizer": [],
            "figures": [],
            "missing": [],
        }
        self.programs = FOLDER / "programs"
        with tarfile.open(PACKED, "r:xz") as archive:
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(self.programs, **safe)
        self.about = json.loads((self.programs / "about.json").read_text())
        self.environment = dict(
            os.environ,
            DL_KERNEL_CACHE=str(FOLDER / "kernels"),
            CARGO_TARGET_TMPDIR=str(FOLDER / "tmp"),
            RUST_BACKTRACE="1",
        )
        (FOLDER / "tmp").mkdir(exist_ok=True)
        own = os.environ.get("LD_LIBRARY_PATH")
        self.environment["LD_LIBRARY_PATH"] = os.pathsep.join(self.libraries() + [own] * bool(own))

    def libraries(self):
        """Where dl is to look for NVRTC, cuBLASLt and cuDNN: PyTorch's packages first, so that both sides use the same."""
        if self.options.dry:
            return [self.about["emulation"]]
        folders = [
            folder
            for path in [*site.getsitepackages(), *sys.path]
            for folder in sorted(glob.glob(f"{path}/nvidia/*/lib"))
        ]
        folders = [*dict.fromkeys(folders), *glob.glob("/usr/local/cuda/lib64")]
        chosen, self.refused = gpu_libraries.choose(folders, gpu_libraries.cuda_of_driver())
        self.log(*self.refused, *(f"dl is to use {path}" for path in chosen.values()))
        return gpu_libraries.search_path(chosen, FOLDER / "libraries")

    def left(self):
        return 60 * self.options.minutes - (time.monotonic() - self.start)

    def log(self, *lines):
        with self.lock:
            print(*lines, sep="\n", file=self.log_file, flush=True)

    def say(self, line):
        print(f"[{time.monotonic() - self.start:5.0f} s] {line}", flush=True)
        self.log(f"=== {line}")

    def miss(self, reason):
        self.results["missing"].append(reason)
        self.say(f"missing: {reason}")

    def call(self, command, seconds, **more):
        """What a program printed and its exit status; none when it took too long."""
        program = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            env=self.environment | more.pop("environment", {}),
            **more,
        )
        try:
            said, _ = program.communicate(timeout=max(1, seconds))
            status = program.returncode
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, 9)
            said, status = program.communicate()[0], None
        self.log(f"--- {' '.join(map(str, command))}: {'too long' if status is None else status}", said)
        return said, status

    def test(self, name, arguments, seconds, before=()):
        """Runs a program of tests as cargo would."""
        package = REPOSITORY / ("dl-runtime" if name == "dl_runtime" else "tests")
        command = [*before, self.programs / name, *arguments]
        return self.call(command, seconds, cwd=package, environment={"CARGO_MANIFEST_DIR": str(package)})

    def workloads(self, *arguments, seconds=120):
        """The JSON lines of our bench."""
        said, status = self.call([self.programs / "workloads", "--device", "cuda", "--json", *arguments], seconds)
        lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        for line in lines:
            self.results["libraries"].setdefault("dl", {}).update(line.get("libraries", {}))
        return lines, (
            None
            if status == 0
            else f"{said.strip().splitlines()[-1] if said.strip() else 'nothing said'} (status {status})"
        )

    def write(self):
        """Leaves what is known: at the end, and before it, should the run be stopped."""
        self.results["seconds"] = time.monotonic() - self.start
        (self.out / "results.json").write_text(json.dumps(self.results, indent=1))
        page = REPOSITORY / "docs" / "gpu.md"
        written = gpu_table.put(self.results, page.read_text())
        (self.out / "gpu.md").write_text(written)
        if not self.options.dry:
            page.write_text(written)


class Peer:
    """PyTorch with one workload in one precision, in a process that prepares itself while other things are done."""

    def __init__(self, run, work, precision):
        self.work, self.precision, self.lines = work, precision, queue.Queue()
        command = [sys.executable, REPOSITORY / "benches" / "gpu_torch.py", "--work", work, "--precision", precision]
        command += ["--dry", "--modes", "eager"] if run.options.dry else []
        # Many compile side by side.
        environment = dict(os.environ, TORCHINDUCTOR_COMPILE_THREADS="2", OMP_NUM_THREADS="2")
        self.errors = (
            open(run.out / f"torch-{work}-{precision}.txt", "w+") if run.options.verbose else subprocess.DEVNULL
        )
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=environment
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.lines.put(json.loads(line))
        self.lines.put({"reason": "PyTorch's process ended"})

    def next(self, seconds):
        try:
            return self.lines.get(timeout=max(0.1, seconds))
        except queue.Empty:
            return {"reason": "no answer in the time it had"}

    def ask(self, mode, feed, seconds, most):
        try:
            print(mode, feed, seconds, file=self.process.stdin, flush=True)
        except OSError as error:
            return {"reason": str(error)}
        return self.next(most)

    def stop(self):
        self.process.kill()
        self.process.wait()
