"""The demo models as a table, for whoever lists them without building them.

The figures are those of the built models; a test compares them.
"""

from __future__ import annotations

from ovexplorer.schema.base import Data
from ovexplorer.schema.spec import DEMO_PREFIX


class Demo(Data, frozen=True, kw_only=True):
    """One demo model."""

    name: str
    """What follows `demo:`."""
    note: str
    """What it is, in a few words, for a list."""
    what: str
    """What it is, in a sentence, for a panel."""
    flop: int
    """Floating-point operations of one inference."""
    parameters: int
    """Elements of its weights; 4 bytes each."""
    operations: int
    """Without constants, inputs and outputs."""
    input: str
    """Name, type and shape of its inputs."""
    output: str
    """Name, type and shape of its outputs."""
    version: int = 1
    """Grows when the model changes, so that a kept one is made anew."""

    @property
    def path(self) -> str:
        """How it is asked for."""
        return DEMO_PREFIX + self.name


DEMOS: tuple[Demo, ...] = (
    Demo(
        name="resnet50",
        note="image classifier",
        what="ResNet-50-like classifier, random but reproducible weights",
        flop=8_206_518_248,
        parameters=25_530_472,
        operations=175,
        input="image f32 [1,3,224,224]",
        output="logits f32 [1,1000]",
    ),
    Demo(
        name="mobilenet",
        note="image classifier",
        what="MobileNet-v2-like classifier, random but reproducible weights",
        flop=614_612_552,
        parameters=3_487_816,
        operations=152,
        input="image f32 [1,3,224,224]",
        output="logits f32 [1,1000]",
    ),
    Demo(
        name="yolov5n",
        note="detector 640x480",
        what="YOLOv5n-like detector with boxes decoded, random but reproducible weights",
        flop=3_384_829_800,
        parameters=1_880_090,
        operations=233,
        input="images f32 [1,3,480,640]",
        output="boxes f32 [1,18900,85]",
    ),
    Demo(
        name="bert",
        note="text encoder",
        what="BERT-base-like encoder of 128 tokens, random but reproducible weights",
        flop=22_418_917_120,
        parameters=109_482_254,
        operations=424,
        input="input_ids, attention_mask, token_type_ids i64 [1,128]",
        output="last_hidden_state f32 [1,128,768], pooler_output f32 [1,768]",
    ),
    Demo(
        name="branchy",
        note="made for HETERO",
        what="parallel branches and residual blocks, made to be split over devices",
        flop=995_528_840,
        parameters=55_440,
        operations=63,
        input="features f32 [1,16,112,112]",
        output="probabilities f32 [1,1000]",
    ),
    Demo(
        name="relu",
        note="call overhead",
        what="one ReLU on sixteen numbers: what is left is the cost of a call",
        flop=16,
        parameters=0,
        operations=1,
        input="data f32 [1,16]",
        output="output f32 [1,16]",
    ),
)
"""In the order they are shown."""


def find_demo(name: str) -> Demo:
    """A demo by the name after `demo:`.

    Raises:
        KeyError: There is none of that name.
    """
    return {demo.name: demo for demo in DEMOS}[name]
