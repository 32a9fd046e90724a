"""Times of single operators in eager PyTorch, printed as one JSON object.

    python operators.py                 # call overhead, matrix products, linear layers
    python operators.py --engines       # MKL against oneDNN for the three products of a linear layer

Each entry has the median and the best time per call in microseconds over `--samples` samples, each
sample being a loop long enough for the clock. Rates count a multiplication and an addition as two.
"""

import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

LARGE = [(197, 192, 576), (128, 784, 512), (1024, 1024, 1024)]  # rows, inputs, outputs
SKINNY = [  # rows of a HyperTransformer layer: weight tokens and samples of one episode
    (5, 32, 32), (10, 40, 40), (13, 80, 80), (13, 104, 104), (25, 104, 104), (28, 80, 80),
    (28, 104, 104), (40, 72, 72), (40, 80, 80), (21, 176, 88), (10, 433, 216), (10, 216, 433),
    (60, 8, 20), (208, 104, 104), (448, 104, 104), (640, 72, 72)]  # fmt: skip
BATCHED = [(8, 13, 52, 13), (16, 25, 9, 5), (12, 197, 64, 197), (4, 256, 256, 256)]
ENGINES = LARGE + SKINNY + [
    (64, 64, 64), (128, 128, 128), (197, 192, 192), (197, 768, 192), (256, 256, 256),
    (512, 512, 512), (16, 784, 512), (1, 784, 512), (1576, 192, 576), (1576, 192, 768),
    (2048, 2048, 2048)]  # fmt: skip


loop_seconds = 0.02


def measure(action, samples):
    """Median and best time of one call in microseconds.

    With one thread it is this thread's processor time, in which other work on the machine does not
    count, with more the wall clock's.
    """
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    for _ in range(3):
        action()
    start = clock()
    action()
    count = max(1, int(loop_seconds / max(clock() - start, 1e-7)))
    times = []
    for _ in range(samples):
        start = clock()
        for _ in range(count):
            action()
        times.append((clock() - start) / count * 1e6)
    return {"median": round(sorted(times)[len(times) // 2], 3), "best": round(min(times), 3)}


def with_rate(entry, shape):
    rows, inputs, outputs = shape
    work = 2e-3 * rows * inputs * outputs
    return entry | {"gigaflops": round(work / entry["median"], 1),
                    "best_gigaflops": round(work / entry["best"], 1)}  # fmt: skip


def overhead(samples):
    """What a call costs when there is next to nothing to compute."""
    x, y = torch.randn(8, 8), torch.randn(8, 8)
    model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))
    parameters = list(model.parameters())
    images, labels = torch.randn(16, 32), torch.randint(0, 10, (16,))
    loss = lambda: F.cross_entropy(model(images), labels)

    def inference():
        with torch.inference_mode():
            loss()

    return {
        "add_8x8": measure(lambda: x + y, samples),
        "chain_16x32_inference": measure(inference, samples),
        "chain_16x32_forward": measure(loss, samples),
        "chain_16x32_forward_backward": measure(
            lambda: torch.autograd.grad(loss(), parameters), samples
        ),
    }


def products(samples):
    result = {}
    for shape in LARGE + SKINNY:
        rows, inputs, outputs = shape
        x, w = torch.randn(rows, inputs), torch.randn(outputs, inputs)
        b, dy = torch.randn(outputs), torch.randn(rows, outputs)
        t = w.t().contiguous()
        leaves = [v.clone().requires_grad_() for v in (x, w, b)]
        with torch.inference_mode():
            matmul = measure(lambda: x @ t, samples)
            linear = measure(lambda: F.linear(x, w, b), samples)
        y = F.linear(*leaves)
        backward = measure(
            lambda: torch.autograd.grad(y, leaves, dy, retain_graph=True), samples
        )
        both = measure(
            lambda: torch.autograd.grad(F.linear(*leaves), leaves, dy), samples
        )
        result["x".join(map(str, shape))] = {
            "matmul": with_rate(matmul, shape),
            "linear": with_rate(linear, shape),
            "linear_backward": with_rate(backward, (2 * rows, inputs, outputs)),
            "linear_forward_backward": with_rate(both, (3 * rows, inputs, outputs)),
        }
    return result


def batched(samples):
    """Products of batches of matrices, forward and backward."""
    result = {}
    for batch, rows, inputs, outputs in BATCHED:
        x, w = torch.randn(batch, rows, inputs), torch.randn(batch, inputs, outputs)
        dy = torch.randn(batch, rows, outputs)
        leaves = [v.clone().requires_grad_() for v in (x, w)]
        with torch.inference_mode():
            forward = measure(lambda: torch.bmm(x, w), samples)
        both = measure(lambda: torch.autograd.grad(torch.bmm(*leaves), leaves, dy), samples)
        shape = (batch * rows, inputs, outputs)
        result[f"{batch}x{rows}x{inputs}x{outputs}"] = {
            "forward": with_rate(forward, shape),
            "forward_backward": with_rate(both, (3 * batch * rows, inputs, outputs)),
        }
    return result


def engines(samples):
    """The three products of a linear layer in MKL and oneDNN; every form is checked first.

    oneDNN's linear reads a strided weight as it is but copies a strided input, so dX can use the
    transposed view of W, and dW has to copy either dY or X.
    """
    one = lambda x, w, b=None: torch.ops.mkldnn._linear_pointwise(x, w, b, "none", [], "")
    result = {}
    for shape in ENGINES:
        rows, inputs, outputs = shape
        x, w = torch.randn(rows, inputs), torch.randn(outputs, inputs)
        b, dy = torch.randn(outputs), torch.randn(rows, outputs)
        # The same layer as a 1x1 convolution over a channels-last picture of one column.
        picture = x.view(1, rows, 1, inputs).permute(0, 3, 1, 2)
        slope = dy.view(1, rows, 1, outputs).permute(0, 3, 1, 2)
        kernel = w.view(outputs, inputs, 1, 1)
        back = lambda mask: torch.ops.aten.convolution_backward(
            slope, picture, kernel, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1, mask)  # fmt: skip
        forms = {
            "forward": {
                "mkl": lambda: F.linear(x, w, b),
                "onednn": lambda: one(x, w, b),
                "onednn_convolution": lambda: F.conv2d(picture, kernel, b),
            },
            "input_gradient": {
                "mkl": lambda: dy @ w,
                "onednn_weight_view": lambda: one(dy, w.t()),
                "onednn_weight_copy": lambda: one(dy, w.t().contiguous()),
                "onednn_convolution": lambda: back([True, False, False])[0],
            },
            "weight_gradient": {
                "mkl": lambda: dy.t() @ x,
                "onednn_slope_copy": lambda: one(dy.t(), x.t()),
                "onednn_input_copy": lambda: one(x.t(), dy.t()).t(),
                "onednn_both_copies": lambda: one(dy.t(), x.t().contiguous()),
                "onednn_convolution": lambda: back([False, True, False])[1],
            },
        }
        entry = {}
        with torch.inference_mode():
            for product, choices in forms.items():
                expected = choices["mkl"]()
                entry[product] = {}
                for name, action in choices.items():
                    y = action().detach()
                    if y.dim() == 4 and product != "weight_gradient":
                        y = y.permute(0, 2, 3, 1)
                    y = y.reshape(expected.shape)
                    worst = (y - expected).abs().max() / expected.abs().max()
                    assert worst < 1e-4, (shape, product, name, worst)
                    entry[product][name] = with_rate(measure(action, samples), shape)
        result["x".join(map(str, shape))] = entry
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--engines", action="store_true", help="compare MKL with oneDNN")
    parser.add_argument("--samples", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.02, help="length of a sample")
    parser.add_argument("--overhead-only", action="store_true", help="leave the products out")
    options = parser.parse_args()
    global loop_seconds
    loop_seconds = options.seconds
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    report = {"peer": f"torch {torch.__version__}", "threads": options.threads,
              "capability": torch.backends.cpu.get_cpu_capability(), "unit": "microseconds"}  # fmt: skip
    if options.engines:
        report["engines"] = engines(options.samples)
    else:
        report["overhead"] = overhead(options.samples)
        if not options.overhead_only:
            report["products"] = products(options.samples)
            report["batched"] = batched(options.samples)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
