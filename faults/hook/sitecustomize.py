"""Put on PYTHONPATH by the campaign and its tests: every Python process of the product arms its fault points at start."""

import os
import sys
from pathlib import Path

if os.environ.get("FAULT") or os.environ.get("FAULT_DIR"):
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from faults import points

    points.arm()
