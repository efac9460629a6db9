#!/usr/bin/env python3
"""Compares dl with PyTorch and ONNX Runtime on the same machine in the same run, and prints one table of ratios.

    python3 -m venv venv && venv/bin/pip install torch numpy onnx onnxscript onnxruntime
    venv/bin/python benches/compare.py                    everything, in three passes
    venv/bin/python benches/compare.py --only T1 --threads 1 --passes 2
    venv/bin/python benches/compare.py --peak 139 278 --bandwidth 21     with the limits of the machine

Workloads (float32):
    G1_<m>x<k>x<n>    matrix product
    T1_b64, T1_b256   training step (forward, loss, backward, Adam) of an MLP 784-512-256-10, ReLU, cross-entropy
    T2                training step of LeNet on 1x28x28, batch 64, Adam
    T3                training step of ResNet-20 on 3x32x32, batch 32, SGD with momentum
    T4_lstm, T4_gru   training step of an LSTM or GRU: 64 rows of 32 features, hidden 128, last row to 10, batch 32, Adam
    T5                training step of a GPT of 4 layers of width 128, 4 heads, context 128, vocabulary 65, batch 16, AdamW
    T6_resnet18       training step of ResNet-18 on 3x64x64, batch 32, SGD with momentum
    T7_unet           training step of a U-Net of a quarter of the width on 1x128x128, batch 8, mean squared error, Adam
    T8_convnext       training step of four blocks of ConvNeXt of 64 channels on 64x28x28, batch 16, Adam
    I1_tiny, I1_mlp, I1_lenet, I1_resnet20   one prediction, batch 1: an MLP 4-16-16-3, the networks of T1 to T3
    I2_<network>      one image of 224x224, in ONNX Runtime from the file that dl exports: resnet18, resnet50, vgg16, densenet,
                      googlenet, mobilenet, squeezenet, convnext
    I3_<network>      32 images at once, the same way: resnet20 (32x32), resnet18, mobilenet, squeezenet
    I1_gpt, I1_gpt_token   the GPT of T5 on a whole context, and on one token after 127 with their keys and values
    I1_gpt2_token     the same token of GPT-2 with 124 million weights
    R1_layer_norm, R1_gelu, R1_softmax, each also _backward      passes over 2048 rows of 768 numbers

A workload is measured in turns, ours, then each of theirs, then ours again (`--passes`), each in a process of its own,
because the speed of a machine drifts; a figure is the median over the passes of the median in a process, in
microseconds. The ratio is ours over the fastest of theirs: below one, ours is faster. Ours come from
`cargo bench -p dl-benches -- --json --threads N --only REGEX`.

Of training steps the most memory of the process is compared too: ours, and theirs without what PyTorch takes before the network exists.

Modes of theirs: eager; fused (the optimizer's `fused=True`); compile (`torch.compile` of model and loss, with the fused
optimizer; for predictions with frozen weights); ort (ONNX Runtime, predictions only). `torch.compile` needs a C++ compiler; where it
does not work its column is empty and a note says why.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PRODUCTS = [(n, n, n) for n in (64, 128, 256, 512, 1024, 2048)] + [(64, 784, 512), (256, 784, 512)]
WORKS = [f"G1_{m}x{k}x{n}" for m, k, n in PRODUCTS] + [
    "T1_b64", "T1_b256", "T2", "T3", "T4_lstm", "T4_gru", "T5", "T6_resnet18", "T7_unet", "T8_convnext",
    "I1_tiny", "I1_mlp", "I1_lenet", "I1_resnet20", "I1_gpt", "I1_gpt_token", "I1_gpt2_token",
    *(f"I2_{net}" for net in ("resnet18", "resnet50", "vgg16", "densenet", "googlenet", "mobilenet", "squeezenet", "convnext")),
    *(f"I3_{net}" for net in ("resnet20", "resnet18", "mobilenet", "squeezenet"))] + [f"R1_{pass_}{way}" for pass_ in ("layer_norm", "gelu", "softmax") for way in ("", "_backward")]
MODES = {"G": ["eager"], "R": ["eager"], "T": ["eager", "fused", "compile"], "I": ["eager", "compile", "ort"]}
EXPORTED = re.compile("I[23]_")
# The wheel of PyTorch brings an OpenMP runtime, compiled code links the system's: two spinning thread pools on few cores
# make compiled steps many times slower, so compiled modes load the system's for both.
GOMP = "/lib/x86_64-linux-gnu/libgomp.so.1"


def mlp(*sizes):
    """Dense layers of these sizes with ReLU between them."""
    import torch.nn as nn

    layers = [layer for i, o in zip(sizes, sizes[1:]) for layer in (nn.Linear(i, o), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def lenet():
    """LeNet-5 with ReLU and max pooling."""
    import torch.nn as nn

    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def residual_blocks():
    """A convolution with batch norm, and a residual block of two of them with a projection where the shape changes."""
    import torch.nn as nn
    import torch.nn.functional as F

    def conv(inputs, outputs, kernel, stride):
        return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))

    class Basic(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.main = nn.Sequential(conv(inputs, outputs, 3, stride), nn.ReLU(), conv(outputs, outputs, 3, 1))
            same = stride == 1 and inputs == outputs
            self.shortcut = nn.Identity() if same else conv(inputs, outputs, 1, stride)

        def forward(self, x):
            return F.relu(self.main(x) + self.shortcut(x))

    return conv, Basic


def resnet(layers, stages, blocks):
    """Stages of residual blocks after the first layers, and ten classes."""
    import torch.nn as nn

    (_, basic), inputs = residual_blocks(), stages[0]
    for outputs in stages:
        for block in range(blocks):
            layers.append(basic(inputs, outputs, 2 if outputs > stages[0] and block == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


def resnet20():
    """ResNet-20 with projections where the shape changes."""
    import torch.nn as nn

    conv, _ = residual_blocks()
    return resnet([conv(3, 16, 3, 1), nn.ReLU()], (16, 32, 64), 3)


def resnet18():
    """ResNet-18 for ten classes."""
    import torch.nn as nn

    conv, _ = residual_blocks()
    return resnet([conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], (64, 128, 256, 512), 2)


def unet():
    """U-Net with a quarter of its width."""
    import torch
    import torch.nn as nn

    double = lambda i, o: nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            sizes = [1, 16, 32, 64, 128, 256]
            self.down = nn.ModuleList(double(i, o) for i, o in zip(sizes, sizes[1:]))
            self.up = nn.ModuleList(nn.ConvTranspose2d(2 * o, o, 2, 2) for o in sizes[4:0:-1])
            self.merge = nn.ModuleList(double(2 * o, o) for o in sizes[4:0:-1])
            self.out = nn.Conv2d(16, 2, 1)

        def forward(self, x):
            skips = []
            for i, down in enumerate(self.down):
                x = down(nn.functional.max_pool2d(x, 2) if i else x)
                skips.append(x)
            for up, merge, skip in zip(self.up, self.merge, skips[-2::-1]):
                x = merge(torch.cat([up(x), skip], 1))
            return self.out(x)

    return UNet()


def convnext():
    """Four blocks of ConvNeXt of 64 channels."""
    import torch.nn as nn
    import torch.nn.functional as F

    class Next(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.depthwise, self.norm = nn.Conv2d(c, c, 7, padding=3, groups=c), nn.LayerNorm(c, eps=1e-6)
            self.wide, self.narrow = nn.Linear(c, 4 * c), nn.Linear(4 * c, c)

        def forward(self, x):
            y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
            return x + self.narrow(F.gelu(self.wide(y))).permute(0, 3, 1, 2)

    return nn.Sequential(*(Next(64) for _ in range(4)), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def recurrent(kind):
    """The last row of an LSTM or GRU of 128 features to ten classes."""
    import torch.nn as nn

    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.out = getattr(nn, kind)(32, 128, batch_first=True), nn.Linear(128, 10)

        def forward(self, x):
            return self.out(self.rnn(x)[0][:, -1])

    return Last()


def gpt(**sizes):
    """A GPT; `forward` takes tokens and, in turn for each layer, the keys and values before them."""
    import torch
    import torch.nn as nn
    import torch.nn.functional as F

    class Layer(nn.Module):
        def __init__(self, d, heads):
            super().__init__()
            self.heads, self.norm1, self.norm2 = heads, nn.LayerNorm(d), nn.LayerNorm(d)
            self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
            self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

        def forward(self, x, past=None):
            split = lambda x: x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            q, k, v = map(split, self.qkv(self.norm1(x)).chunk(3, -1))
            if past is not None:
                k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
            y = F.scaled_dot_product_attention(q, k, v, is_causal=past is None)
            x = x + self.out(y.transpose(1, 2).flatten(2))
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class Gpt(nn.Module):
        def __init__(self, vocabulary=65, context=128, d=128, heads=4, layers=4):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(vocabulary, d), nn.Embedding(context, d)
            self.layers = nn.ModuleList(Layer(d, heads) for _ in range(layers))
            self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, vocabulary, bias=False)

        def forward(self, tokens, *past):
            start = past[0].shape[2] if past else 0
            x = self.tokens(tokens) + self.positions.weight[start:start + tokens.shape[1]]
            for i, layer in enumerate(self.layers):
                x = layer(x, past[2 * i:2 * i + 2] if past else None)
            return self.head(self.norm(x))

    return Gpt(**sizes)


def network(work):
    """The network of a workload, and a batch for it."""
    import torch

    if work == "I1_gpt_token":
        return gpt(), (torch.zeros(1, 1, dtype=torch.long), *(torch.rand(1, 4, 127, 32) for _ in range(8)))
    if work == "I1_gpt2_token":
        net = gpt(vocabulary=50257, context=1024, d=768, heads=12, layers=12)
        net.head.weight = net.tokens.weight
        return net, (torch.zeros(1, 1, dtype=torch.long), *(torch.rand(1, 12, 127, 64) for _ in range(24)))

    if work.startswith("T1"):
        return mlp(784, 512, 256, 10), torch.rand(int(work[4:]), 784)
    return {
        "T2": lambda: (lenet(), torch.rand(64, 1, 28, 28)),
        "T3": lambda: (resnet20(), torch.rand(32, 3, 32, 32)),
        "T4_lstm": lambda: (recurrent("LSTM"), torch.rand(32, 64, 32)),
        "T4_gru": lambda: (recurrent("GRU"), torch.rand(32, 64, 32)),
        "T5": lambda: (gpt(), torch.randint(65, (16, 128))),
        "T6_resnet18": lambda: (resnet18(), torch.rand(32, 3, 64, 64)),
        "T7_unet": lambda: (unet(), torch.rand(8, 1, 128, 128)),
        "T8_convnext": lambda: (convnext(), torch.rand(16, 64, 28, 28)),
        "I1_gpt": lambda: (gpt(), torch.randint(65, (1, 128))),
        "I1_resnet20": lambda: (resnet20(), torch.rand(1, 3, 32, 32)),
        "I1_tiny": lambda: (mlp(4, 16, 16, 3), torch.rand(1, 4)),
        "I1_mlp": lambda: (mlp(784, 512, 256, 10), torch.rand(1, 784)),
        "I1_lenet": lambda: (lenet(), torch.rand(1, 1, 28, 28)),
    }[work]()


def training_step(work, mode):
    """A function that does one training step."""
    import torch
    import torch.nn.functional as F

    net, x = network(work)
    y = torch.randint(65, (16, 128)) if work == "T5" else torch.randint(10, (len(x),))
    y = torch.rand(8, 2, 128, 128) if work == "T7_unet" else y
    fused = mode != "eager"
    if work in ("T3", "T6_resnet18"):
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, fused=fused)
    elif work == "T5":
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=fused)
    else:
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=fused)
    loss = lambda x, y: F.cross_entropy(net(x).flatten(0, -2), y.flatten())
    loss = (lambda x, y: F.mse_loss(net(x), y)) if work == "T7_unet" else loss
    loss = torch.compile(loss) if mode == "compile" else loss

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss(x, y).backward()
        optimizer.step()

    return step


def prediction(work, mode, threads):
    """A function that makes one prediction."""
    import torch

    net, x = network(work)
    x = x if isinstance(x, tuple) else (x,)
    net.eval()
    if mode == "ort":
        import onnxruntime

        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/net.onnx"
            names = [f"x{i}" for i in range(len(x))]
            torch.onnx.export(net, x, path, dynamo=False, input_names=names, output_names=["y"])
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        feed = {name: value.numpy() for name, value in zip(names, x)}
        return lambda: session.run(None, feed)
    if mode == "compile":
        import torch._inductor.config

        torch._inductor.config.freezing = True
        net = torch.compile(net)
    return lambda: net(*x)


def exported(work, threads):
    """A function that makes one prediction of a network from the file that dl exports, in ONNX Runtime."""
    import numpy
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        command = ["cargo", "bench", "-q", "-p", "dl-benches", "--", "--onnx", folder, "--only", f"^{work}$"]
        subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(f"{folder}/{work}.onnx", options, providers=["CPUExecutionProvider"])
    [image] = session.get_inputs()
    samples = 32 if work.startswith("I3") else 1
    feed = {image.name: numpy.random.rand(samples, *image.shape[1:]).astype(numpy.float32)}
    return lambda: session.run(None, feed)


def rows(work):
    """A pass over 2048 rows of 768 numbers; a backward pass is that of autograd, without the sum into `grad`."""
    import torch
    import torch.nn.functional as F

    x, dy = torch.randn(2048, 768), torch.randn(2048, 768)
    weight, bias = torch.randn(768), torch.randn(768)
    name, backward = work[3:].removesuffix("_backward"), work.endswith("_backward")
    functions = {"layer_norm": lambda x, w, b: F.layer_norm(x, (768,), w, b), "gelu": lambda x, *_: F.gelu(x),
                 "softmax": lambda x, *_: F.softmax(x, -1)}
    if not backward:
        return lambda: functions[name](x, weight, bias)
    leaves = [t.requires_grad_() for t in ((x, weight, bias) if name == "layer_norm" else (x,))]
    y = functions[name](x, weight, bias)
    return lambda: torch.autograd.grad(y, leaves, dy, retain_graph=True)


def product(work):
    """A function that multiplies two matrices."""
    import torch

    m, k, n = map(int, work[3:].split("x"))
    a, b, c = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)
    return lambda: torch.mm(a, b, out=c)


def measure(call, warm=0.7, run=1.5):
    """Median microseconds of a call; calls under 50 microseconds are timed in groups."""
    clock, n, start = time.perf_counter, 0, time.perf_counter()
    while clock() - start < warm or n < 3:
        call()
        n += 1
    one = (clock() - start) / n
    group = 1 if one > 50e-6 else max(1, int(200e-6 / one))
    samples, end = [], clock() + run
    while clock() < end or len(samples) < 7:
        start = clock()
        for _ in range(group):
            call()
        samples.append((clock() - start) / group)
    return 1e6 * statistics.median(samples)


def memory_mb(most):
    """The memory of this process now, or the most that it has had."""
    import resource

    if most:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def theirs_here(work, mode, threads):
    """Measures one case of theirs in this process, and the memory that it takes."""
    import warnings

    warnings.filterwarnings("ignore")
    if EXPORTED.match(work):
        return measure(exported(work, threads)), None
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    if work[0] == "T":
        before = memory_mb(False)
        return measure(training_step(work, mode)), memory_mb(True) - before
    if work[0] == "R":
        return measure(rows(work)), None
    # Freezing refuses inference mode.
    with torch.no_grad() if mode == "compile" else torch.inference_mode():
        return measure(product(work) if work[0] == "G" else prediction(work, mode, threads)), None


def child(command, environment=None):
    """The JSON lines that a process prints, and why there are none."""
    try:
        done = subprocess.run(command, cwd=REPOSITORY, env=dict(os.environ, **(environment or {})), capture_output=True,
                              text=True, timeout=900)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], str(error)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    reason = [line for line in done.stderr.splitlines() if line.strip()]
    return lines, None if lines else (reason[-1] if reason else f"exit status {done.returncode}")


def theirs(work, mode, threads):
    """Measures one case of theirs in a process of its own."""
    environment = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    if mode == "compile" and os.path.exists(GOMP):
        environment["LD_PRELOAD"] = GOMP
    lines, error = child([sys.executable, __file__, "--case", work, mode, str(threads)], environment)
    return (lines[0] if lines else None), error


def ours(work, threads):
    """Measures one workload of ours."""
    lines, error = child(["cargo", "bench", "-q", "-p", "dl-benches", "--", "--json", "--threads", str(threads),
                          "--only", f"^{work}$"])
    found = [line for line in lines if line.get("work") == work]
    return (found[0] if found else None), error or "the bench does not know it"


# Multiply-adds of one sample by layer, and the number of weights.
LAYERS = {"tiny": ([4 * 16, 16 * 16, 16 * 3], 403), "mlp": ([784 * 512, 512 * 256, 256 * 10], 535_818),
          "lenet": ([6 * 25 * 784, 16 * 150 * 100, 400 * 120, 120 * 84, 84 * 10], 61_706),
          # Every stage halves the sides and doubles the channels: all 3x3 layers but the first of a stage cost the same.
          "resnet18": ([1_814_073_344], 0), "mobilenet": ([300_774_272], 0), "squeezenet": ([349_151_936], 0),
          "convnext": ([547_332_480], 0),
          "resnet50": ([4_089_184_256], 0), "vgg16": ([15_470_264_320], 0), "densenet": ([2_834_161_664], 0),
          "googlenet": ([1_497_352_192], 0),
          "resnet20": ([27 * 16 * 1024] + [144 * 16 * 1024] * 16 + [144 * 16 * 1024 // 2] * 2 + [16 * 32 * 256] * 2 + [640],
                       272_474 + 2_560 + 192)}


def limit(work, peak, bandwidth):
    """Least microseconds: operations over the peak (GFLOP/s), and Adam's traffic over the bandwidth (GB/s)."""
    if work[0] == "G":
        m, k, n = map(int, work[3:].split("x"))
        return 2e-3 * m * k * n / peak
    if work == "I1_gpt2_token":  # Every weight but the positions is read once.
        return 4e-3 * (124_439_808 - 1024 * 768) / bandwidth if bandwidth else None
    if work[0] == "R":
        return None
    if work[:2] in ("T4", "T5") or "gpt" in work:
        # Rows times the products of a row; the GPT attends to half of its context.
        row = {"T4_lstm": 4 * 128 * 160, "T4_gru": 3 * 128 * 160}.get(work, 4 * (12 * 128 * 128 + 128 * 128) + 128 * 65)
        rows = {"T4_lstm": 32 * 64, "T4_gru": 32 * 64, "T5": 16 * 128, "I1_gpt": 128, "I1_gpt_token": 1}[work]
        return 2e-3 * rows * row * (3 if work[0] == "T" else 1) / peak
    if work[:2] in ("T6", "T7", "T8"):
        return None
    layers, weights = LAYERS[{"T1": "mlp", "T2": "lenet", "T3": "resnet20"}.get(work[:2], work[3:])]
    if work[0] == "I":
        return 2e-3 * sum(layers) * (32 if work[1] == "3" else 1) / peak
    batch = {"T2": 64, "T3": 32}.get(work) or int(work[4:])
    # Adam reads four arrays and writes three; those of a small network stay in the cache.
    adam = 7 * 4e-3 * weights / bandwidth if bandwidth and 16 * weights > 2**21 else 0.0
    return 2e-3 * batch * (3 * sum(layers) - layers[0]) / peak + adam  # the first layer needs no input gradient


def table(results, errors, threads, peak, bandwidth):
    """Prints the medians and ratios."""
    middle = lambda key: statistics.median(results[key]) if results.get(key) else None
    text = lambda value: "-" if value is None else f"{value:,.2f}" if value < 10 else f"{value:,.0f}"
    columns = ["eager", "fused", "compile", "ort"]
    print(f"\n| work | threads | limit | ours | {' | '.join(columns)} | ours / best |\n|{'---|' * (len(columns) + 5)}")
    for work in dict.fromkeys(key[0] for key in results):
        for n in threads:
            mine, others = middle((work, n, "ours")), [middle((work, n, mode)) for mode in columns]
            known = [value for value in others if value is not None]
            ratio = f"{mine / min(known):.2f}" if mine is not None and known else "-"
            least = limit(work, peak[min(threads.index(n), len(peak) - 1)], bandwidth) if peak else None
            print(f"| {work} | {n} | {text(least)} | {text(mine)} | {' | '.join(map(text, others))} | {ratio} |")
    print("\nmicroseconds, medians")
    for (mode, reason), works in errors.items():
        print(f"no figure for {mode} ({', '.join(dict.fromkeys(works))}): {reason}")


def memory(peaks, threads):
    """Prints the most memory of training steps."""
    works = list(dict.fromkeys(key[0] for key in peaks))
    if works:
        print(f"\n| work | threads | ours, MB | the least of theirs, MB | ratio |\n|{'---|' * 5}")
    for work in works:
        for n in threads:
            mine = peaks.get((work, n, "ours"))
            others = [value for (other, m, mode), value in peaks.items() if (other, m) == (work, n) and mode != "ours"]
            if mine and others:
                print(f"| {work} | {n} | {mine:,.0f} | {min(others):,.0f} | {mine / min(others):.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=".", help="regular expression of workloads")
    parser.add_argument("--modes", default=".", help="regular expression of ours and theirs: ours|eager|fused|compile|ort")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--peak", type=float, nargs="+", help="measured GFLOP/s for each number of threads: adds limits")
    parser.add_argument("--bandwidth", type=float, help="measured GB/s beyond the L2 cache, for the limit of Adam")
    parser.add_argument("--json", help="file to append every figure to")
    parser.add_argument("--case", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        work, mode, n = options.case
        median, peak = theirs_here(work, mode, int(n))
        print(json.dumps({"work": work, "mode": mode, "median_us": median, "peak_mb": peak}))
        return
    works = [work for work in WORKS if re.search(options.only, work)]
    without_compiler = not any(map(shutil.which, filter(None, (os.environ.get("CXX"), "g++", "clang++"))))
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"the machine is busy (load {load:.1f}): ratios will say little, least of all with several threads", file=sys.stderr)
    results, errors, peaks = {}, {}, {}
    for turn in range(options.passes):
        for work in works:
            for n in options.threads:
                for mode in ["ours", *(["ort"] if EXPORTED.match(work) else MODES[work[0]])]:
                    if not re.search(options.modes, mode):
                        continue
                    if mode == "compile" and without_compiler:
                        value, error = None, "no C++ compiler"
                    else:
                        value, error = ours(work, n) if mode == "ours" else theirs(work, mode, n)
                    if value is None:
                        errors.setdefault((mode, error), []).append(work)
                        continue
                    results.setdefault((work, n, mode), []).append(value["median_us"])
                    line = {"pass": turn, "work": work, "threads": n, "mode": mode, "median_us": round(value["median_us"], 4)}
                    if work[0] == "T" and value.get("peak_mb"):
                        line["peak_mb"] = round(value["peak_mb"], 1)
                        peaks[work, n, mode] = value["peak_mb"]
                    print(json.dumps(line), file=sys.stderr, flush=True)
                    if options.json:
                        with open(options.json, "a") as file:
                            file.write(json.dumps(line) + "\n")
    table(results, errors, options.threads, options.peak, options.bandwidth)
    memory(peaks, options.threads)


if __name__ == "__main__":
    main()
