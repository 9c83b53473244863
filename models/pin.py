#!/usr/bin/env python3
"""Writes the sha256 and the size of every file in this folder that `models.toml` names into its entry.

    python models/pin.py
"""

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "models.toml"
FILE = re.compile(r'sha256 = "[0-9a-f]*"\nsize = \d+\nsources = \[\{ path = "(?P<path>[^"]+)" \}\]')


def pinned(match):
    data = (ROOT / match["path"]).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return f'sha256 = "{digest}"\nsize = {len(data)}\nsources = [{{ path = "{match["path"]}" }}]'


MANIFEST.write_text(FILE.sub(pinned, MANIFEST.read_text(encoding="utf-8")), encoding="utf-8")
