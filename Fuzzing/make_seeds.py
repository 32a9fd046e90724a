"""Writes the seed files from which the fuzzers start.

    python3 Fuzzing/make_seeds.py Fuzzing/Seeds
"""

import io
import json
import pathlib
import struct
import sys
import tarfile
import zipfile
import zlib

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

# One image and box of COCO and of Pascal VOC, with every key that is read.
write("COCO", "one", json.dumps({
    "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 8, "split": "train"}],
    "annotations": [{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3.5, 4], "iscrowd": 0,
                     "difficult": True, "truncated": 1}],
    "categories": [{"id": 2, "name": "dog"}]}).encode())
write("VOC", "one", b"""<?xml version="1.0"?><!DOCTYPE annotation><annotation>
<filename>a.jpg</filename><size><width>9</width><height>8</height></size><object>
<name>d&amp;g</name><difficult>1</difficult><truncated>0</truncated><bndbox><xmin>1</xmin>
<ymin>2</ymin><xmax>3.5</xmax><ymax>4</ymax></bndbox><part><name>x</name></part></object>
<![CDATA[x]]></annotation>""")

# Small archives in the three forms that differ, with a name too long for a header.
for form, number in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT),
                     ("pax", tarfile.PAX_FORMAT)]:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w", format=number) as archive:
        for name in ["a/1", "b"] + (["c" * 120] if form != "ustar" else []):
            entry = tarfile.TarInfo(name)
            entry.size = 3
            archive.addfile(entry, io.BytesIO(b"abc"))
    write("Tar", form, memory.getvalue())


def element(kind, content):
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


matrix = element(14, element(6, struct.pack("<II", 9, 0)) + element(5, struct.pack("<ii", 2, 3))
                 + struct.pack("<HH4s", 1, 1, b"y") + element(2, bytes(range(6))))
head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
write("MAT", "plain", head + matrix)
packed = zlib.compress(matrix)
write("MAT", "packed", head + struct.pack("<II", 15, len(packed)) + packed)
