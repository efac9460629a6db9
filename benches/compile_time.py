#!/usr/bin/env python3
"""Measures how long programs with `model!` take to compile, and what the optimiser is given.

    python3 benches/compile_time.py                  # everything, in seconds; the medians of three runs
    python3 benches/compile_time.py --only networks  # or first, depth
    python3 benches/compile_time.py --guard          # no clock: fails when each layer is more code the deeper the network

`first` is the README's first command from nothing, and a rebuild after its model was edited. `depth` are networks of 10 to 400
layers, and `networks` those of the literature (as in tests/zoo): the last crate alone, checked, and optimised for a program
that predicts, for one that trains in a loop of its own, for one that calls the trainer, and for the same on a GPU.
Everything is built in a temporary folder; downloads are not counted.
"""
import argparse, os, pathlib, re, shutil, statistics, subprocess, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent

PREDICTS = "println!(\"{:?}\", Net::init(1).predict(&Vec::<dl::Input<Net>>::new()).len());"
LOOP = """
    let net = Net::init(1);
    let mut training = net.training(DEVICE, 1)?;
    training.forward(&Vec::<dl::Input<Net>>::new())?;
    println!("{}", training.loss(&CrossEntropy, &[1])?);
    training.backward();
    training.step(&Sgd::new(0.1))?;"""
FIT = """
    let mut net = Net::init(1);
    let data = dl::data::Dataset::new(Vec::<dl::Input<Net>>::new(), Vec::<u32>::new())?;
    Trainer::new(Adam::new(1e-3)).loss(CrossEntropy).epochs(1).validate(&data).fit(&mut net, &data)?;"""
USES = {
    "predicts": PREDICTS,
    "trains": LOOP.replace("DEVICE", "Cpu::new()"),
    "fits": FIT,
    "on a GPU": FIT.replace(".epochs(1)", ".epochs(1).on(Cuda::new(0)?)"),
}


def cargo(*arguments, target, cwd=ROOT):
    """Seconds that a command of cargo takes; what it says when it fails."""
    start = time.perf_counter()
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target))
    run = subprocess.run(["cargo", *arguments], cwd=cwd, env=environment, capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"cargo {' '.join(arguments)}:\n{run.stderr}")
    return time.perf_counter() - start


def first(work, runs):
    """The README's first command in a copy of the repository, so that editing its model changes nothing here."""
    copy, target = work / "dl", work / "target-first"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("target", ".git"))
    cargo("fetch", target=target, cwd=copy)
    build = ("build", "--release", "--example", "digits")
    clean = []
    for _ in range(min(runs, 2)):
        shutil.rmtree(target, ignore_errors=True)
        clean.append(cargo(*build, target=target, cwd=copy))
    example = copy / "examples/digits.rs"
    text, rebuilds = example.read_text(), []
    for run in range(runs):
        edited, count = re.subn(r"-> dense\((\d+)\)", lambda m: f"-> dense({int(m[1]) + run + 1})", text, count=1)
        assert count == 1, "examples/digits.rs has a dense layer to edit"
        example.write_text(edited)
        rebuilds.append(cargo(*build, target=target, cwd=copy))
    print(f"first command, cold             {statistics.median(clean):6.1f} s")
    print(f"the same after a model edit     {statistics.median(rebuilds):6.1f} s")


def deep(layers):
    """`layers` layers: dense and relu, of changing widths."""
    chain = " ".join(f"-> dense({64 + i % 7})" if i % 2 == 0 else "-> relu" for i in range(layers - 1))
    return f"Net(x: [64]) -> [10] {{ x {chain} -> dense(10) }}"


def convolutions(blocks):
    """Residual blocks of convolution, batch norm and relu: six layers each."""
    block = "-> residual { conv2d(8, 3, padding: 1) -> batch_norm -> relu -> conv2d(8, 3, padding: 1) -> batch_norm }"
    return f"Net(image: [8, 16, 16]) -> [10] {{ image {block * blocks} -> global_avg_pool2d -> dense(10) }}"


def mobile(blocks):
    """Inverted residuals at 224×224, one by one; 16 of them are about MNASNet-0.5."""
    return f"""
        block inverted(x: [c, h, w]) {{
            x -> residual {{
                conv2d(6 * c, 1, bias: false) -> batch_norm -> relu
                -> depthwise_conv2d(3, padding: 1, bias: false) -> batch_norm -> relu -> conv2d(c, 1, bias: false) -> batch_norm
            }}
        }}
        Net(image: [3, 224, 224]) -> [10] {{
            image -> conv2d(16, 3, stride: 2, padding: 1, bias: false) -> batch_norm -> relu
            {"-> inverted" * blocks} -> global_avg_pool2d -> dense(10)
        }}"""


def literature(file):
    """The networks of a file of tests/zoo."""
    text = (ROOT / "tests/zoo" / f"{file}.rs").read_text()
    return re.search(r"^model! \{\n(.*?)^\}", text, re.M | re.S)[1]


def unrolled(copies):
    """A residual network of bottlenecks, every block written out: ResNet-50 has 3, 4, 6 and 3."""
    stages = " ".join(f"-> bottleneck({channels}{', stride: 2' if i == 0 and channels > 64 else ''})"
                      for channels, count in zip((64, 128, 256, 512), copies) for i in range(count))
    return f"""
        block conv(x, channels, kernel, stride: 1) {{
            x -> conv2d(channels, kernel, stride: stride, padding: kernel / 2, bias: false) -> batch_norm
        }}
        block bottleneck(x: [c, h, w], channels, stride: 1) {{
            let main = x -> conv(channels, 1) -> relu -> conv(channels, 3, stride: stride) -> relu -> conv(4 * channels, 1);
            let shortcut = if stride != 1 || c != 4 * channels {{ x -> conv(4 * channels, 1, stride: stride) }} else {{ x }};
            (main + shortcut) -> relu
        }}
        Net(image: [3, 224, 224]) -> [1000] {{
            image -> conv(64, 7, stride: 2) -> relu -> max_pool2d(3, stride: 2, padding: 1) {stages}
                -> global_avg_pool2d -> dense(1000)
        }}"""


def networks_of(kind):
    """Names and models."""
    if kind == "depth":
        return [(f"{layers} layers", deep(layers), "Net", layers) for layers in (10, 50, 200, 400)]
    few = [(f"{blocks} inverted residuals", mobile(blocks), "Net", None) for blocks in (3, 6, 9, 16)]
    blocks = [(f"{n} residual blocks", convolutions(n), "Net", None) for n in (4, 8, 12, 16)]
    resnets = [(name, literature("resnet"), name, None) for name in ("ResNet18", "ResNet50")]
    others = [("DenseNet121", literature("densenet"), "DenseNet121", None),
              ("MobileNetV2", literature("mobilenet"), "MobileNetV2", None)]
    resnets += [(f"{title}, unrolled", unrolled(copies), "Net", None)
                for title, copies in (("ResNet-50", (3, 4, 6, 3)), ("ResNet-101", (3, 4, 23, 3)))]
    return few + blocks + resnets + others


class Program:
    """A crate whose only dependency is dl."""

    def __init__(self, work, target, cuda):
        self.folder, self.target = work, target
        (work / "src").mkdir(parents=True, exist_ok=True)
        features = ', features = ["cuda"]' if cuda else ""
        (work / "Cargo.toml").write_text(
            '[package]\nname = "program"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n'
            f'[dependencies]\ndl = {{ package = "dl-nets", path = "{ROOT}"{features} }}\n')
        shutil.copy(ROOT / "Cargo.lock", work / "Cargo.lock")

    def write(self, model, name, use, edit=0):
        alias = f"type Net = {name};" if name != "Net" else ""
        declared = f"model! {{ {model} }}\n{alias}" if model else ""
        (self.folder / "src/main.rs").write_text(
            f"#![allow(dead_code, unused_imports)]\nuse dl::prelude::*;\n{declared}\n"
            f"fn main() -> dl::Result<()> {{ println!(\"{edit}\"); {use} Ok(()) }}\n")

    def seconds(self, model, name, use, runs, check=False):
        """The median of building the crate alone."""
        command, times = ("check",) if check else ("build", "--release"), []
        for run in range(runs):
            self.write(model, name, use, run)
            times.append(cargo(*command, target=self.target, cwd=self.folder))
        return statistics.median(times)


def measure(kind, work, runs):
    plain = Program(work / "plain", work / "target-plain", cuda=False)
    gpu = Program(work / "gpu", work / "target-gpu", cuda=True)
    empty = "let _ = Cpu::new();"
    # What they depend on, before anything is timed.
    for program, check in ((plain, True), (plain, False), (gpu, False)):
        program.seconds("", "Net", empty, 1, check)
    base = {True: plain.seconds("", "Net", empty, runs, check=True), False: plain.seconds("", "Net", empty, runs)}
    print(f"no model: cargo check {base[True]:.2f} s, cargo build --release {base[False]:.2f} s")
    print(f"{'':24}{'check':>9}" + "".join(f"{use:>10}" for use in USES))
    for title, model, name, layers in networks_of(kind):
        seconds = [plain.seconds(model, name, PREDICTS, runs, check=True)]
        for use, code in USES.items():
            program = gpu if use == "on a GPU" else plain
            seconds.append(program.seconds(model, name, code, runs))
        print(f"{title:24}" + "".join(f"{s:8.2f} s" for s in seconds), flush=True)
        if layers:
            each = [1000 * (s - base[i == 0]) / layers for i, s in enumerate(seconds)]
            print(f"{'  a layer':24}" + "".join(f"{ms:7.1f} ms" for ms in each), flush=True)


def guard(work):
    """Counts what the optimiser leaves of each further layer: it was 1,600 lines at 80 layers, and more the deeper."""
    program, failed, folder = Program(work / "guard", ROOT / "target", cuda=False), [], ROOT / "target/release/deps"
    for title, model in (("dense layers", lambda n: deep(6 * n)), ("residual blocks", convolutions)):
        for use in ("trains", "fits"):
            sizes = []
            for blocks in (8, 24):
                program.write(model(blocks), "Net", USES[use])
                for old in folder.glob("program-*.ll"):
                    old.unlink()
                emit = ("rustc", "--release", "--", "--emit=llvm-ir", "-Ccodegen-units=1")
                cargo(*emit, target=program.target, cwd=program.folder)
                [text] = [file.read_text() for file in folder.glob("program-*.ll")]
                functions = re.findall(r"^define.*?^}", text, re.M | re.S)
                sizes.append(sum(function.count("\n") for function in functions))
            more = sizes[1] - sizes[0]
            print(f"{title}, {use}: {sizes} lines for 48 and 144 layers: {more / 96:.0f} a layer")
            if more > 300 * 96:
                failed.append(f"{title}, {use}")
    if failed:
        raise SystemExit(f"FAILED: code grows faster than the layers: {'; '.join(failed)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["first", "depth", "networks"])
    parser.add_argument("--guard", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        if arguments.guard:
            return guard(work)
        if arguments.only in (None, "first"):
            first(work, arguments.runs)
        for kind in ("depth", "networks"):
            if arguments.only in (None, kind):
                measure(kind, work, arguments.runs)


if __name__ == "__main__":
    main()
