import sys
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    # Pseudo-terminals and /proc are what these tests look through.
    collect_ignore_glob = ["test_*.py"]
else:
    from terminal_kit import Home, Terminal

# The makers of small models live with the tests of the engine.
sys.path.append(str(Path(__file__).resolve().parents[1] / "engine"))


@pytest.fixture(scope="session")
def demo_cache(tmp_path_factory):
    """Demo models are built once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def home(tmp_path, demo_cache):
    return Home(tmp_path, demo_cache)


@pytest.fixture
def terminal(home):
    """Starts the program on a terminal."""
    opened = []

    def start(*words, **settings):
        opened.append(Terminal(home, *words, **settings))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
