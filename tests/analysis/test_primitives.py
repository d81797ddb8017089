from __future__ import annotations

import random
import string

import pytest

from ovexplorer.analysis.primitives import explain_primitive


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("brgconv_avx512_bf16", ("convolution", "matrix products", "512-bit", "in bf16")),
        ("brgconv_avx512_1x1_f32", ("1x1 kernel", "in f32")),
        ("brgconv_avx512_dw_f32", ("depthwise",)),
        ("brgemm_avx512_amx_bf16", ("matrix products", "AMX")),
        ("jit_avx512_f32", ("generated for this very layer", "512-bit")),
        ("jit_uni_I8", ("whatever vectors", "in i8")),
        ("jit_gemm_f32", ("matrix product by generated code",)),
        ("gemm_mlas_f32", ("matrix product", "by the MLAS")),
        ("dw_acl_f32", ("Arm Compute Library", "depthwise")),
        ("ref_any_f32", ("reference code, slow",)),
        ("reorder_brgemm_f32", ("another layout or precision",)),
        ("undef", ("names no kernel",)),
        ("unknown_f32", ("names no kernel", "in f32")),
        ("xnnpack_f32", ("XNNPACK",)),
        ("convolution_gpu_bfyx_os_iyx_osv16", ("GPU kernel: convolution", "blocks of 16 channels")),
        ("deconvolution_gpu_imad_ref", ("GPU kernel: transposed convolution", "reference code")),
        ("softmax_gpu_ref", ("GPU kernel: softmax", "reference code, slow")),
    ],
)
def test_names_are_put_into_words(name: str, holds: tuple[str, ...]) -> None:
    words = explain_primitive(name)
    assert all(part in words for part in holds), words


def test_unknown_tokens_are_named_beside_the_known_ones() -> None:
    assert explain_primitive("flurb_f32") == "no words for flurb; in f32"
    words = explain_primitive("jit_flurb_avx2_f32")
    assert "no words for flurb" in words
    assert "256-bit" in words


def test_reference_code_does_not_say_twice_that_it_is_for_everything() -> None:
    assert "any case" not in explain_primitive("ref_any_f32").replace("takes this case", "")
    assert "any case" in explain_primitive("gemm_any_f32")


def test_no_name_gives_no_words() -> None:
    assert explain_primitive("") == explain_primitive("  ") == ""


def test_any_text_has_an_answer_of_bounded_length() -> None:
    dice = random.Random(7)
    for _ in range(300):
        name = "".join(dice.choices(string.ascii_letters + string.digits + "_:- \x1b", k=dice.randint(1, 400)))
        words = explain_primitive(name)
        assert len(words) < 2_000
        assert words or not name.strip(" ")
