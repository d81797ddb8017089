"""Dumps as HETERO writes them: nothing is escaped."""

START = "digraph \n{\n"
END = "}\n"


def node(id_, name="", kind="Relu", *, submodel=None, device="CPU", more=""):
    label = rf"{name}\n{id_}" if name and name != id_ else id_
    label += rf"\nopset1::{kind}{more}"
    label += rf"\nsubgraph={submodel}" if submodel is not None else ""
    label += rf"\ndevice={device}" if device else ""
    return f'    {id_} [shape=box color=black label="{label}" fillcolor=brown style=filled]\n'


def clone(number, id_, name="", kind="Constant", value="{f32}[32,10]\nvalue: [ 0.58, -2.3, ... ]"):
    label = rf"{name}\n{id_}" if name else id_
    return (
        f'    CLONE_{number}[ shape="box"  style="dashed"  color="black"  label="{label}\\nopset1::{kind}\n{value}" ]\n'
    )


def edge(source, target, ports=""):
    words = f'[label=" {ports} "]' if ports else ""
    return f"    {source} -> {target}{words}\n"


def relay(number, source, target):
    """An edge that is too long, as two."""
    return (
        f'    RECV_{number}[shape="box" style="solid,filled" fillcolor="#ffcccc" label="Receive[{source}]"]\n'
        f'    SEND_{number}[shape="box" style="solid,filled" fillcolor="#ccffcc" label="Send[{target}]"]\n'
        f"    {source} -> SEND_{number}\n    RECV_{number} -> {target}\n"
    )


def dump(*lines):
    return START + "".join(lines) + END
