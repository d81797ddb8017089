"""The one exception tree of ovexplorer.

Every error says what happened and what to do about it, and each kind has one exit code. Both front ends catch
`OvexplorerError` in exactly one place.

    OvexplorerError            70
    ├── UsageError              2   a flag, an option value or a setting cannot be used
    │   ├── SettingsError           the settings file; names file and key
    │   ├── TerminalError           the terminal cannot show the TUI
    │   └── ReplayError             a recording is shown, so nothing can be started
    ├── ModelError              3   the model cannot be read, reshaped or compiled
    ├── EngineError             4   the engine process failed
    │   ├── EngineDiedError         it ended by a signal or an exit code
    │   └── ProtocolError           it sent something that is not in the protocol
    ├── RecordingError          2   a recording cannot be read or written
    ├── NotValidError           5   the result is not valid and --require-valid was given
    └── InterruptedRunError   130   the user stopped it
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process returns to the shell."""

    DONE = 0
    """The work was done."""
    GATE_FAILED = 1
    """A `--fail-if` condition held."""
    USAGE = 2
    """The command line, a setting or a file named on it cannot be used."""
    MODEL = 3
    """The model cannot be read or compiled."""
    ENGINE = 4
    """The engine process died."""
    NOT_VALID = 5
    """`--require-valid` was given and the result is not valid."""
    INTERNAL = 70
    """A defect in ovexplorer."""
    INTERRUPTED = 130
    """Ctrl-C; wins over NOT_VALID."""


class OvexplorerError(Exception):
    """Base of all errors that a user can meet.

    Attributes:
        what: One line that says what happened.
        hint: One line that says what to do; may be empty only for InterruptedRunError.
        detail: Further lines, such as OpenVINO's own text; shown with `--debug` and in the error panel.
    """

    exit_code = ExitCode.INTERNAL

    def __init__(self, what: str, hint: str = "", detail: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.detail = detail


class UsageError(OvexplorerError):
    """A flag, an option value or a file name cannot be used."""

    exit_code = ExitCode.USAGE


class SettingsError(UsageError):
    """The settings file is wrong; `what` names the file and the key."""


class TerminalError(UsageError):
    """The terminal cannot show the TUI."""


class ReplayError(UsageError):
    """A recording is shown: nothing can be started or changed."""


class ModelError(OvexplorerError):
    """The model cannot be read, reshaped or compiled."""

    exit_code = ExitCode.MODEL


class EngineError(OvexplorerError):
    """The engine process failed."""

    exit_code = ExitCode.ENGINE


class EngineDiedError(EngineError):
    """The engine process ended by a signal or an exit code."""


class ProtocolError(EngineError):
    """A frame was too long, malformed or of another version."""


class RecordingError(OvexplorerError):
    """A recording cannot be read or written."""

    exit_code = ExitCode.USAGE


class NotValidError(OvexplorerError):
    """The result is not valid and `--require-valid` was given."""

    exit_code = ExitCode.NOT_VALID


class InterruptedRunError(OvexplorerError):
    """The user stopped the run."""

    exit_code = ExitCode.INTERRUPTED
