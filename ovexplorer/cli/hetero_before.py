"""What `hetero` says before anything is compiled: affinities that do not fit, rules of thumb, the size of the split."""

from __future__ import annotations

from ovexplorer.analysis.split.words import counted
from ovexplorer.cli.console import Console
from ovexplorer.errors import UsageError
from ovexplorer.export.affinity import affinity_notices
from ovexplorer.schema.placement import matching
from ovexplorer.text import clean
from ovexplorer.tuning.split_run import SLOW_COMPILE_S
from ovexplorer.tuning.splits import MeasuredSplit
from ovexplorer.units import size


def say_before(console: Console, found: MeasuredSplit) -> None:
    """What is worth knowing before anything is compiled.

    Raises:
        UsageError: The affinities are for another model or device, or leave an operation without one.
    """
    topology, split = found.topology, found.predicted
    if topology is None or split is None:
        return
    for notice in affinity_notices(topology, found.devices, found.spec.placements):
        console.notice(f"notice: {notice}")
    if found.spec.splitter == "openvino" and found.spec.lacks:
        console.notice("notice: OpenVINO splits by itself: it does not know what stand-ins pretend to lack")
    for rule in found.spec.affinities:
        if not matching(topology, rule.pattern):
            console.notice(f"notice: the rule {clean(rule.pattern, 80)} names no operation of {topology.model}")
    for finding in found.findings:
        if finding.code == "all_placed" and finding.state == "bad":
            raise UsageError(str(finding.text), str(finding.fix) or "add a device that takes them, such as CPU")
        if finding.state != "good" and finding.code != "compile_time":
            fix = f"; {finding.fix}" if finding.fix else ""
            console.notice(f"notice: {finding.text}{fix}")
    told = f"{counted(len(split.submodels), 'submodel')} and {counted(len(split.cuts), 'cut')} predicted"
    if split.cuts:
        told += f", {size(split.cut_bytes)} over them" if split.cut_bytes else ", of dynamic size"
    if found.compile_s >= SLOW_COMPILE_S:
        told += f"; each time it is compiled takes about {found.compile_s:.0f} s, Ctrl-C ends it"
    console.notice(told)
