"""`python -m ovexplorer` is the command `ovexplorer`."""

from __future__ import annotations

import sys

from ovexplorer.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
