"""Writes the small files by torch.save that Swiftlet's archive reader is tested with.

    python Tests/Reference/torch_archives.py Tests/TorchTests/Fixtures
"""

import collections
import pathlib
import sys

import torch

folder = pathlib.Path(sys.argv[1])
weight = torch.arange(6, dtype=torch.float32).reshape(2, 3) / 2
module = torch.nn.Linear(3, 2)
with torch.no_grad():
    module.weight.copy_(weight)
    module.bias.copy_(torch.tensor([-1.0, 1.0]))

torch.save(module.state_dict(), folder / "state_dict.pt")
base = torch.arange(8, dtype=torch.float64)
torch.save(
    collections.OrderedDict(
        state_dict={"fc.weight": torch.nn.Parameter(weight), "half": weight.to(torch.bfloat16)},
        epoch=3,
        name="run",
        history=[torch.tensor([1, 2]), 0.5, (torch.tensor(True),)],
        shared=base,
        tail=base[5:],
        column=base.reshape(2, 4).t(),
    ),
    folder / "nested.pt",
)
torch.save(module, folder / "module.pt")
torch.save(module.state_dict(), folder / "legacy.pt", _use_new_zipfile_serialization=False)
torch.save(weight, folder / "single.pt")
