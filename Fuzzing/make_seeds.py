"""Writes the seed files from which the fuzzers start.

    python3 Fuzzing/make_seeds.py Fuzzing/Seeds
"""

import json
import pathlib
import struct
import sys
import zipfile

root = pathlib.Path(sys.argv[1])


def safetensors(name, header, data):
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    write("Safetensors", name, struct.pack("<Q", len(text)) + text + data)


def idx(name, kind, lengths, values):
    head = bytes([0, 0, kind, len(lengths)]) + b"".join(struct.pack(">I", n) for n in lengths)
    write("IDX", name, head + values)


def write(folder, name, data):
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / name).write_bytes(data)


def tensor(kind, shape, begin, end):
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


safetensors("nothing", "{}", b"")
safetensors("one", {"a": tensor("F32", [2], 0, 8)}, bytes(8))
safetensors(
    "several",
    {
        "__metadata__": {"format": "pt"},
        "b": tensor("U8", [3, 1], 10, 13),
        "a": tensor("I64", [], 0, 8),
        "c": tensor("BF16", [1], 8, 10),
        "e": tensor("F16", [0, 9], 13, 13),
    },
    bytes(range(13)),
)
safetensors(
    "escapes",
    '{ "\\u00e9\\ud83d\\ude00\\n" : {"shape":[1],"dtype":"BOOL","data_offsets":[0,1]}}  ',
    b"\1",
)
for archive in sorted(pathlib.Path("Tests/TorchTests/Fixtures").glob("*.pt")):
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            name = next(name for name in file.namelist() if name.endswith("/data.pkl"))
            write("TensorPickle", archive.stem, file.read(name))
idx("bytes", 8, [2, 3], bytes(range(6)))
idx("shorts", 11, [2], bytes(range(4)))
idx("words", 12, [1, 1, 1], bytes(range(4)))
idx("floats", 13, [2, 0], b"")
idx("double", 14, [], bytes(range(8)))
