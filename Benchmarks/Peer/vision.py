"""Latency of backbones on one image, and training steps, in PyTorch and ONNX Runtime.

    python vision.py latency [--size 224] [--repeats 15] [--threads 1] [NAME ...]
    python vision.py training [--size S] [--batch B] [--repeats 10] [--threads 1] NAME

Prints one JSON object per network. Forms of one network take turns. Times are medians; processor
time is what an idle machine would take with one thread, and other programs hardly change it. Needs
torch, torchvision, timm, onnx, onnxscript and onnxruntime.
"""
import argparse
import io
import json
import time
import warnings

import torch
import torch.nn.functional as F

LAST = torch.channels_last


def make(name):
    import timm
    import torchvision

    torch.manual_seed(0)
    models = torchvision.models
    makers = {
        "mnasnet_a1": lambda: timm.create_model("semnasnet_100"),
        "mnasnet_b1": models.mnasnet1_0,
        "mobilenet_v2": models.mobilenet_v2,
        "efficientnet_b0": models.efficientnet_b0,
        "resnet50": models.resnet50,
    }
    return makers[name]()


def scripted(model, images):
    frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, images)))
    for _ in range(3):
        frozen(images)
    return lambda: frozen(images)


def onnx_session(model, images, threads):
    import onnxruntime

    file = io.BytesIO()
    torch.onnx.export(model, (images,), file, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        file.getvalue(), options, providers=["CPUExecutionProvider"])
    inputs = {session.get_inputs()[0].name: images.numpy()}
    return lambda: session.run(None, inputs)


def forms(name, size, threads):
    images = torch.randn(1, 3, size, size)
    turned = images.contiguous(memory_format=LAST)
    first, last = make(name).eval(), make(name).eval().to(memory_format=LAST)
    return {
        "eagerChannelsFirst": lambda: first(images),
        "eagerChannelsLast": lambda: last(turned),
        "scriptChannelsFirst": scripted(make(name).eval(), images),
        "scriptChannelsLast": scripted(make(name).eval().to(memory_format=LAST), turned),
        "onnxRuntime": onnx_session(make(name).eval(), images, threads),
    }


def median(values):
    return sorted(values)[len(values) // 2]


def latency(name, options):
    with torch.inference_mode():
        chosen = forms(name, options.size or 224, options.threads)
        times = {form: [] for form in chosen}
        for repetition in range(options.repeats + 2):
            for form, run in chosen.items():
                clock, processor = time.perf_counter(), time.process_time()
                run()
                pair = (time.perf_counter() - clock, time.process_time() - processor)
                if repetition >= 2:
                    times[form].append(pair)
    return {
        "name": name,
        "milliseconds": {f: round(1e3 * median([t[0] for t in v]), 3) for f, v in times.items()},
        "processorMilliseconds": {
            f: round(1e3 * median([t[1] for t in v]), 3) for f, v in times.items()},
    }


def training(name, options):
    """Both memory formats, in turns; SGD with momentum as PyTorch has it fastest."""
    size = options.size or (32 if name == "resnet20_cifar" else 224)
    runs = {}
    for form, layout in (("channelsFirst", torch.contiguous_format), ("channelsLast", LAST)):
        if name == "resnet20_cifar":
            from cifar_resnet import ResNet

            model = ResNet().train().to(memory_format=layout)
        else:
            model = make(name).train().to(memory_format=layout)
        images = torch.randn(options.batch, 3, size, size).contiguous(memory_format=layout)
        labels = torch.arange(options.batch) % 10
        optimizer = torch.optim.SGD(
            model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, fused=True)

        def step(model=model, images=images, labels=labels, optimizer=optimizer):
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()

        runs[form] = step
    times = {form: [] for form in runs}
    for repetition in range(options.repeats + 2):
        for form, step in runs.items():
            start = time.process_time()
            step()
            if repetition >= 2:
                times[form].append(time.process_time() - start)
    return {
        "name": name, "batch": options.batch, "size": size,
        "medianProcessorSeconds": {f: round(median(v), 4) for f, v in times.items()},
        "fastestProcessorSeconds": {f: round(min(v), 4) for f, v in times.items()},
    }


def main():
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["latency", "training"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--size", type=int)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    everything = ["mnasnet_a1", "mnasnet_b1", "mobilenet_v2", "efficientnet_b0", "resnet50"]
    for name in options.names or (everything if options.kind == "latency" else ["resnet20_cifar"]):
        measure = latency if options.kind == "latency" else training
        print(json.dumps({"engine": "PyTorch " + torch.__version__, **measure(name, options)}),
              flush=True)


main()
