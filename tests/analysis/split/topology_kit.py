"""Models as bare operations, with and without chance."""

import random

from ovexplorer.analysis.split.gains import follow
from ovexplorer.schema.topology import Operation, Topology
from ovexplorer.text import RawName, clean

DEVICES = ("A", "B")


class Net:
    """Puts a topology together; every method returns the key of what it added."""

    def __init__(self):
        self.operations = []

    def add(self, kind, *inputs, role="operation", name="", size=4096, **more):
        key = len(self.operations)
        name = name or f"{kind.lower()}_{key}"
        fields = {"shapes": ("[1,16,8,8]",), "types": ("f32",), "sizes": (size,), **more}
        taken = tuple(entry if isinstance(entry, tuple) else (entry, 0) for entry in inputs)
        entry = Operation(
            key=key, name=clean(name), raw_name=RawName(name), type=clean(kind), role=role, inputs=taken, **fields
        )
        self.operations.append(entry)
        return key

    def input(self, name=""):
        return self.add("Parameter", role="parameter", name=name)

    def constant(self, name=""):
        return self.add("Constant", role="constant", name=name)

    def conv(self, source, name=""):
        return self.add("Convolution", source, self.constant(f"{name}.weight" if name else ""), name=name)

    def result(self, source):
        return self.add("Result", source, role="result")

    def topology(self):
        return Topology(model=clean("net"), operations=tuple(self.operations))


def placed_where(topology, rule, other="A"):
    """Device by `rule` for real operations, constants and the rest with their neighbours."""
    return follow(topology, [rule(entry) or other for entry in topology.operations])


def residual(blocks):
    net = Net()
    x = net.input("data")
    for index in range(blocks):
        y = net.add("Relu", x, name=f"b{index}.relu1")
        y = net.conv(y, f"b{index}.conv1")
        y = net.add("Relu", y, name=f"b{index}.relu2")
        y = net.conv(y, f"b{index}.conv2")
        x = net.add("Add", y, x, name=f"b{index}.sum")
    net.result(x)
    return net.topology()


def chance(seed, count=40):
    """Operations with one or two inputs from anywhere before, shared constants among them."""
    dice = random.Random(seed)
    net = Net()
    values = [net.input() for _ in range(dice.randint(1, 3))]
    constants = [net.constant() for _ in range(dice.randint(1, 4))]

    def pick():
        if dice.random() < 0.25:
            return dice.choice(constants)
        return dice.choice(values[-6:]) if dice.random() < 0.8 else dice.choice(values)

    for _ in range(count):
        if dice.random() < 0.3:
            values.append(net.add("Relu", dice.choice(values)))
        else:
            values.append(net.add("Add", dice.choice(values), pick()))
    taken = {key for entry in net.operations for key, _ in entry.inputs}
    for key in [key for key in values if key not in taken]:
        net.result(key)
    return net.topology()


def devices_by_chance(topology, seed, devices=DEVICES, *, apart=False):
    """A device for each operation; constants and parameters with their consumers unless `apart`."""
    dice = random.Random(seed)
    placed = [dice.choice(devices) for _ in topology.operations]
    return tuple(placed) if apart else follow(topology, placed)
