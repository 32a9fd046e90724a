"""Writes Tests/ImagesTests/Fixtures and Tests/VisionTests/Fixtures/RandAugment: what Pillow, torchvision and PyTorch make of small pictures.

Run with Pillow, NumPy, torch and torchvision:
    python Tests/Reference/images_reference.py
"""

import io
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op

folder = Path(__file__).parents[1] / "ImagesTests/Fixtures"
folder.mkdir(exist_ok=True)


def picture(height, width, seed):
    """Colored waves, edges and noise: smooth and sharp places, every value from 0 to 255."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    planes = []
    for channel in range(3):
        wave = 90 * np.sin(x / (3 + channel) + y / 7) + 60 * np.cos(y / (2.5 + channel))
        edge = 120 * ((x - width / 2) ** 2 + (y - height / 3) ** 2 < (height / 3) ** 2)
        planes.append(128 + wave - edge + random.normal(0, 12, (height, width)))
    return Image.fromarray(np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8))


def save(image, name):
    image.save(folder / f"{name}.png", optimize=True)


photo = picture(29, 37, 1)
gray = photo.convert("L")
save(photo, "photo")
save(gray, "gray")

# JPEG files and their pixels.
jpegs = {
    "halved": (picture(45, 67, 2), {"quality": 80, "subsampling": "4:2:0"}),
    "half-width": (picture(33, 29, 3), {"quality": 90, "subsampling": "4:2:2"}),
    "full-color": (picture(17, 23, 4), {"quality": 95, "subsampling": "4:4:4"}),
    "gray-jpeg": (picture(31, 19, 5).convert("L"), {"quality": 85}),
    "progressive": (picture(51, 35, 6), {"quality": 70, "progressive": True}),
    "single-pixel": (picture(1, 1, 7), {"quality": 90}),
    "inks": (picture(27, 21, 8).convert("CMYK"), {"quality": 90}),
}
for name, (image, options) in jpegs.items():
    image.save(folder / f"{name}.jpg", **options)
    save(Image.open(folder / f"{name}.jpg").convert("L" if image.mode == "L" else "RGB"), name)

# The eight orientations of EXIF, as one JPEG file each, and how they shall be seen.
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[274] = orientation
    image = picture(12, 20, 9)
    image.save(folder / f"orientation-{orientation}.jpg", exif=exif, quality=90)
    save(ImageOps.exif_transpose(Image.open(folder / f"orientation-{orientation}.jpg")),
         f"orientation-{orientation}")

# Resizing: every filter, smaller and larger, both sides odd.
cases = []


def case(operation, arguments, result, source="photo"):
    name = f"{operation}-{len(cases)}"
    save(result, name)
    cases.append({"operation": operation, "arguments": arguments, "source": source, "file": name})


filters = {"nearest": 0, "box": 4, "bilinear": 2, "hamming": 5, "bicubic": 3, "lanczos": 1}
for name, code in filters.items():
    for height, width in [(13, 17), (43, 51), (29, 11), (7, 37)]:
        case("resize", {"filter": name, "height": height, "width": width},
             photo.resize((width, height), code))
    case("resize", {"filter": name, "height": 16, "width": 21}, gray.resize((21, 16), code), "gray")
    case("resize-part",
         {"filter": name, "height": 10, "width": 12, "top": 2.25, "left": 3.5, "bottom": 25.75,
          "right": 30.125},
         photo.resize((12, 10), code, box=(3.5, 2.25, 30.125, 25.75)))
for name in ["bilinear", "bicubic"]:
    for height, width in [(11, 15), (41, 53), (14, 60)]:
        # Bytes in and out: both passes are rounded, as in torchvision's resize of such tensors.
        values = torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None]
        values = torch.nn.functional.interpolate(
            values, size=(height, width), mode=name, align_corners=False)
        values = values[0].permute(1, 2, 0).contiguous().numpy()
        case("interpolate", {"filter": name, "height": height, "width": width},
             Image.fromarray(values))

# Operators of torchvision on Pillow images.
for source, image in [("photo", photo), ("gray", gray)]:
    for factor in [0.0, 0.4, 1.7]:
        for operation in ["brightness", "contrast", "saturation", "sharpness"]:
            case(operation, {"factor": factor}, getattr(F, f"adjust_{operation}")(image, factor),
                 source)
    for bits in [1, 4, 7]:
        case("posterize", {"bits": bits}, F.posterize(image, bits), source)
    for threshold in [0, 100, 255]:
        case("solarize", {"threshold": threshold}, F.solarize(image, threshold), source)
    for operation in ["autocontrast", "equalize", "invert", "hflip", "vflip"]:
        case(operation, {}, getattr(F, operation)(image), source)
for factor in [-0.5, -0.1, 0.05, 0.3]:
    case("hue", {"factor": factor}, F.adjust_hue(photo, factor))
case("grayscale", {}, photo.convert("L"))
narrow = photo.point(lambda value: 60 + value // 3)
save(narrow, "narrow")
case("autocontrast", {}, F.autocontrast(narrow), "narrow")
case("equalize", {}, F.equalize(narrow), "narrow")

modes = {"nearest": InterpolationMode.NEAREST, "bilinear": InterpolationMode.BILINEAR,
         "bicubic": InterpolationMode.BICUBIC}
for name, mode in modes.items():
    for angle in [-30.0, 12.5, 90.0]:
        case("rotate", {"degrees": angle, "filter": name},
             F.rotate(photo, angle, interpolation=mode))
    case("affine", {"degrees": 20.0, "translateX": 4, "translateY": -3, "scale": 1.3,
                    "shearX": 10.0, "shearY": -6.0, "filter": name, "fill": 77},
         F.affine(photo, 20.0, [4, -3], 1.3, [10.0, -6.0], interpolation=mode, fill=[77] * 3))
# The operations of RandAugment, named by their strength.
operations = Path(__file__).parents[1] / "VisionTests/Fixtures/RandAugment"
operations.mkdir(parents=True, exist_ok=True)
photo.save(operations / "photo.png", optimize=True)
for operation, magnitude in [
    ("ShearX", 0.3), ("ShearX", -0.09), ("ShearY", 0.3), ("ShearY", -0.2), ("TranslateX", 9.9),
    ("TranslateX", -5.0), ("TranslateY", 7.3), ("TranslateY", -12.0), ("Rotate", 30.0),
    ("Rotate", -9.0), ("Brightness", 0.9), ("Color", -0.27), ("Contrast", 0.27), ("Sharpness", 0.9),
    ("Sharpness", -0.9), ("Posterize", 4.0), ("Solarize", 178.5), ("AutoContrast", 0.0),
    ("Equalize", 0.0),
]:
    name = f"{operation[0].lower()}{operation[1:]}"
    result = _apply_op(photo, operation, magnitude, InterpolationMode.NEAREST, None)
    result.save(operations / f"{name}_{magnitude}.png", optimize=True)

(folder / "cases.json").write_text(json.dumps(cases, indent=0))
