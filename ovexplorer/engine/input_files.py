"""Input data from files: .npy, raw .bin and images. A file that does not fit is refused, never cut or padded."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.shapes import is_image, sizes_text
from ovexplorer.text import clean

Array = npt.NDArray[np.generic]

_IMAGES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
_READABLE = frozenset({".npy", ".bin"}) | _IMAGES
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def files_of(paths: tuple[str, ...]) -> list[Path]:
    """The files named, folders replaced by what can be read in them, sorted.

    Raises:
        EngineFailure: One is missing, or of a kind that cannot be read.
    """
    found: list[Path] = []
    for text in paths:
        path = Path(text).expanduser()
        if path.is_dir():
            inside = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in _READABLE)
            if not inside:
                raise EngineFailure(
                    "input_refused", f"{clean(text)} holds no .npy, .bin or image", "name another folder"
                )
            found.extend(inside)
        elif not path.is_file():
            raise EngineFailure("input_refused", f"{clean(text)}: there is no file", "check the path of the input file")
        elif path.suffix.lower() not in _READABLE:
            hint = "inputs are read from .npy, .bin and images such as .png or .jpg"
            raise EngineFailure("input_refused", f"{clean(path.name)} is not a kind of file for inputs", hint)
        else:
            found.append(path)
    return found


def read_items(
    files: list[Path], first: int, shape: tuple[int, ...], dtype: np.dtype[np.generic], layout: str
) -> Array:
    """Fill one input from files, beginning with file number `first` and going round.

    A file holds the whole input, or one item of its batch; then as many files are taken as the batch has items.

    Raises:
        EngineFailure: A file cannot be read or does not fit.
    """
    batched = layout.startswith("N") and len(shape) > 1
    whole = _read(files[first % len(files)], shape, dtype, layout, batched=batched)
    if whole.shape == shape:
        return whole
    count = shape[0]
    start = first * count
    items = [_read(files[(start + n) % len(files)], shape, dtype, layout, batched=batched) for n in range(count)]
    if any(item.shape != shape[1:] for item in items):
        raise EngineFailure(
            "input_refused", "some files hold a whole batch and others one item", "use files of one kind"
        )
    return np.ascontiguousarray(np.stack(items))


def _read(path: Path, shape: tuple[int, ...], dtype: np.dtype[np.generic], layout: str, *, batched: bool) -> Array:
    suffix = path.suffix.lower()
    try:
        if suffix == ".npy":
            return _read_npy(path, shape, dtype, batched=batched)
        if suffix == ".bin":
            return _read_bin(path, shape, dtype, batched=batched)
        return _read_image(path, shape, dtype, layout)
    except (OSError, EOFError) as error:
        reason = clean(getattr(error, "strerror", None) or str(error), 160)
        raise EngineFailure("input_refused", f"{clean(path.name)}: {reason}", "check the input file") from error


def _read_npy(path: Path, shape: tuple[int, ...], dtype: np.dtype[np.generic], *, batched: bool) -> Array:
    try:
        # Mapped, so that only the header is read before type and shape are known to fit.
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        hint = "write it with numpy.save, without objects"
        raise EngineFailure("input_refused", f"{clean(path.name)}: {clean(str(error), 160)}", hint) from error
    expected = f"{dtype.name} {sizes_text(shape)}"
    found = f"{mapped.dtype.name} {sizes_text(mapped.shape)}"
    fits = mapped.shape in ((shape, shape[1:]) if batched else (shape,))
    if mapped.dtype != dtype or not fits:
        hint = "save it with that type and shape, or set the shape with -shape"
        raise EngineFailure("input_refused", f"{clean(path.name)} holds {found}, the input takes {expected}", hint)
    return np.array(mapped, order="C")


def _read_bin(path: Path, shape: tuple[int, ...], dtype: np.dtype[np.generic], *, batched: bool) -> Array:
    size = path.stat().st_size
    for fitting in (shape, shape[1:]) if batched else (shape,):
        if size == int(np.prod(fitting, dtype=np.int64)) * dtype.itemsize:
            return np.fromfile(path, dtype=dtype).reshape(fitting)
    expected = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    what = f"{clean(path.name)} has {size:,} bytes, the input takes {expected:,} ({dtype.name} {sizes_text(shape)})"
    raise EngineFailure("input_refused", what, "write the raw values in that type and shape, nothing else")


def _read_image(path: Path, shape: tuple[int, ...], dtype: np.dtype[np.generic], layout: str) -> Array:
    """One image as an item of the batch, scaled to the input's size, values 0..255."""
    try:
        from PIL import Image
    except ImportError as error:
        hint = 'pip install "ovexplorer[images]"'
        raise EngineFailure(
            "input_refused", f"{clean(path.name)} is an image and Pillow is not installed", hint
        ) from error
    item_layout, item_shape = (layout[1:], shape[1:]) if layout.startswith("N") else (layout, shape)
    sizes = dict(zip(item_layout, item_shape))
    mode = _MODES.get(sizes.get("C", 0))
    if not is_image(item_layout, len(item_shape)) or mode is None:
        what = f"{clean(path.name)} is an image, the input {sizes_text(shape)} is not"
        raise EngineFailure("input_refused", what, "give the layout, such as -layout NCHW, or use a .npy file")
    with warnings.catch_warnings():
        # An image of more than 89 million pixels is refused, not only warned about.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as opened:
                resized = opened.convert(mode).resize((sizes["W"], sizes["H"]), Image.Resampling.BILINEAR)
        except (ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise EngineFailure(
                "input_refused", f"{clean(path.name)}: {clean(str(error), 160)}", "check the image file"
            ) from error
    pixels = np.asarray(resized).reshape(sizes["H"], sizes["W"], sizes["C"])
    ordered = pixels.transpose(tuple("HWC".index(letter) for letter in item_layout)).astype(dtype)
    full = shape if layout.startswith("N") and shape[0] == 1 else item_shape
    return np.ascontiguousarray(ordered).reshape(full)
