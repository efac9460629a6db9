#!/usr/bin/env python3
"""PyTorch's side of benches/gpu.py: the training steps of the workloads on a GPU, and what the GPU can do at most.

    python3 benches/gpu_torch.py --limits                      one JSON object
    python3 benches/gpu_torch.py --work T1_b64 --precision f32

The second prints what it could prepare, then reads lines `MODE FEED SECONDS` and answers each with a JSON object, so
that compiling goes on while other things are done, and a figure can be asked for at any time. Modes:

    eager      step by step, with the fused optimizer
    overhead   loss and backward by torch.compile(mode="reduce-overhead"), which makes CUDA graphs; fused optimizer
    graph      the eager step, optimizer included, recorded as one CUDA graph
    compiled   forward, loss and backward by torch.compile, recorded with the fused optimizer as one CUDA graph

Feeds: `host` copies a batch from pinned memory before every step without waiting, four batches in turn; `gpu` leaves
inputs and targets where they are. With bf16 the forward pass and the loss run under autocast, weights stay float32.
"""

import argparse
import json
import statistics
import sys
import time
import warnings

import gpu_libraries
from compare import lenet, mlp, resnet20

MODES = ["eager", "overhead", "graph", "compiled"]
BATCHES = 4


def network(work, small):
    """The network of a workload, the shape of its batch, its classes, and a function that makes its optimizer."""
    import torch

    adam = lambda weights, **more: torch.optim.Adam(weights, lr=1e-3, **more)
    momentum = lambda weights, **more: torch.optim.SGD(weights, lr=0.1, momentum=0.9, **more)
    sgd = lambda weights, **more: torch.optim.SGD(weights, lr=1e-3, **more)
    wide = 64 if small else 4096
    net, batch, sample, classes, optimizer = {
        "T1_b64": lambda: (mlp(784, 512, 256, 10), 64, [784], 10, adam),
        "T1_b256": lambda: (mlp(784, 512, 256, 10), 256, [784], 10, adam),
        "T2": lambda: (lenet(), 64, [1, 28, 28], 10, adam),
        "T3": lambda: (resnet20(), 32, [3, 32, 32], 10, momentum),
        "MLP_4096": lambda: (mlp(*[wide] * 5), wide, [wide], wide, sgd),
    }[work]()
    return net, [min(batch, 4) if small and work != "MLP_4096" else batch, *sample], classes, optimizer


def set_precision(precision):
    """Products in float32, or in TF32 where float32 is asked for; bf16 is autocast's."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.benchmark = True


class Steps:
    """The training steps of one workload in one mode."""

    def __init__(self, work, precision, mode, device, small):
        import torch
        import torch.nn.functional as F

        self.device = device
        net, shape, classes, optimizer = network(work, small)
        net = net.to(device)
        # Only Adam counts its steps on the GPU, where asked to.
        capturable = {"capturable": True} if mode in ("graph", "compiled") and work[:2] in ("T1", "T2") else {}
        fused = {"fused": True} if device == "cuda" else {}
        self.optimizer = optimizer(net.parameters(), **fused, **capturable)
        pin = (lambda x: x.pin_memory()) if device == "cuda" else (lambda x: x)
        self.batches = [(pin(torch.rand(shape)), pin(torch.randint(classes, shape[:1]))) for _ in range(BATCHES)]
        self.x, self.y = (part.to(device) for part in self.batches[0])

        def loss(x, y):
            # Without the cache of rounded weights, which a recorded graph would not renew.
            with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16", cache_enabled=False):
                return F.cross_entropy(net(x), y)

        self.loss = loss
        if mode == "overhead":
            self.loss = torch.compile(loss, mode="reduce-overhead" if device == "cuda" else None)
        if mode == "compiled":
            self.loss = torch.compile(loss)
        self.step = self.eager
        if mode in ("graph", "compiled"):
            self.record()
        for feed in ("host", "gpu"):
            self.run(feed, 3)

    def eager(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.x, self.y).backward()
        self.optimizer.step()

    def record(self):
        """Makes one CUDA graph of a step, after some steps beside the stream of the others."""
        import torch

        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(4):
                self.eager()
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        # Gradients are to lie in the graph's own memory.
        self.optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.loss(self.x, self.y).backward()
            self.optimizer.step()
        self.step = graph.replay

    def run(self, feed, steps):
        """The seconds of so many steps, with nothing left to do at their end."""
        start = time.perf_counter()
        for turn in range(steps):
            if feed == "host":
                x, y = self.batches[turn % BATCHES]
                self.x.copy_(x, non_blocking=True)
                self.y.copy_(y, non_blocking=True)
            self.step()
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()
        return time.perf_counter() - start


def groups(run, seconds):
    """Median and least microseconds of a step: `run` takes a number of steps; as `groups` of workloads/measure.rs."""
    run(3)
    steps, one = 2, run(2) / 2
    while one * steps < seconds / 3:
        steps *= 2
        one = run(steps) / steps
    steps = max(2, min(10_000, int(0.02 / one))) if seconds else 2
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < (7 if seconds else 1):
        times.append(1e6 * run(steps) / steps)
    return statistics.median(times), min(times)


def serve(work, precision, modes, device, small):
    """Prepares all modes, then measures what is asked for."""
    set_precision(precision)
    ready, reasons = {}, {}
    for mode in modes:
        try:
            ready[mode] = Steps(work, precision, mode, device, small)
        except Exception as error:  # Whatever it is, the other modes go on, and the table says so.
            reasons[mode] = (
                f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
            )
    print(json.dumps({"ready": list(ready), "reasons": reasons}), flush=True)
    for line in sys.stdin:
        mode, feed, seconds = line.split()
        answer = {"work": work, "precision": precision, "mode": mode, "feed": feed}
        try:
            median, best = groups(lambda steps: ready[mode].run(feed, steps), float(seconds))
            answer |= {"median_us": round(median, 3), "best_us": round(best, 3)}
        except Exception as error:
            answer["reason"] = str(error).strip()[:200]
        print(json.dumps(answer), flush=True)


def limits(device, small):
    """What the GPU does at most: products, copies, kernels in a graph."""
    import torch

    cuda = device == "cuda"
    wait = torch.cuda.synchronize if cuda else lambda: None

    def seconds(call, least):
        call()
        wait()
        times = []
        while sum(times) < least or len(times) < 5:
            start = time.perf_counter()
            call()
            wait()
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    least = 0.0 if small else 0.5
    found = {"torch": torch.__version__, "cuda_of_torch": torch.version.cuda}
    n, times = (256, 1) if small else (8192, 5)
    for precision in ("f32", "tf32", "bf16"):
        set_precision(precision)
        kind = torch.bfloat16 if precision == "bf16" else torch.float32
        a, b = (torch.randn(n, n, device=device, dtype=kind) for _ in range(2))
        c = torch.empty(n, n, device=device, dtype=kind)
        several = lambda: [torch.mm(a, b, out=c) for _ in range(times)]
        found[f"{precision}_tflops"] = round(times * 2 * n**3 / seconds(several, least) / 1e12, 3)
    words = 1 << (16 if small else 29)
    a, b = (torch.rand(words, device=device) for _ in range(2))
    found["copy_gbs"] = round(2 * 4 * words / seconds(lambda: b.copy_(a), least) / 1e9, 1)
    if cuda:
        host = torch.empty(words // 8).pin_memory()
        copy = lambda: a[: len(host)].copy_(host, non_blocking=True)
        found["host_to_gpu_gbs"] = round(4 * len(host) / seconds(copy, least) / 1e9, 1)

        few = torch.zeros(32, device=device)
        for kernels in (1, 201):
            few.add_(1)
            graph = torch.cuda.CUDAGraph()
            torch.cuda.synchronize()
            with torch.cuda.graph(graph):
                for _ in range(kernels):
                    few.add_(1)
            replay = lambda: [graph.replay() for _ in range(100)]
            found[f"graph_of_{kernels}_us"] = round(1e4 * seconds(replay, least), 3)
        found["kernel_in_graph_us"] = round((found["graph_of_201_us"] - found["graph_of_1_us"]) / 200, 3)
        # Loads cuDNN, too, so that it is among those of the record.
        torch.nn.functional.conv2d(torch.rand(1, 8, 8, 8, device=device), torch.rand(8, 8, 3, 3, device=device))
        wait()
    found["libraries"] = gpu_libraries.loaded()
    print(json.dumps(found), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--work")
    parser.add_argument("--precision", default="f32", choices=["f32", "tf32", "bf16"])
    parser.add_argument("--modes", nargs="+", default=MODES, choices=MODES)
    parser.add_argument("--dry", action="store_true", help="on the CPU, tiny")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    device = "cpu" if options.dry else "cuda"
    if options.limits:
        limits(device, options.dry)
    else:
        serve(options.work, options.precision, options.modes, device, options.dry)


if __name__ == "__main__":
    main()
