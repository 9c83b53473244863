#!/usr/bin/env python3
"""How soon a save is on the screen: `serve.py [PAGES [EDITS]]`, 5,000 pages and 30 edits where not given.

Serves a synthetic book, opens one of its pages in a headless Chromium and edits files. Printed are the median
and the worst time from the end of a save to the new text in the page, for edits of the page itself, of a
heading that another page links to, of a title that other pages show, of a style sheet, and of a template and the
settings, which all pages show; then what a storm costs that touches every file twice; then memory after a row of random edits (`SOAK` sets their number, 2,000
by default).
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import corpus
from browser import Browser, binary
from build import KILN

# Tells when a text appears, by the clock that Python's time.time() reads too.
WATCH = """new Promise((seen) => {
  const look = () => { if (document.documentElement.outerHTML.includes(TEXT)) { watch.disconnect(); seen(Date.now()); } };
  const watch = new MutationObserver(look);
  watch.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  look();
})"""


class Server:
    """`kiln serve` on a book."""

    def __init__(self, folder):
        command = [KILN, "serve", "--port", "0"]
        self.start = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().split("http://")[1].split("/")[0]

    def memory(self):
        """Resident megabytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def cpu(self):
        """CPU seconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rest(self):
        """Waits until the server has nothing to do."""
        before = -1.0
        while self.cpu() - before > 0.011:
            before = self.cpu()
            time.sleep(0.5)

    def close(self):
        self.process.kill()
        self.process.wait()


STYLED = """new Promise((seen) => {
  const look = () => {
    if (getComputedStyle(document.body).getPropertyValue("--mark").trim() === MARK) seen(Date.now());
    else requestAnimationFrame(look);
  };
  look();
})"""


def saved(browser, path, text, mark):
    """Milliseconds from the save of `path` to `mark` on the screen."""
    return saw(browser, path, text, WATCH.replace("TEXT", repr(mark)))


def saved_style(browser, path, text, mark):
    """Milliseconds from the save of a style sheet to the page that has it."""
    return saw(browser, path, text, STYLED.replace("MARK", repr(str(mark))))


def saw(browser, path, text, expression):
    """Milliseconds from the save of `path` to the time that `expression` tells."""
    browser.count += 1
    message = {"id": browser.count, "method": "Runtime.evaluate", "sessionId": browser.session}
    message["params"] = {"expression": expression, "awaitPromise": True, "returnByValue": True}
    os.write(browser.commands, json.dumps(message).encode() + b"\0")
    time.sleep(0.15)
    path.write_text(text)
    end = time.time() * 1000
    while (answer := browser.next()).get("id") != browser.count:
        pass
    return answer["result"]["result"]["value"] - end


def line(what, times, server, before):
    """Prints the times of a row of edits, and what each cost the server."""
    server.rest()
    cpu = (server.cpu() - before) / len(times) * 1000
    print(f"{what:32} {statistics.median(times):6.0f} ms median {max(times):6.0f} ms worst {cpu:7.0f} CPU ms an edit", flush=True)


def main():
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    edits = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    if not binary():
        sys.exit("there is no Chromium on the PATH")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["KILN_CACHE_DIR"] = os.path.join(scratch, "cache")
        folder = Path(scratch) / "kiln"
        corpus.kiln(folder, pages)
        page = folder / "content" / "s000" / "p00003.en.md"
        other = folder / "content" / "s000" / "p00004.en.md"
        server = Server(folder)
        browser = Browser()
        try:
            browser.go(f"http://{server.address}/en/s000/p00003/")
            browser.wait("document.querySelector('main .body')", 120)
            print(f"{pages} pages; the first page is there after {time.perf_counter() - server.start:.2f} s")
            server.rest()
            text = page.read_text()
            before = server.cpu()
            line("the text of the page", [saved(browser, page, f"{text}\nWord own{n}.\n", f"own{n}") for n in range(edits)], server, before)
            before = server.cpu()
            heading = text + "\n## Heading n\n"
            times = [saved(browser, page, heading.replace("Heading n", f"Heading{n}"), f"Heading{n}") for n in range(edits)]
            line("a heading of the page", times, server, before)
            before = server.cpu()
            head, body = other.read_text().split("\n+++\n", 1)
            title = [saved(browser, other, head.replace('title = "', f'title = "New{n} ') + "\n+++\n" + body, f"New{n}") for n in range(edits)]
            line("the title of a page beside it", title, server, before)
            before = server.cpu()
            style = folder / "templates" / "assets" / "style.css"
            css = style.read_text()
            line("the style", [saved_style(browser, style, f"{css}\nbody {{ --mark: {n} }}\n", n) for n in range(edits)], server, before)
            server.rest()
            footer = folder / "templates" / "partials" / "footer.html"
            frame = footer.read_text()
            before = server.cpu()
            line("a template of all pages", [saved(browser, footer, f"{frame}<p>Frame{n}</p>\n", f"Frame{n}") for n in range(edits)], server, before)
            settings = folder / "kiln.toml"
            before = server.cpu()
            line("the settings", [saved(browser, settings, f'title = "Site{n}"\n', f"Site{n}") for n in range(edits)], server, before)
            everything = sorted((folder / "content").rglob("*.md"))
            before, memory = server.cpu(), server.memory()
            for _ in range(2):
                for path in everything:
                    os.utime(path)
            last = saved(browser, page, f"{text}\nAfter the storm.\n", "After the storm.")
            server.rest()
            print(f"{2 * len(everything)} files touched: {last:.0f} ms to the next text, {server.cpu() - before:.1f} CPU s, {memory:.0f} MB before, {server.memory():.0f} MB after")
            soak(server, folder, browser, page, text)
        finally:
            browser.close()
            server.close()


def soak(server, folder, browser, page, text):
    """Random edits, and the memory that they leave behind."""
    dice = random.Random(1)
    count = int(os.environ.get("SOAK", 2000))
    some = [folder / "content" / "s000" / f"p{number:05d}.en.md" for number in range(40)]
    texts = {path: path.read_text() for path in some}
    memory = []
    for number in range(count):
        path = dice.choice(some)
        extra = dice.choice(["Word.\n", "## Heading\n", "```rust\nfn f{}() {{}}\n```\n".format(number), "[gone](gone.md)\n", ""])
        path.write_text(texts[path] + f"\n{extra}\nEdit {number}.\n")
        time.sleep(0.02)
        if number % (count // 8) == count // 8 - 1:
            memory.append(server.memory())
    for path in some:
        path.write_text(texts[path])
    last = saved(browser, page, f"{text}\nAfter the soak.\n", "After the soak.")
    shown = ", ".join(f"{megabytes:.0f}" for megabytes in memory)
    print(f"{count} random edits: {shown} MB on the way, {last:.0f} ms to the next text")


if __name__ == "__main__":
    main()
