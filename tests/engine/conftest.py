import pytest
from engine_client import EngineClient


@pytest.fixture
def engine(tmp_path):
    directory = tmp_path / "engine"
    directory.mkdir()
    client = EngineClient(directory)
    yield client
    client.close()
    assert client.process.returncode == 0
    assert not directory.exists()
