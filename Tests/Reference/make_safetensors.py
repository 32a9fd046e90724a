"""Writes the safetensors fixtures of FormatsTests with the reference implementation.

    python3 -m venv scratch && scratch/bin/pip install safetensors==0.8.0 numpy
    scratch/bin/python Tests/Reference/make_safetensors.py Tests/FormatsTests/Fixtures
"""

import pathlib
import sys

import numpy
import safetensors
from safetensors.numpy import save_file

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)

# Element k of every array is k - 3 (k where the type has no sign), truth values alternate.
kinds = {
    "F64": "float64", "F32": "float32", "F16": "float16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8",
    "BOOL": "bool", "C64": "complex64",
}
arrays = {}
for name, kind in kinds.items():
    steps = numpy.arange(6)
    values = steps % 2 if kind == "bool" else steps if kind.startswith("u") else steps - 3
    arrays["values." + name] = values.astype(kind).reshape(2, 3)
arrays["empty"] = numpy.zeros((0, 5), "float32")
arrays["scalar"] = numpy.array(2.5, "float64")
arrays["ünï \"quoted\"\n\\ \x01"] = numpy.array([7], "uint8")
save_file(arrays, str(folder / "numpy.safetensors"), metadata={"format": "np"})

# The types numpy lacks, through the byte-level interface: the bytes count up from zero.
raw = {
    "raw.F8_E5M2": ("float8_e5m2", [4], 4),
    "raw.F8_E4M3": ("float8_e4m3fn", [4], 4),
    "raw.F8_E8M0": ("float8_e8m0fnu", [4], 4),
    "raw.F8_E4M3FNUZ": ("float8_e4m3fnuz", [4], 4),
    "raw.F8_E5M2FNUZ": ("float8_e5m2fnuz", [4], 4),
    "raw.BF16": ("bfloat16", [2, 2], 8),
}
counting = numpy.arange(8, dtype="uint8")
specifications = {
    name: safetensors.TensorSpec(
        dtype=kind, shape=shape, data_ptr=counting.ctypes.data, data_len=count
    )
    for name, (kind, shape, count) in raw.items()
}
(folder / "raw.safetensors").write_bytes(safetensors.serialize(specifications))
(folder / "nothing.safetensors").write_bytes(safetensors.serialize({}))
