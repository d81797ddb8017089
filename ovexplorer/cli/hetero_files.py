"""What `hetero` keeps: dumps, the affinity file, and the program that applies it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ovexplorer.cli import files
from ovexplorer.cli.line import CommandLine
from ovexplorer.errors import UsageError
from ovexplorer.export.affinity import affinity_json, affinity_python, python_name
from ovexplorer.schema.topology import DumpFile
from ovexplorer.text import clean
from ovexplorer.tuning.attempts import Improved
from ovexplorer.tuning.splits import MeasuredSplit


@dataclass(frozen=True)
class Keep:
    """Where files go."""

    dumps: Path | None = None
    """Folder for the dumps; None keeps none."""
    affinity: Path | None = None
    """File for affinities, with a program of the same name beside it."""

    def write_dumps(self, dumps: Iterable[DumpFile]) -> tuple[list[str], str]:
        """Copy dumps; to be called while the engine that owns them lives.

        Returns:
            The files that were written, and in words what could not be.
        """
        if self.dumps is None:
            return [], ""
        written: list[str] = []
        try:
            files.make_folder(self.dumps)
            for entry in dumps:
                # The name comes from the model: only its last part is used.
                path = self.dumps / (Path(str(entry.name)).name or "dump.dot")
                text = entry.text or Path(entry.path).read_text(encoding="utf-8", errors="replace")
                files.write(path, text)
                written.append(str(path))
        except UsageError as error:
            return written, f"dumps could not be kept: {error.what}"
        except OSError as error:
            return written, f"dumps could not be kept: {clean(error.strerror or str(error), 200)}"
        return written, "" if written else "there are no dumps to keep"

    def write_affinity(self, found: MeasuredSplit, improved: Improved | None) -> list[str]:
        """Write the affinities of the best split that is known, and the program.

        Returns:
            The files that were written.

        Raises:
            UsageError: One cannot be written.
        """
        placed = improved.placed if improved is not None else found.placed
        spec = improved.best if improved is not None else found.spec
        if self.affinity is None or found.topology is None or not placed:
            return []
        program = Path(python_name(self.affinity))
        files.write(self.affinity, affinity_json(found.topology, placed))
        files.write(program, affinity_python(spec, self.affinity.name))
        return [str(self.affinity), str(program)]


def keep_of(line: CommandLine) -> Keep:
    """What is to be kept.

    Raises:
        UsageError: A file is there already, or there is no folder for it.
    """
    dumps, affinity = line.values.get("dump_dir"), line.values.get("write_affinity")
    keep = Keep(Path(dumps) if dumps else None, Path(affinity) if affinity else None)
    if keep.affinity is not None:
        for path in (keep.affinity, Path(python_name(keep.affinity))):
            if path.exists():
                raise UsageError(f"{clean(str(path), 200)} is there already", "name another file, or remove it first")
        if not keep.affinity.parent.is_dir():
            raise UsageError(f"{clean(str(keep.affinity.parent), 200)} is no folder", "make it first")
    return keep
