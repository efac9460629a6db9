"""The tests of benches/gpu.py: all of them as they are, and some under compute-sanitizer."""

import concurrent.futures
import os
import re
import shutil
import time

# Tests of dl-runtime and of the facade that compute-sanitizer looks at: (what, program, filters).
SANITIZED = [
    ("products and dense layers", "dl_runtime", ["ops::matmul", "ops::dense"]),
    ("convolutions", "dl_runtime", ["ops::conv2d", "ops::separable_conv2d"]),
    (
        "norms and softmax",
        "dl_runtime",
        ["ops::batch_norm", "ops::group_norm", "ops::layer_norm", "ops::rms_norm", "ops::softmax", "ops::l2_normalize"],
    ),
    (
        "reductions and pooling",
        "dl_runtime",
        ["ops::reduce", "ops::pool", "ops::global_avg", "ops::broadcast", "ops::embedding"],
    ),
    ("losses", "dl_runtime", ["loss::"]),
    ("optimizers and the device", "dl_runtime", ["optim::", "device::"]),
    (
        "other operations",
        "dl_runtime",
        [
            "ops::transpose",
            "ops::pad2d",
            "ops::upsample",
            "ops::concat",
            "ops::slice",
            "ops::activation",
            "ops::prelu",
            "ops::dropout",
            "ops::noise",
            "ops::arithmetic",
        ],
    ),
    ("training steps", "cuda", ["a_step_is_one_graph", "a_model_with_its_own_loss", "coarser_products"]),
]


def tests(run, seconds):
    """All programs of tests, several at a time."""
    end = time.monotonic() + seconds
    names = [name for name in run.about["programs"] if name != "workloads"]
    few = {
        "cuda": ["which_device_it_was", "a_step_is_one_graph"],
        "pytorch_schedules": [],
        "precisions": [],
        "dl_runtime": ["device::", "ops::dense"],
    }
    if run.options.dry:
        names = [name for name in names if name in few]
    if not os.path.isdir(run.about["emulation"]):
        # Other machines are made of the emulation's libraries.
        names = [name for name in names if name != "cuda_errors"]
    # The longest first.
    names.sort(key=lambda name: name not in ("dl_runtime", "zoo", "cuda", "trainer"))
    one = lambda name: (name, *run.test(name, few.get(name, []) if run.options.dry else [], end - time.monotonic()))
    found = {"passed": 0, "failed": 0, "programs": len(names)}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for name, said, status in pool.map(one, names):
            for result in re.finditer(r"test result: \w+\. (\d+) passed; (\d+) failed", said):
                found["passed"] += int(result[1])
                found["failed"] += int(result[2])
            for device in re.findall(r"CUDA in these tests: .*", said):
                run.say(device)
            if status is None:
                run.miss(f"the tests of `{name}` did not end in the time they had")
            elif status != 0:
                run.wrong = True
                run.say(
                    f"FAILED: {name}: {', '.join(re.findall(r'^test (.*) [.][.][.] FAILED', said, re.M)) or f'status {status}'}"
                )
    run.results["tests"] = found
    run.say(f"tests: {found['passed']} passed, {found['failed']} failed")


def sanitizer(run, seconds):
    """memcheck and racecheck over some of the tests, several at a time."""
    tool = shutil.which("compute-sanitizer") or shutil.which("/usr/local/cuda/bin/compute-sanitizer")
    if not tool:
        return run.miss("compute-sanitizer was not there")
    end = time.monotonic() + seconds

    def one(case):
        kind, (of, program, filters) = case
        before = [tool, "--tool", kind, "--error-exitcode", "99", "--print-limit", "20"]
        # The device asks for a kernel's parameters until there is none, and looks at every code by itself.
        before += ["--report-api-errors", "no"] if kind == "memcheck" else []
        left = end - time.monotonic()
        return (kind, of, *(run.test(program, filters, left, before) if left > 5 else ("", None)))

    # Both tools have had most kernels when time runs out.
    cases = [(kind, group) for group in SANITIZED for kind in ("memcheck", "racecheck")]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for kind, of, said, status in pool.map(one, cases):
            passed = sum(int(n) for n in re.findall(r"test result: \w+\. (\d+) passed", said))
            summary = re.findall(r"(?:ERROR|RACECHECK) SUMMARY: (.*)", said)
            # What it found is printed as it is found, also when it has no time to end.
            found = status == 99 or bool(re.search(r"={9} (Invalid|Error: Race)", said))
            run.wrong |= found or status not in (0, None)
            result = f"{passed} tests, {summary[-1] if summary else 'no summary'}"
            if status is None:
                result = "not to the end in the time it had"
            elif status not in (0, 99):
                result += f", and the program ended with status {status}"
            entry = {"tool": kind, "of": of, "result": f"{'**WRONG**: ' * found}{result}."}
            run.results["sanitizer"].append(entry)
            run.say(f"{kind}, {of}: {entry['result']}")
