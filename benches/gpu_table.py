"""The table of benches/gpu.py: what was measured on a GPU, as Markdown, and its place in docs/gpu.md."""

import statistics

import gpu_libraries
from compare import LAYERS

BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"
WORKS = ["T1_b64", "T1_b256", "T2", "T3", "MLP_4096"]
PRECISIONS = ["f32", "bf16", "tf32"]
FEEDS = ["host", "gpu"]
OURS = {"dl": "dl", "own": "dl, own convolutions"}
COLUMNS = {
    "eager": "PyTorch eager",
    "overhead": "`reduce-overhead`",
    "graph": "one graph",
    "compiled": "compiled, one graph",
}
# Samples of a batch, numbers of a sample, multiply-adds of a sample by layer.
SHAPES = {
    "T1_b64": (64, 784, LAYERS["mlp"][0]),
    "T1_b256": (256, 784, LAYERS["mlp"][0]),
    "T2": (64, 784, LAYERS["lenet"][0]),
    "T3": (32, 3072, LAYERS["resnet20"][0]),
    "MLP_4096": (4096, 4096, [4096 * 4096] * 4),
}
# Bytes that SGD reads and writes in MLP_4096. The weights of the others stay in the GPU's cache.
SGD = 3 * 4 * 4 * (4096 * 4096 + 4096)


def operations(work):
    """Multiplications and additions of a step: the first layer needs no gradient to its input."""
    samples, _, layers = SHAPES[work]
    return 2 * samples * (3 * sum(layers) - layers[0])


def least(work, precision, feed, limits):
    """Microseconds that a step takes at least by the GPU's measured limits: operations and optimizer, or the batch."""
    samples, numbers, _ = SHAPES[work]
    gpu = 1e-6 * operations(work) / limits[f"{precision}_tflops"]
    gpu += 1e-3 * SGD / limits["copy_gbs"] if work == "MLP_4096" else 0
    return max(gpu, 4e-3 * samples * numbers / limits["host_to_gpu_gbs"] if feed == "host" else 0)


def text(value, form=None):
    """A cell of the table."""
    return (
        "–" if value is None else form.format(value) if form else f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"
    )


def row(work, precision, feed, figures, limits):
    """The line of one workload."""
    found, least_us, launches, peak = {}, None, None, None
    for mode in [*OURS, *COLUMNS]:
        times = [figure["median_us"] for figure in figures if figure["mode"] == mode]
        found[mode] = statistics.median(times) if times else None
    mine, graphs = found["dl"], [found[mode] for mode in COLUMNS if mode != "eager" and found[mode]]
    pieces = next((figure["pieces"] for figure in figures if "pieces" in figure), None)
    if "host_to_gpu_gbs" in limits:
        least_us = least(work, precision, feed, limits)
        launches = limits["graph_of_1_us"] + (pieces - 1) * limits["kernel_in_graph_us"] if pieces else None
        peak = 1e-4 * operations(work) / limits[f"{precision}_tflops"] / mine if mine else None
    ratio = mine / min(graphs) if mine and graphs else None
    cells = [
        text(least_us),
        text(pieces, "{}"),
        text(launches),
        text(mine),
        text(found["own"]),
        *(text(found[mode]) for mode in COLUMNS),
    ]
    return [work, precision, feed, *cells, text(ratio, "{:.2f}"), text(peak, "{:.0f}%")]


def rows(results):
    """A line for each workload, precision and feed that has a figure."""
    for work in WORKS:
        for precision in PRECISIONS:
            for feed in FEEDS:
                key = (work, precision, feed)
                figures = [f for f in results["figures"] if (f["work"], f["precision"], f["feed"]) == key]
                if figures:
                    yield row(*key, figures, results.get("limits", {}))


def block(results):
    """What goes between the markers."""
    limits = results.get("limits", {})
    tests = results.get("tests")
    lines = [
        f"{results['date']}, {results['gpu']}, {'; '.join(results['versions'])}; {results['seconds']:.0f} s in all.",
        "",
    ]
    libraries = gpu_libraries.lines(results.get("libraries", {}))
    lines += [*libraries, ""] if libraries else []
    if tests:
        lines += [f"Tests: {tests['passed']} passed, {tests['failed']} failed, in {tests['programs']} programs.", ""]
    lines += [
        f"- `compute-sanitizer --tool {found['tool']}` on {found['of']}: {found['result']}"
        for found in results["sanitizer"]
    ]
    names = {
        "f32_tflops": "products in f32, TFLOP/s",
        "tf32_tflops": "in TF32",
        "bf16_tflops": "in bf16",
        "copy_gbs": "copying on the GPU, GB/s",
        "host_to_gpu_gbs": "from pinned memory to the GPU, GB/s",
        "graph_of_1_us": "a graph of one kernel, µs",
        "kernel_in_graph_us": "each further kernel of a graph, µs",
    }
    if limits:
        lines += ["", "| limit, by PyTorch | measured |", "|---|---|"]
        lines += [f"| {name} | {limits[key]:,} |" for key, name in names.items() if key in limits]
    table = list(rows(results))
    if table:
        head = ["work", "precision", "feed", "limit", "pieces", "as empty kernels", *OURS.values()]
        head += [*COLUMNS.values(), "dl / best with graphs", "of the peak"]
        lines += ["", f"Microseconds of a step, medians of {results['passes']} passes:", ""]
        lines += [f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *table]]
    if results["missing"]:
        lines += ["", "Missing:", "", *(f"- {reason}" for reason in dict.fromkeys(results["missing"]))]
    return "\n".join(lines)


def put(results, page):
    """`page` with what was measured between its markers."""
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n{block(results)}\n{END}{after}"
