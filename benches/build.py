#!/usr/bin/env python3
"""Cold builds of the same book by Kiln and its peers, in one run: `build.py [PAGES ...]`.

For each number of pages (1,000 and 5,000 where none is given): CPU seconds (user and system), seconds on the
wall, peak memory and bytes of output of a build into an empty folder, and Kiln's CPU seconds as a share of
each peer's. Then Kiln again with nothing changed, and with one page changed. Peers that are not on the PATH
are named and left out; KILN names the binary, else `target/release/kiln`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import corpus

REPOSITORY = corpus.REPOSITORY
KILN = os.environ.get("KILN", str(REPOSITORY / "target" / "release" / "kiln"))

# The command of each tool, run in its book's folder, and where its output goes.
COMMANDS = {
    "kiln": ([KILN, "build", "--quiet"], "site"),
    "mdbook": (["mdbook", "build"], "book"),
    "hugo": (["hugo", "--quiet"], "public"),
    "zola": (["zola", "build"], "public"),
}


class Run:
    """One run of a command: what it took."""

    def __init__(self, command, folder):
        log = tempfile.TemporaryFile()
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.perf_counter() - start
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss / 1024
        if status != 0:
            log.seek(0)
            sys.exit(f"{' '.join(command)} failed in {folder}:\n{log.read().decode(errors='replace')[-2000:]}")

    def line(self, what):
        return f"{what:24} {self.cpu:8.2f} CPU s {self.wall:8.2f} s {self.memory:8.0f} MB"


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main():
    counts = [int(count) for count in sys.argv[1:]] or [1000, 5000]
    tools = [tool for tool in COMMANDS if tool == "kiln" or shutil.which(tool)]
    missing = [tool for tool in COMMANDS if tool not in tools]
    if missing:
        print(f"not on the PATH, so not measured: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["KILN_CACHE_DIR"] = os.path.join(scratch, "cache")
        per_page = {}
        for count in counts:
            print(f"\n{count} pages")
            folder = Path(scratch) / str(count)
            taken = {}
            for tool in tools:
                corpus_writer = getattr(corpus, tool)
                corpus_writer(folder / tool, count)
                # Times of files in the very moment of a build tell nothing: Kiln would not trust them later.
                time.sleep(0.3)
                command, out = COMMANDS[tool]
                taken[tool] = Run(command, folder / tool)
                print(taken[tool].line(f"{tool}, cold"), f"{size(folder / tool / out) / 1e6:8.0f} MB out", flush=True)
            per_page[count] = taken["kiln"].cpu / count
            for tool in tools[1:]:
                print(f"kiln takes {taken['kiln'].cpu / taken[tool].cpu:.2f} of the CPU seconds of {tool}")
            command = COMMANDS["kiln"][0]
            again = min((Run(command, folder / "kiln") for _ in range(5)), key=lambda run: run.wall)
            print(again.line("kiln, nothing changed"))
            page = folder / "kiln" / "content" / "s000" / "p00003.en.md"
            page.write_text(page.read_text() + "\nOne more sentence.\n")
            print(Run(command, folder / "kiln").line("kiln, one page changed"), flush=True)
            shutil.rmtree(folder)
        if len(counts) > 1:
            first, last = counts[0], counts[-1]
            print(f"\nCPU seconds a page, {last} pages to {first}: {per_page[last] / per_page[first]:.2f}")
        starts = [Run([KILN, "--version"], scratch) for _ in range(20)]
        wall, cpu = (sorted(key(start) * 1000 for start in starts)[10] for key in (lambda s: s.wall, lambda s: s.cpu))
        print(f"kiln --version: {wall:.1f} ms, of which {cpu:.1f} ms CPU (medians of 20)")


if __name__ == "__main__":
    main()
