"""What the name of a kernel means, in plain words.

CPU names are put together from tokens (`impl_type_to_string` of the plugin and a precision): `brgconv_avx512_1x1_bf16`
is a convolution by batch-reduced matrix products, for a 1x1 kernel, with 512-bit vectors, in bf16. GPU names are those
of the plugin's kernels, with layouts in them. Tokens without words here are told to be without.
"""

from __future__ import annotations

import re
from functools import lru_cache

_METHODS = {
    "brgconv": "convolution as batches of small matrix products",
    "brgdeconv": "transposed convolution as batches of small matrix products",
    "brgemm": "batches of small matrix products",
    "gemm": "one large matrix product, after the data was laid out for it",
    "jit": "code generated for this very layer",
    "ref": "plain reference code, slow: no tuned kernel takes this case",
    "reorder": "moves data into another layout or precision",
    "winograd": "Winograd: fewer multiplications for 3x3 kernels",
    "simple": "simple code for small cases",
    "dnnl": "chosen by oneDNN",
    "onednn": "chosen by oneDNN",
    "acl": "the Arm Compute Library",
    "kleidiai": "Arm KleidiAI",
    "mlas": "the MLAS matrix library",
    "xnnpack": "the XNNPACK library",
    "shl": "the SHL library for RISC-V",
    "blas": "a BLAS library",
    "rnn": "a recurrent cell",
    "lstm": "a recurrent cell",
}
_UNITS = {
    "avx512": "512-bit vectors",
    "avx2": "256-bit vectors",
    "avx": "256-bit vectors without fused multiply-add",
    "sse42": "128-bit vectors",
    "sse41": "128-bit vectors",
    "amx": "AMX tile units",
    "vnni": "int8 dot products",
    "uni": "whatever vectors the CPU has",
    "asimd": "128-bit Arm vectors",
    "neon": "128-bit Arm vectors",
    "sve": "scalable Arm vectors",
    "sve128": "128-bit Arm SVE vectors",
    "sve256": "256-bit Arm SVE vectors",
    "sve512": "512-bit Arm SVE vectors",
    "rv64": "RISC-V vectors",
    "gv": "RISC-V vectors",
    "avx10": "512-bit vectors",
}
_SHAPES = {
    "1x1": "for a 1x1 kernel",
    "dw": "depthwise: each channel by itself",
    "any": "for any case",
    "sparse": "skips zero weights",
    "planar": "on plain layouts",
    "nspc": "channels last",
    "ncsp": "channels first",
    "blk": "on blocked layouts",
}
_PRECISION = re.compile(r"(?:b?f|nf|[iu])\d+|f8e\d+m\d+|bin|bool(?:ean)?")
_NOTHING = frozenset({"undef", "unknown", "core", "common"})

_GPU_WORDS = (
    ("convolution", "convolution"),
    ("deconvolution", "transposed convolution"),
    ("fully_connected", "matrix product"),
    ("gemm", "matrix product"),
    ("sdpa", "attention"),
    ("reorder", "moves data into another layout or precision"),
    ("permute", "transpose"),
    ("pooling", "pooling"),
    ("eltwise", "element-wise"),
    ("activation", "activation function"),
    ("softmax", "softmax"),
    ("concatenation", "concatenation"),
    ("quantize", "quantisation"),
    ("reduce", "reduction"),
    ("resample", "resize"),
    ("gather", "gather"),
    ("mvn", "normalisation"),
    ("rms", "normalisation"),
    ("strided_slice", "slice"),
)
_GPU_TOKENS = {
    "ref": "plain reference code, slow",
    "opt": "tuned",
    "tiled": "in tiles",
    "imad": "with int8 dot products",
    "mmad": "with matrix units",
    "dpas": "with matrix units",
    "winograd": "Winograd: fewer multiplications for 3x3 kernels",
    "depthwise": "depthwise: each channel by itself",
    "dw": "depthwise: each channel by itself",
    "1x1": "for a 1x1 kernel",
    "axis": "along one axis",
    "micro": "from small matrix kernels",
    "bfyx": "channels first",
    "byxf": "channels last",
    "fp16": "in f16",
    "fp32": "in f32",
    "int8": "in int8",
    "f16": "in f16",
    "f32": "in f32",
    "i8": "in i8",
    "u8": "in u8",
}
_GPU_HEAD = re.compile(r"_(?:gpu|cm|ocl|cl)(?:_|$)|::ocl|__|^(?:ocl|cm)::?")
_BLOCKED = re.compile(r"b?_?fs(?:_?b)?_?z?yx(?:_b?sv\d+)*(?:_fsv\d+)?|fsv\d+|bsv\d+|osv\d+|isv\d+")
_MOST_CHARACTERS = 200


@lru_cache(maxsize=1024)
def explain_primitive(primitive: str) -> str:
    """A kernel's name in plain words; empty for an empty one."""
    name = primitive.strip().lower()[:_MOST_CHARACTERS]
    if not name:
        return ""
    tokens = [token for token in re.split(r"[_:\s]+", name) if token]
    if _is_gpu(name):
        return _gpu(name, tokens)
    return _cpu(tokens)


def _cpu(tokens: list[str]) -> str:
    methods, units, shapes, unknown = [], [], [], []
    precision = ""
    for token in tokens:
        if token in _METHODS:
            methods.append(token)
        elif token in _UNITS:
            units.append(_UNITS[token])
        elif token in _SHAPES:
            shapes.append(_SHAPES[token])
        elif _PRECISION.fullmatch(token):
            precision = token
        elif token not in _NOTHING:
            unknown.append(token)
    if not methods and not units and not shapes and not unknown:
        nothing = "the plugin names no kernel: it moves nothing, or code without variants runs"
        return f"{nothing}; in {precision}" if precision else nothing
    if not methods and unknown and not units:
        return f"{_no_words(unknown)}; in {precision}" if precision else _no_words(unknown)
    said = [_method(methods)] if methods else []
    # Reference code is for any case by itself.
    said += [words for words in shapes if not ("ref" in methods and words == _SHAPES["any"])]
    if units:
        said.append(f"with {' and '.join(dict.fromkeys(units))}")
    if precision:
        said.append(f"in {precision}")
    if unknown:
        said.append(_no_words(unknown))
    return ", ".join(said)


def _method(methods: list[str]) -> str:
    """`jit_gemm` and `reorder_brgemm` name two: how it is done, and by what."""
    if methods == ["jit", "gemm"]:
        return "one large matrix product by generated code"
    first, *others = dict.fromkeys(methods)
    return _METHODS[first] + "".join(f", {'by ' if other in _LIBRARIES else ''}{_METHODS[other]}" for other in others)


_LIBRARIES = frozenset({"acl", "kleidiai", "mlas", "xnnpack", "shl", "blas"})


def _no_words(tokens: list[str]) -> str:
    return "no words for " + ", ".join(tokens[:4]) + (" and others" if len(tokens) > 4 else "")


def _is_gpu(name: str) -> bool:
    return bool(_GPU_HEAD.search(name)) or "bfyx" in name or "byxf" in name or "fsv" in name


def _gpu(name: str, tokens: list[str]) -> str:
    # The longest first: a deconvolution contains a convolution.
    what = next((words for token, words in sorted(_GPU_WORDS, key=lambda pair: -len(pair[0])) if token in name), "")
    said = [f"GPU kernel: {what}" if what else "GPU kernel"]
    said += dict.fromkeys(_GPU_TOKENS[token] for token in tokens if token in _GPU_TOKENS)
    if _BLOCKED.search(name):
        blocks = dict.fromkeys(re.findall(r"fsv(\d+)|osv(\d+)", name))
        sizes = [size for pair in blocks for size in pair if size]
        said.append(f"blocks of {'/'.join(dict.fromkeys(sizes))} channels" if sizes else "blocked layout")
    if len(said) == 1 and not what:
        said.append(_no_words(tokens))
    return ", ".join(said)
