#!/usr/bin/env python3
"""What an edit costs: a synthetic site of 1,000 cells in Kiln, beside the equivalent Jupyter Book.

    cargo build --release --locked --config 'profile.release.package.kiln.opt-level=3'
    python3 benches/bakes.py                     # Kiln alone
    python3 benches/bakes.py --peer              # and jupyter-book 1.0.4 with jupyter-cache, in a venv of its own

CPU seconds are user + system of the command and all its children, which a busy machine changes little. The peer
takes five minutes for as many cells; with fewer (`--peer-cells`) the ratios printed are of its CPU seconds on
those to Kiln's on all of its own, which favours the peer.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = ["jupyter-book==1.0.4", "ipykernel==6.29.5"]
CELLS_A_PAGE = 20
BOUND = 0.2  # CPU seconds


def run(command, cwd, env=None):
    """Wall and CPU seconds of a command and its children."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} failed:\n{output.decode(errors='replace')}")
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, output.decode(errors="replace")


def cell(page, at, constant):
    """Every fourth cell reads the one before it; all print."""
    first = f"value_{at} = {constant}" if at % 4 else f"value_{at} = {page} + {constant}"
    second = f"total_{at} = sum(range(value_{at - 1} % 50)) + value_{at}" if at % 4 == 3 else f"total_{at} = value_{at} * 2"
    return f"{first}\n{second}\nprint(total_{at})"


def kiln_page(page, edited=None):
    text = f"# Page {page}\n"
    for at in range(CELLS_A_PAGE):
        constant = 1000 + at if at == edited else at
        text += f"\nSome words on cell {at}.\n\n```python run\n#| label: cell-{at}\n{cell(page, at, constant)}\n```\n"
    return text


def peer_page(page, edited=None):
    text = "---\njupytext:\n  formats: md:myst\n  text_representation: {extension: .md, format_name: myst}\n"
    text += f"kernelspec: {{display_name: Python 3, language: python, name: python3}}\n---\n\n# Page {page}\n"
    for at in range(CELLS_A_PAGE):
        constant = 1000 + at if at == edited else at
        text += f"\nSome words on cell {at}.\n\n```{{code-cell}} python\n{cell(page, at, constant)}\n```\n"
    return text


def measure(name, build, write, cells):
    """Cold, the first build after it, no-op and one-cell edit; the last two are the best of three."""
    rows = {"cold": build()[:2], "first no-op": build()[:2]}
    rows["no-op"] = min((build()[:2] for _ in range(3)), key=lambda row: row[1])
    edits = []
    for turn in range(3):
        write(turn)
        edits.append(build()[:2])
    rows["one-cell edit"] = min(edits, key=lambda row: row[1])
    for what, (wall, cpu) in rows.items():
        print(f"{name:14} {cells:5} cells  {what:14} {wall:8.2f} s wall {cpu:8.3f} CPU-s")
    return rows


def kiln(binary, cells, scratch):
    site = scratch / "kiln"
    shutil.copytree(ROOT / "templates", site / "templates")
    (site / "kiln.toml").write_text('title = "Bench"\n')
    pages = cells // CELLS_A_PAGE

    def write(page, text):
        folder = site / "content" / f"p{page}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"p{page}.en.md").write_text(text)

    (site / "content").mkdir()
    (site / "content" / "_index.en.md").write_text("# Bench\n")
    for page in range(pages):
        write(page, kiln_page(page))
    env = dict(os.environ, KILN_CACHE_DIR=str(scratch / "cache"))
    build = lambda: run([str(binary), "build"], site, env)
    # The last cell of a page has no readers: exactly one cell runs.
    rows = measure("kiln", build, lambda turn: write(turn, kiln_page(turn, CELLS_A_PAGE - 1)), cells)
    print("kiln          ", run([str(binary), "build"], site, env)[2].strip().splitlines()[-1])
    return rows


def peer(cells, scratch):
    venv = ROOT / "target" / "bench-peer"
    if not (venv / "bin" / "jupyter-book").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "--quiet", *PEER], check=True)
    book = scratch / "book"
    book.mkdir()
    pages = cells // CELLS_A_PAGE
    (book / "_config.yml").write_text("title: Bench\nexecute:\n  execute_notebooks: cache\n")
    toc = "format: jb-book\nroot: index\nchapters:\n" + "".join(f"- file: p{page}\n" for page in range(pages))
    (book / "_toc.yml").write_text(toc)
    (book / "index.md").write_text("# Bench\n")
    for page in range(pages):
        (book / f"p{page}.md").write_text(peer_page(page))
    env = dict(os.environ, PATH=f"{venv / 'bin'}:{os.environ['PATH']}")
    build = lambda: run([str(venv / "bin" / "jupyter-book"), "build", "."], book, env)
    edit = lambda turn: (book / f"p{turn % pages}.md").write_text(peer_page(turn % pages, CELLS_A_PAGE - 1 - turn // pages))
    return measure("jupyter-book", build, edit, cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--peer-cells", type=int, default=1000)
    parser.add_argument("--kiln", type=pathlib.Path, default=ROOT / "target" / "release" / "kiln")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        ours = kiln(args.kiln.resolve(), args.cells, scratch)
        within = True
        for what in ["first no-op", "no-op", "one-cell edit"]:
            cpu = ours[what][1]
            within &= cpu < BOUND
            print(f"{what}: {cpu:.3f} CPU-s, bound {BOUND} CPU-s: {'within' if cpu < BOUND else 'ABOVE'}")
        if args.peer:
            theirs = peer(args.peer_cells, scratch)
            for what, (_, cpu) in theirs.items():
                print(f"{what}: jupyter-book on {args.peer_cells} cells / kiln on {args.cells} cells = {cpu / ours[what][1]:.1f}x the CPU")
    sys.exit(0 if within else 1)


if __name__ == "__main__":
    main()
