import pytest

from ovexplorer.graph.element_types import BITS, size_in_bytes


@pytest.mark.parametrize(
    ("kind", "shape", "size"),
    [
        ("f32", "[1,64,112,112]", 4 * 64 * 112 * 112),
        ("f32", "[]", 4),
        ("i4", "[3]", 2),
        ("u1", "[9]", 2),
        ("u3", "[8]", 3),
        ("bf16", "[ 2 , 3 ]", 12),
        ("boolean", "[5]", 5),
        ("f32", "[0,7]", 0),
        ("string", "[4]", 0),
        ("", "[4]", 0),
        ("f32", "[?,64]", 0),
        ("f32", "[-1,64]", 0),
        ("f32", "[1..8,64]", 0),
        ("f32", "...", 0),
        ("f32", "", 0),
        ("f32", "[1,]", 0),
        ("f32", "[１]", 0),
        ("f32", "[1" + "0" * 40 + "]", 0),
    ],
)
def test_bytes_of_a_tensor(kind, shape, size):
    assert size_in_bytes(kind, shape) == size


def test_every_type_has_bits():
    assert all(0 < bits <= 64 for bits in BITS.values())
