"""Prints what the reference implementation finds in a safetensors file, as one JSON object.

FormatsTests runs this on a file of ours where `python3` (or the interpreter named by the variable
SWIFTLET_PYTHON) has the package `safetensors`, and skips that test elsewhere.
"""

import json
import pathlib
import sys

import safetensors

path = pathlib.Path(sys.argv[1])
tensors = {
    name: {"dtype": view["dtype"], "shape": view["shape"], "data": bytes(view["data"]).hex()}
    for name, view in safetensors.deserialize(path.read_bytes())
}
with safetensors.safe_open(str(path), framework="np") as file:
    metadata = file.metadata() or {}
print(json.dumps({"tensors": tensors, "metadata": metadata}))
