"""What is proposed and what is not; that the proposals work is tested with a real engine."""

from __future__ import annotations

import msgspec

from ovexplorer.analysis.layers import analyse
from ovexplorer.analysis.remedies import remedies, remedies_for
from ovexplorer.options.apply import describe_change
from ovexplorer.schema.facts import ModelFacts, PortFacts
from ovexplorer.schema.results import EffectiveProperty, LayerProfile, LayerTime
from ovexplorer.schema.spec import InputSpec, ModelSpec, RunSpec
from ovexplorer.text import RawName, clean

SPEC = RunSpec(model=ModelSpec(path="net.xml"))


def layer(key: int, name: str, kind: str, mean_us: int = 0, inputs: tuple[int, ...] = (), **more: str) -> LayerTime:
    return LayerTime(
        key=key,
        order=key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        primitive=clean("jit"),
        precision="f32",
        input_precisions="",
        output_precisions=more.get("output", "f32"),
        layouts=more.get("layouts", "abcd"),
        shapes="[1,3,8,8]",
        status="executed",
        mean_ns=mean_us * 1000,
        inputs=inputs,
    )


def port(index: int, name: str, kind: str = "f32", layout: str = "NCHW") -> PortFacts:
    return PortFacts(
        index=index, name=clean(name), raw_name=RawName(name), element_type=kind, shape="[1,3,8,8]", layout=layout
    )


def facts(*inputs: PortFacts, outputs: tuple[PortFacts, ...] = (port(0, "out", layout=""),)) -> ModelFacts:
    return ModelFacts(
        path="net.xml",
        name=clean("net"),
        format="OpenVINO IR",
        size_bytes=1,
        sha256="",
        identity="x",
        inputs=inputs,
        outputs=outputs,
        operations={},
        parameters=1,
        weight_bytes=4,
        flop=1,
    )


def found(layers: list[LayerTime], spec: RunSpec = SPEC, model: ModelFacts | None = None, effective: str = ""):
    profile = LayerProfile(
        segment=1, iterations=1, warm_up_removed=True, streams=1, latency_ns=1_000_000, layers=tuple(layers)
    )
    rows = [
        EffectiveProperty(
            device="CPU",
            property="INFERENCE_PRECISION_HINT",
            requested=None,
            effective=clean(effective),
            state="default",
        )
    ]
    return remedies(analyse(profile), spec, model, rows if effective else ())


IMAGE = [
    layer(0, "image", "Input"),
    layer(1, "image_abcd_acdb_conv", "Reorder", 100, (0,), layouts="acdb"),
    layer(2, "conv", "Convolution", 500, (1,), layouts="acdb"),
]
SHORT = [
    layer(0, "image", "Input"),
    layer(1, "image_f32_abcd_bf16_acdb_conv", "Reorder", 100, (0,), layouts="acdb", output="bf16"),
    layer(2, "conv", "Convolution", 500, (1,), layouts="acdb", output="bf16"),
    layer(3, "conv_bf16_f32_soft", "Reorder", 30, (2,), layouts="acdb"),
    layer(4, "soft", "Softmax", 20, (3,), layouts="acdb"),
]


def test_a_turned_image_is_fed_channels_last_for_its_whole_cost() -> None:
    first, second = found(IMAGE, model=facts(port(0, "image")))
    assert (first.id, first.expected_ns, first.layer_keys) == ("channels_last", 100_000.0, (1,))
    assert first.spec.model.inputs == (InputSpec(tensor_layout="NHWC"),)
    assert "NHWC" in describe_change(SPEC, first.spec)
    assert (second.id, second.expected_ns, second.spec.model.preprocess) == ("u8_image", None, "graph")


def test_a_conversion_that_stays_is_not_promised_away() -> None:
    made = {remedy.id: remedy for remedy in found(SHORT, model=facts(port(0, "image")), effective="bf16")}
    assert made["channels_last"].expected_ns is None
    assert made["channels_last_typed"].expected_ns == 100_000.0
    assert made["channels_last_typed"].spec.model.inputs == (InputSpec(tensor_layout="NHWC", element_type="bf16"),)
    assert made["precision"].expected_ns is None
    assert made["precision"].layer_keys == (1, 3)
    assert made["precision"].spec.properties == {"INFERENCE_PRECISION_HINT": "f32"}


def test_known_gains_come_first_and_the_larger_before_the_smaller() -> None:
    made = found(SHORT, model=facts(port(0, "image")), effective="bf16")
    gains = [remedy.expected_ns for remedy in made]
    known = [gain for gain in gains if gain is not None]
    assert gains[: len(known)] == sorted(known, reverse=True)


def test_remedies_of_one_move() -> None:
    made = found(SHORT, model=facts(port(0, "image")), effective="bf16")
    profile_moves = analyse(
        LayerProfile(segment=1, iterations=1, warm_up_removed=True, streams=1, latency_ns=1, layers=tuple(SHORT))
    ).reorders
    inner = next(entry for entry in profile_moves if entry.layer.key == 3)
    assert [remedy.id for remedy in remedies_for(inner, made)] == ["precision"]


def test_the_precision_is_not_proposed_where_it_is_f32_already() -> None:
    asked = msgspec.structs.replace(SPEC, properties={"INFERENCE_PRECISION_HINT": "f32"})
    assert not found(SHORT, asked)
    assert not found(SHORT, effective="f32")
    assert [remedy.id for remedy in found(SHORT)] == ["precision"]


def test_nothing_about_inputs_without_the_model() -> None:
    assert found(IMAGE) == ()


def test_what_is_asked_already_is_not_proposed_again() -> None:
    turned = msgspec.structs.replace(
        SPEC, model=msgspec.structs.replace(SPEC.model, inputs=(InputSpec(tensor_layout="NHWC"),))
    )
    assert found(IMAGE, turned, facts(port(0, "image", layout="NHWC"))) == ()
    graph = msgspec.structs.replace(SPEC, model=msgspec.structs.replace(SPEC.model, preprocess="graph"))
    assert found(IMAGE, graph, facts(port(0, "image"))) == ()


def test_an_input_that_is_no_image_is_left_as_it_is() -> None:
    assert found(IMAGE, model=facts(port(0, "image", layout=""))) == ()


def test_ids_are_fed_as_the_device_computes() -> None:
    layers = [
        layer(0, "ids", "Input", output="i64", layouts="ab"),
        layer(1, "mask", "Input", output="i64", layouts="ab"),
        layer(2, "Convert_1", "Convert", 10, (0,), output="i32", layouts="ab"),
        layer(3, "Convert_2", "Convert", 20, (1,), output="i32", layouts="ab"),
        layer(4, "rows", "Gather", 50, (2, 3)),
    ]
    general = InputSpec(layout="NC")
    spec = msgspec.structs.replace(SPEC, model=msgspec.structs.replace(SPEC.model, inputs=(general,)))
    model = facts(*(port(index, name, "i64", "NC") for index, name in enumerate(("ids", "mask", "other"))))
    (made,) = found(layers, spec, model)
    assert (made.id, made.expected_ns, set(made.layer_keys)) == ("input_type", 30_000.0, {2, 3})
    by_name = {entry.name: entry for entry in made.spec.model.inputs}
    assert by_name[""] == general
    assert {by_name[name].element_type for name in ("ids", "mask")} == {"i32"}
    assert {entry.layout for entry in by_name.values()} == {"NC"}


def test_a_type_that_was_asked_for_can_be_taken_back() -> None:
    layers = [
        layer(0, "image", "Input", output="u8"),
        layer(1, "Convert_1", "Convert", 10, (0,)),
        layer(2, "conv", "Convolution", 50, (1,)),
    ]
    spec = msgspec.structs.replace(
        SPEC, model=msgspec.structs.replace(SPEC.model, inputs=(InputSpec(element_type="u8"),))
    )
    (made,) = found(layers, spec, facts(port(0, "image", "u8")))
    assert (made.id, made.expected_ns, made.spec) == ("own_type", None, SPEC)


def test_outputs_are_handed_out_as_computed() -> None:
    layers = [
        layer(0, "fc", "FullyConnected", 50, output="bf16", layouts="ab"),
        layer(1, "fc_bf16_f32_out", "Reorder", 7, (0,), layouts="ab"),
        layer(2, "out", "Output", 0, (1,), layouts="ab"),
    ]
    made = {remedy.id: remedy for remedy in found(layers, model=facts(port(0, "data", layout="NC")))}
    assert made["output_type"].spec.model.output_type == "bf16"
    assert made["output_type"].expected_ns == 7_000.0
    asked = msgspec.structs.replace(SPEC, model=msgspec.structs.replace(SPEC.model, output_type="f32"))
    assert "output_type" not in {remedy.id for remedy in found(layers, asked, facts(port(0, "data")))}


def test_cuts_go_when_one_device_does_it_all() -> None:
    layers = [
        layer(0, "subgraph1: Parameter_1_abcd_acdb_conv", "Reorder", 5, layouts="acdb"),
        layer(1, "subgraph1: conv_acdb_abcd_Result_2", "Reorder", 4),
    ]
    spec = msgspec.structs.replace(
        SPEC,
        device="HETERO:CPU_SIM,CPU",
        device_properties={"CPU": {"NUM_STREAMS": "1"}, "CPU_SIM": {"NUM_STREAMS": "2"}},
    )
    (made,) = found(layers, spec)
    assert (made.id, made.expected_ns, made.spec.device) == ("one_device", 9_000.0, "CPU")
    assert (made.spec.properties, made.spec.device_properties) == ({"NUM_STREAMS": "1"}, {})
