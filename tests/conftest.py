"""What holds for every test."""

import os

# Tests that import openvino themselves: without it a thread would try to report the use over the network.
os.environ.setdefault("CI", "true")
