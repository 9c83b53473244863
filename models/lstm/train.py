#!/usr/bin/env python3
"""Trains `lstm` on the long-lag recall task of `models/common/recall.py`.

    pip install -r models/requirements.txt && python models/lstm/train.py [--smoke]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import recall

if __name__ == "__main__":
    recall.train(__file__, "lstm")
