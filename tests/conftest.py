"""What holds for every test."""

import gc
import os

# Tests that import openvino themselves: without it a thread would try to report the use over the network.
os.environ.setdefault("CI", "true")

# An app of a test leaves much in cycles and is soon gone: the usual frequency of collections costs a tenth of the time.
gc.set_threshold(50_000, 20, 100)
