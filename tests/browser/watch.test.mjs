// `kiln serve` in a pseudo-terminal, and a real browser that looks at it: every kind of file is edited, broken
// and mended, and the page follows without being loaded again.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { browser } from "./site.mjs";

const KILN = resolve(process.env.KILN ?? "../../target/release/kiln");
const TINY = resolve("../cases/tiny");

let folder, server, chromium, page;
let screen = "";

const path = (name) => join(folder, name);
const read = (name) => readFileSync(path(name), "utf8");
const write = (name, text) => {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
};
const CHAPTER = "content/a/a.en.md";
const edit = (name, from, to) => {
  const text = read(name);
  assert.ok(text.includes(from), `${name} holds ${from}`);
  write(name, text.replace(from, to));
};

/** What is on the screen, in the page's own text. */
const shows = (text, seconds = 30) =>
  page.waitForFunction((text) => document.querySelector("main")?.textContent.includes(text), text, { timeout: seconds * 1000 });
const overlay = (text) =>
  page.waitForFunction((text) => document.getElementById("kiln-faults")?.textContent.includes(text), text);
const clear = () => page.waitForFunction(() => !document.getElementById("kiln-faults"));
/** Waits until the terminal has told something new. */
const told = async (text, from) => {
  for (let round = 0; round < 600; round++) {
    if (screen.slice(from).includes(text)) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail(`the terminal never told ${JSON.stringify(text)}: ${screen.slice(from)}`);
};

const model = (name) => {
  const bytes = readFileSync(join(TINY, `${name}.onnx`));
  mkdirSync(path("models"), { recursive: true });
  writeFileSync(path("models/scale.onnx"), bytes);
  write("models.toml", `[[model]]
id = "scale"
task = "feature-extraction"
family = "toy"
parameters = 1
license = "MIT"
provenance = "tests/gen/tiny.py"
card = "It multiplies."

[[model.file]]
role = "graph"
name = "scale.onnx"
sha256 = "${createHash("sha256").update(bytes).digest("hex")}"
sources = [{ path = "models/scale.onnx" }]
`);
};

const square = (fill) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path fill="${fill}" d="M0 0h9v9H0z"/></svg>\n`;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "kiln-watch-"));
  cpSync(resolve("../../templates"), path("templates"), { recursive: true });
  model("double");
  write("kiln.toml", 'title = "First site"\n');
  write("content/_index.en.md", "# Home\n");
  write("content/a/square.svg", square("red"));
  write(CHAPTER, `+++
title = "Chapter"
+++

First words.

![A square](square.svg)

\`\`\`python run
#| label: sum
print("sum", 1 + 2)
\`\`\`

\`\`\`python run
#| label: net
import kiln as k
net = k.model("scale")
print("scaled", net(x=k.array([1.0, 10.0]))["y"].tolist())
\`\`\`

${"A line to scroll by.\n\n".repeat(60)}

[Last link](../_index.en.md)
`);
  server = spawn("script", ["-qfec", `${KILN} serve --port 0 --root ${folder}`, "/dev/null"], { stdio: ["pipe", "pipe", "pipe"] });
  server.stdout.on("data", (data) => { screen += data; });
  await told("serving http://", 0);
  const address = /http:\/\/[^/]+\//.exec(screen)[0];
  chromium = await browser();
  page = await chromium.newPage();
  await page.goto(`${address}en/a/`);
  await shows("First words.");
  await shows("sum 3", 120);
  await shows("scaled [2.0, 20.0]", 300);
  // A page that is loaded again forgets this, and where it was.
  await page.evaluate(() => { window.same = true; scrollTo({ top: 1e6, behavior: "instant" }); [...document.querySelectorAll("main a")].find((a) => a.textContent === "Last link").focus({ preventScroll: true }); });
});

after(async () => {
  await chromium?.close();
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** The page is the one that was opened: where it was, with what had the focus. */
const stays = async () => {
  const now = await page.evaluate(() => ({ same: window.same, scrolled: scrollY > 500, focus: document.activeElement.textContent }));
  assert.deepEqual(now, { same: true, scrolled: true, focus: "Last link" });
};

/** Breaks a file, sees the fault in the page and in the terminal, and mends it. */
const breaks = async (name, broken, fault, place) => {
  const good = read(name);
  const from = screen.length;
  write(name, broken(good));
  await overlay(fault);
  await overlay(place);
  await told(fault, from);
  assert.match(screen.slice(from), /\x1b\[/, "a terminal gets colours");
  await shows("Chapter");
  write(name, good);
  await clear();
};

test("prose is patched in place", async () => {
  edit(CHAPTER, "First words.", "Second *words*.");
  await shows("Second words.");
  await stays();
  await breaks(CHAPTER, (text) => text.replace("Second", "[gone](gone.md) Second"), "this link leads nowhere", `${CHAPTER}:5:1`);
  await shows("Second words.");
  await stays();
});

test("a file that is renamed over the old one is a save", async () => {
  write("content/a/.a.en.md.tmp", read(CHAPTER).replace("Second", "Third"));
  renameSync(path("content/a/.a.en.md.tmp"), path(CHAPTER));
  await shows("Third words.");
  await stays();
});

test("a cell runs again, alone", async () => {
  await page.evaluate(() => { document.getElementById("net").mark = "kept"; });
  edit(CHAPTER, "1 + 2", "40 + 2");
  await shows("sum 42", 120);
  assert.equal(await page.evaluate(() => document.getElementById("net").mark), "kept", "the other cell was not touched");
  await stays();
  await breaks(CHAPTER, (text) => text.replace("40 + 2", "nothing"), "nothing", `${CHAPTER}:11`);
  await shows("sum 42");
});

test("a template changes the frame", async () => {
  edit("templates/partials/footer.html", "<p>", "<p>Printed today. ");
  await page.waitForFunction(() => [...document.querySelectorAll("footer")].some((footer) => footer.textContent.includes("Printed today.")));
  await stays();
  await breaks("templates/partials/footer.html", (text) => `${text}{{ nowhere.at.all }}`, "nowhere", "templates/partials/footer.html");
  await breaks("templates/partials/footer.html", (text) => `${text}{% if %}`, "footer.html", "templates/partials/footer.html");
  await stays();
});

test("a style is exchanged in place", async () => {
  edit("templates/assets/style.css", "", "body { --watched: 7 }\n");
  await page.waitForFunction(() => getComputedStyle(document.body).getPropertyValue("--watched").trim() === "7");
  await page.waitForFunction(() => document.querySelectorAll("link[rel=stylesheet]").length === 1);
  await stays();
  // Kiln does not judge a style: a broken one is shown for what it is, a missing one is Kiln's own.
  const watched = (value) =>
    page.waitForFunction((value) => getComputedStyle(document.body).getPropertyValue("--watched").trim() === value, value);
  const good = read("templates/assets/style.css");
  write("templates/assets/style.css", `/* never closed ${good}`);
  await watched("");
  write("templates/assets/style.css", good);
  await watched("7");
  rmSync(path("templates/assets/style.css"));
  await watched("");
  write("templates/assets/style.css", good);
  await watched("7");
  await stays();
});

test("a picture is exchanged in place", async () => {
  const shade = () => page.evaluate(async () => {
    const picture = document.querySelector("main img");
    await picture.decode();
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d");
    pen.drawImage(picture, 0, 0);
    return [...pen.getImageData(4, 4, 1, 1).data].join(" ");
  });
  assert.equal(await shade(), "255 0 0 255");
  write("content/a/square.svg", square("blue"));
  for (let round = 0; await shade() !== "0 0 255 255"; round++) {
    assert.ok(round < 200, "the picture never changed");
    await new Promise((done) => setTimeout(done, 50));
  }
  await stays();
});

test("the settings change every page", async () => {
  edit("kiln.toml", "First site", "Second site");
  await page.waitForFunction(() => document.title.includes("Second site"));
  await stays();
  await breaks("kiln.toml", (text) => text.replace("title", "tilte"), "unknown field", "kiln.toml:1:1");
});

test("another model gives another output", async () => {
  model("triple");
  await shows("scaled [3.0, 30.0]", 300);
  await stays();
  await breaks("models.toml", (text) => text.replace("license", "licence"), "licence", "models.toml:6:1");
  await shows("scaled [3.0, 30.0]");
});

test("a script that changes loads the page again", async () => {
  edit("templates/assets/kiln.js", "", "// Another line.\n");
  await page.waitForFunction(() => !window.same);
  await shows("Third words.");
});
