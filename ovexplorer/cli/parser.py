"""Command line to a plain namespace. Knows nothing of what the flags mean; see `request` for that.

The options of the catalogue become flags here, once, for every command that takes a model.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence

from ovexplorer.cli.flags import COMMANDS, GENERAL, GENERAL_FLAGS, SUMMARIES, Flag
from ovexplorer.cli.line import CommandLine
from ovexplorer.errors import UsageError
from ovexplorer.options.catalogue import CATALOGUE
from ovexplorer.options.model import Group, Option
from ovexplorer.text import clean

_YES = frozenset({"yes", "true", "t", "y", "1"})
_NO = frozenset({"no", "false", "f", "n", "0"})
_TITLES: dict[Group, str] = {
    "DEVICE": "Device",
    "RUN": "How inferences are started",
    "THREADS": "Streams and threads",
    "MODEL": "Shapes, inputs, cache",
    "OTHER": "Virtual devices, GPU, NPU and rarer ones",
}
_MODEL_COMMANDS = ("", "bench", "ab", "ladder", "layers", "hetero", "graph", "doctor")
_EXAMPLES = {
    "": ("ovexplorer", "ovexplorer demo:resnet50 -d CPU", "ovexplorer model.onnx -hint throughput"),
    "bench": (
        "ovexplorer bench model.xml -d CPU -t 10",
        "ovexplorer bench model.onnx -hint throughput -nireq 4 --json",
        "ovexplorer bench demo:resnet50 --runs 5 --require-valid",
    ),
    "ab": (
        'ovexplorer ab demo:resnet50 --a "precision=bf16" --b "precision=f32"',
        'ovexplorer ab model.xml --b "model=model_int8.xml" --budget 30 --json',
    ),
    "ladder": ("ovexplorer ladder demo:resnet50 --budget 4", "ovexplorer ladder model.onnx --kind slower --json"),
    "layers": (
        "ovexplorer layers model.onnx --filter 'type:Conv >1%' --csv layers.csv",
        'ovexplorer layers demo:resnet50 --against "precision=f32"',
    ),
    "hetero": (
        "ovexplorer hetero demo:branchy -d HETERO:CPU_SIM,CPU --stand-in CPU_SIM",
        "ovexplorer hetero model.xml -d HETERO:GPU,CPU --improve --write-affinity split.json",
        "ovexplorer hetero hetero_subgraphs_model.dot",
    ),
    "graph": (
        "ovexplorer graph hetero_subgraphs_model.dot",
        "ovexplorer graph model.xml --html model.html",
        "ovexplorer graph demo:branchy --select type:Add --hops 2 --mermaid -",
    ),
    "devices": ("ovexplorer devices", "ovexplorer devices -d CPU"),
    "doctor": ("ovexplorer doctor", "ovexplorer doctor -nthreads 8 --json"),
    "replay": ("ovexplorer replay run.ovx --speed 4", "ovexplorer replay run.ovx --json"),
}


class _Formatter(argparse.HelpFormatter):
    """Spellings once, then the value, as `-hint, --hint VALUE`."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=100)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        spellings = ", ".join(action.option_strings[:2])
        return f"{spellings} {action.metavar}" if action.metavar else spellings


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]  # argparse declares NoReturn; raising is one
        raise UsageError(clean(message), f"see {self.prog} --help")


def split_command(argv: Sequence[str]) -> tuple[str, list[str]]:
    """The command and the rest; a general flag may stand before the command."""
    general = {spelling for flag in GENERAL_FLAGS for spelling in flag.spellings}
    for place, word in enumerate(argv):
        if word in COMMANDS and word:
            return word, [*argv[:place], *argv[place + 1 :]]
        if word not in general:
            break
    return "", list(argv)


def help_text(command: str) -> str:
    """The help of a command."""
    text = _parser(command).format_help()
    if command:
        return text
    commands = "\n".join(f"  {name:<9} {SUMMARIES[name]}" for name in COMMANDS if name)
    return text.replace("\n\n", f"\n\ncommands (each has its own --help):\n{commands}\n\n", 1)


def parse(argv: Sequence[str]) -> CommandLine:
    """Take a command line apart.

    Raises:
        UsageError: A flag is not known, has no value, or a word is one too many.
    """
    command, rest = split_command(argv)
    parser = _parser(command)
    flags = _flags(command)
    _refuse_glued(rest, parser)
    namespace, left = parser.parse_known_args(_spelled_out(rest, flags))
    words = _words(left, parser)
    given = vars(namespace)
    switches = {flag.name for flag in flags if flag.takes == "nothing" and given[flag.name]}
    off: set[str] = set()
    for flag in flags:
        if flag.takes == "maybe" and given[flag.name] is not None:
            (switches if _is_yes(flag, given[flag.name]) else off).add(flag.name)
    return CommandLine(
        command=command,
        words=tuple(words),
        values={
            flag.name: given[flag.name] for flag in flags if flag.takes == "value" and given[flag.name] is not None
        },
        lists={flag.name: _flat(given[flag.name]) for flag in flags if flag.takes == "values" and given[flag.name]},
        options=tuple(
            (option, given[_dest(option)]) for option in _options(command) if given[_dest(option)] is not None
        ),
        switches=frozenset(switches),
        off=frozenset(off),
    )


def _flags(command: str) -> tuple[Flag, ...]:
    return (*COMMANDS[command][1], *GENERAL_FLAGS)


def _options(command: str) -> tuple[Option, ...]:
    return CATALOGUE if command in _MODEL_COMMANDS else ()


def _dest(option: Option) -> str:
    return f"option_{option.id}"


def _parser(command: str) -> _Parser:
    usage, _ = COMMANDS[command]
    prog = f"ovexplorer {command}".strip()
    parser = _Parser(
        prog=prog,
        usage=f"{prog} {usage}",
        description=SUMMARIES[command],
        epilog="examples: " + " · ".join(_EXAMPLES[command]),
        add_help=False,
        allow_abbrev=False,
        formatter_class=_Formatter,
    )
    groups: dict[str, argparse._ArgumentGroup] = {}

    def group(title: str) -> argparse._ArgumentGroup:
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        return groups[title]

    for option in _options(command):
        group(_TITLES[option.group]).add_argument(
            *option.flags, dest=_dest(option), metavar=_metavar(option), help=_help(option), default=None
        )
    for flag in _flags(command):
        _add(group(flag.group), flag)
    if command == "":
        group(GENERAL).add_argument("--version", dest="version", action="store_true", help="show the version")
    return parser


def _add(group: argparse._ArgumentGroup, flag: Flag) -> None:
    text = flag.help.replace("%", "%%")
    if flag.takes == "nothing":
        group.add_argument(*flag.spellings, dest=flag.name, action="store_true", help=text)
    elif flag.takes == "maybe":
        group.add_argument(*flag.spellings, dest=flag.name, default=None, metavar="[yes|no]", help=text)
    elif flag.takes == "values":
        several = "+" if flag.name == "files" else 1
        group.add_argument(
            *flag.spellings, dest=flag.name, action="append", nargs=several, metavar=flag.metavar, help=text
        )
    else:
        group.add_argument(*flag.spellings, dest=flag.name, default=None, metavar=flag.metavar, help=text)


def _metavar(option: Option) -> str:
    return {"integer": "N", "real": "N", "path": "DIR"}.get(option.kind, "VALUE")


def _help(option: Option) -> str:
    text = option.help.partition(". ")[0].rstrip(".")
    if option.kind in {"choice", "boolean"}:
        text += f" [{' '.join(choice.value for choice in option.choices)}]"
    text += f" (default: {option.default})"
    return text.replace("%", "%%")


def _spelled_out(argv: list[str], flags: tuple[Flag, ...]) -> list[str]:
    """Give flags that mean yes without a value that value, so that they never swallow the word after them."""
    maybe = {spelling for flag in flags if flag.takes == "maybe" for spelling in flag.spellings}
    result = []
    for place, word in enumerate(argv):
        if word in maybe:
            following = argv[place + 1].lower() if place + 1 < len(argv) else ""
            result.append(word if following in _YES | _NO else f"{word}=yes")
        else:
            result.append(word)
    return result


def _refuse_glued(argv: list[str], parser: _Parser) -> None:
    """Refuse `-inputs` and `-hnit`, which argparse would read as `-i nputs` and `-h -nit`; `-t5` and `-dCPU` are meant.

    Raises:
        UsageError: A flag is not known.
    """
    known = set(_spellings(parser))
    for word in argv[: argv.index("--")] if "--" in argv else argv:
        name = word.partition("=")[0]
        if len(name) > 2 and name[0] == "-" and name[1:].isidentifier() and name[2].islower() and name not in known:
            raise _unknown(word, parser)


def _spellings(parser: _Parser) -> list[str]:
    return [word for action in parser._actions for word in action.option_strings]  # noqa: SLF001 - no public list


def _is_yes(flag: Flag, value: str) -> bool:
    if value.lower() in _YES | _NO:
        return value.lower() in _YES
    raise UsageError(f"{flag.spellings[0]}: {value!r} is neither yes nor no", f"write {flag.spellings[0]} yes")


def _flat(groups: list[list[str]]) -> tuple[str, ...]:
    return tuple(word for group in groups for word in group)


def _words(left: list[str], parser: _Parser) -> list[str]:
    if "--" in left:
        place = left.index("--")
        return [*_words(left[:place], parser), *left[place + 1 :]]
    for word in left:
        if word.startswith("-") and word != "-":
            raise _unknown(word, parser)
    return left


def _unknown(word: str, parser: _Parser) -> UsageError:
    known = _spellings(parser)
    name = word.partition("=")[0]
    near = difflib.get_close_matches(name, known, 1, 0.6)
    near += [spelling for spelling in known if spelling.lstrip("-") == name.lstrip("-")]
    hint = (
        f"did you mean {near[-1]}?" if near else f"see {parser.prog} --help, or set any property with --prop KEY=VALUE"
    )
    return UsageError(f"there is no flag {clean(name, 60)}", hint)
