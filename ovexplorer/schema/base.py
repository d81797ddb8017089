"""What every piece of boundary data has in common."""

from __future__ import annotations

import msgspec


class Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen typed data that crosses a process, a file or the network; unknown fields are refused.

    Subclasses repeat `frozen` and `kw_only`: type checkers do not inherit them.
    """
