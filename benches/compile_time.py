#!/usr/bin/env python3
"""Measures how long programs with `model!` take to compile: a clean release build of the digits example, a rebuild after its
model was edited, models of 10, 50 and 200 layers over the same crate without a model, and ResNet-50 and `repeat`.

    python3 benches/compile_time.py [--runs 3]

Everything is built in a temporary folder; the medians of the runs are printed in seconds.
"""
import argparse, os, pathlib, re, shutil, statistics, subprocess, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def cargo(*arguments, target, cwd=ROOT):
    start = time.perf_counter()
    subprocess.run(["cargo", *arguments], cwd=cwd, env=dict(os.environ, CARGO_TARGET_DIR=str(target)), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def digits(work, runs):
    """The example in a copy of the repository, so that editing its model changes nothing here."""
    copy, target = work / "dl", work / "target"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("target", ".git"))
    subprocess.run(["cargo", "fetch"], cwd=copy, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
    print(f"digits, clean release build        {statistics.median(clean):6.1f} s")
    print(f"digits, rebuild after a model edit {statistics.median(rebuilds):6.1f} s")


def program(layers, edit):
    """A binary whose model has `layers` layers, alternating dense and relu."""
    chain = " ".join(f"-> dense({64 + (i + edit) % 7})" if i % 2 == 0 else "-> relu" for i in range(layers - 1))
    model = f"model! {{ pub Net(x: [64]) -> [10] {{ x {chain} -> dense(10) }} }}" if layers else ""
    use = "let mut s = Session::<Net>::on(Cpu::new(), &Net::init(1), 1).unwrap(); println!(\"{:?}\", s.predict_one(&[0.0; 64]));"
    return f"use dl::prelude::*;\n{model}\nfn main() {{ let _ = Cpu::new(); println!(\"{edit}\"); {use if layers else ''} }}\n"


def depth(work, runs):
    crate, target = work / "depth", work / "target-depth"
    (crate / "src").mkdir(parents=True)
    (crate / "Cargo.toml").write_text(
        f'[package]\nname = "depth"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\ndl = {{ path = "{ROOT}" }}\n[workspace]\n')
    for command in ("check", "build"):
        base = None
        for layers in (0, 10, 50, 200):
            times = []
            for run in range(runs + 1):
                (crate / "src/main.rs").write_text(program(layers, run))
                times.append(cargo(command, *(["--release"] if command == "build" else []), target=target, cwd=crate))
            median = statistics.median(times[1:])
            base = median if base is None else base
            extra = "" if layers == 0 else f"   {1000 * (median - base) / layers:6.1f} ms a layer over no model"
            print(f"cargo {command:5} {'--release' if command == 'build' else '         '} {layers:4} layers {median:6.2f} s{extra}")


RESNET50 = """
model! {
    block conv_norm(x, channels, kernel, stride: 1, padding: 0) {
        x -> conv2d(channels, kernel, stride: stride, padding: padding, bias: false) -> batch_norm
    }
    block bottleneck(x: [c, h, w], channels, stride: 1) {
        let main = x -> conv_norm(channels, 1) -> relu
            -> conv_norm(channels, 3, stride: stride, padding: 1) -> relu -> conv_norm(4 * channels, 1);
        let shortcut = if stride != 1 || c != 4 * channels { x -> conv_norm(4 * channels, 1, stride: stride) } else { x };
        (main + shortcut) -> relu
    }
    pub Net(image: [3, 224, 224]) -> [1000] {
        image -> conv_norm(64, 7, stride: 2, padding: 3) -> relu -> max_pool2d(3, stride: 2, padding: 1)
            STAGES
            -> global_avg_pool2d -> dense(1000)
    }
}""".replace("STAGES", " ".join(
    f"-> bottleneck({channels}{', stride: 2' if i == 0 and channels > 64 else ''})"
    for channels, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)) for i in range(blocks)))


def repeat(copies):
    body = "residual { layer_norm -> dense(16) -> gelu -> dense(16) }"
    return f"model! {{ pub Net(x: [16]) -> [16] {{ x -> repeat {copies} {{ {body} }} }} }}"


def networks(work, runs):
    """`cargo check` of ResNet-50, and of stacks of 2 and 1,000 copies, over a program without a model."""
    crate, target = work / "networks", work / "target-depth"
    (crate / "src").mkdir(parents=True)
    (crate / "Cargo.toml").write_text(
        f'[package]\nname = "networks"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\ndl = {{ path = "{ROOT}" }}\n[workspace]\n')
    for name, model in (("no model", ""), ("ResNet-50", RESNET50), ("repeat 2", repeat(2)), ("repeat 1000", repeat(1000))):
        times = []
        for run in range(runs + 1):
            # Without the model in between, so that nothing of it is there from before.
            for text in ("", model):
                (crate / "src/main.rs").write_text(f"use dl::prelude::*;\n{text}\nfn main() {{ let _ = Cpu::new(); println!(\"{run}\"); }}\n")
                last = cargo("check", target=target, cwd=crate)
            times.append(last)
        print(f"cargo check {name:12} {statistics.median(times[1:]):6.2f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["digits", "depth", "networks"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        for name, measure in (("digits", digits), ("depth", depth), ("networks", networks)):
            if arguments.only in (None, name):
                measure(pathlib.Path(work), arguments.runs)


if __name__ == "__main__":
    main()
