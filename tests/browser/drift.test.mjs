// The page on which `kiln check` shows what has drifted, in a real browser: what was locked stands beside what is
// shown now, and what differs is marked.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { deflateSync } from "node:zlib";
import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { HtmlValidate } from "html-validate";
import { browser } from "./site.mjs";

const KILN = resolve(process.env.KILN ?? "../../target/release/kiln");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PAGE = `# Drift

\`\`\`python run
#| label: text
import kiln as k
print("first line")
print("third", ["alpha", "beta"])
k.array([0.125, 1.5])
\`\`\`

\`\`\`python run
#| label: table
k.plot.table([["cat", 0.25, 3], ["dog", 0.5, 4]], columns=["animal", "share", "count"])
\`\`\`

\`\`\`python run
#| label: image
#| fig-alt: A picture
k.plot.image(k.arange(64).reshape(8, 8) / 63.0, cmap="gray")
\`\`\`

\`\`\`python run
#| label: heat
#| fig-alt: Heat
k.plot.heatmap(k.arange(12).reshape(3, 4) / 12.0, annotate=2)
\`\`\`

\`\`\`python run
#| label: tokens
k.plot.tokens(["Once", " upon", " a", " time"], weights=[0.1, 0.2, 0.3, 0.4], ids=[1, 2, 3, 4])
\`\`\`
`;

let folder, chromium, page, told;

const kiln = (...args) => {
  const env = { ...process.env, KILN_CACHE_DIR: join(folder, ".cache") };
  return spawnSync(KILN, args, { cwd: folder, env, encoding: "utf8" });
};

/** Changes what is locked for a cell, as if it had shown something else. */
function tamper(label, change) {
  const lock = readFileSync(join(folder, "content/a/bake.lock"), "utf8");
  const name = lock.split(`[cell.${label}]`)[1].match(/bake = "(\w+)"/)[1];
  const bake = JSON.parse(readFileSync(join(folder, `content/a/.bakes/${name}.json`), "utf8"));
  change(bake);
  const bytes = new TextEncoder().encode(JSON.stringify(bake));
  const other = bytesToHex(blake3(bytes)).slice(0, 32);
  writeFileSync(join(folder, `content/a/.bakes/${other}.json`), bytes);
  writeFileSync(join(folder, "content/a/bake.lock"), lock.replace(name, other));
}

/** A grey PNG file of 8 x 8 pixels, all of one level, in base 64. */
function png(level) {
  const table = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
  const crc = (bytes) => (bytes.reduce((c, b) => table[(c ^ b) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [size, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(data.length);
    check.writeUInt32BE(crc(body));
    return Buffer.concat([size, body, check]);
  };
  const rows = Buffer.concat(Array.from({ length: 8 }, () => Buffer.from([0, ...Array(8).fill(level)])));
  const head = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0, 0]);
  const mark = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([mark, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]).toString("base64");
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "kiln-drift-"));
  cpSync("../../templates", join(folder, "templates"), { recursive: true });
  mkdirSync(join(folder, "content/a"), { recursive: true });
  writeFileSync(join(folder, "kiln.toml"), 'title = "Drift"\n');
  writeFileSync(join(folder, "content/_index.en.md"), "# Home\n");
  writeFileSync(join(folder, "content/a/a.en.md"), PAGE);
  const baked = kiln("bake");
  assert.equal(baked.status, 0, baked.stderr);
  assert.equal(readdirSync(join(folder, "content/a/.bakes")).length, 5);
  tamper("text", (bake) => { bake.outputs[0].text = bake.outputs[0].text.replace("third", "thrid"); });
  tamper("table", (bake) => { bake.outputs[0].rows[1][1] = { number: "0.6" }; bake.raws = []; });
  tamper("image", (bake) => { bake.outputs[0].png = png(100); bake.raws = []; });
  tamper("heat", (bake) => { bake.outputs[0].values[1][2] = 0.9; });
  tamper("tokens", (bake) => { bake.outputs[0].tokens[2] = { text: " the", id: 9, weight: 0.3 }; bake.margin = 0.00012; });
  const checked = kiln("check", "--report", "drift.html");
  assert.equal(checked.status, 3, checked.stdout + checked.stderr);
  chromium = await browser();
  page = await chromium.newPage({ viewport: { width: 1200, height: 900 } });
  // A busy machine takes its time.
  page.setDefaultTimeout(120_000);
  told = [];
  page.on("console", (message) => { if (message.type() === "error") told.push(message.text()); });
  page.on("request", (request) => { if (!/^(file|data):/.test(request.url())) told.push(request.url()); });
  await page.goto(pathToFileURL(join(folder, "drift.html")).href);
});

after(async () => {
  await chromium?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** A part of the section of a cell. */
const of = (label, selector) => page.locator(`section[data-cell="a#${label}"] ${selector}`);

test("every cell has its section, with before and after side by side", async () => {
  assert.deepEqual(told, []);
  assert.equal(await page.locator("section").count(), 5);
  for (const label of ["text", "table", "image", "heat", "tokens"]) {
    const pair = of(label, ".pair").first();
    const [was, now] = [pair.locator(".side").nth(0), pair.locator(".side").nth(1)];
    assert.equal(await was.locator("h4").textContent(), "locked");
    assert.equal(await now.locator("h4").textContent(), "now");
    const [left, right] = [await was.boundingBox(), await now.boundingBox()];
    assert.equal(left.y, right.y, label);
    assert.ok(left.x + left.width <= right.x, label);
    assert.match(await of(label, ".made").textContent(), /Locked and run again on: \S/);
  }
});

test("what differs is marked, and what does not is folded", async () => {
  assert.deepEqual(await of("text", "mark").allTextContents(), ["ri", "ir"]);
  assert.equal(await of("text", "details summary").textContent(), "output 1, as locked");
  assert.deepEqual(await of("table", "td.changed").allTextContents(), ["0.6", "0.5"]);
  assert.deepEqual(await of("tokens", "mark").allTextContents(), [" the 9 (0.3000)", " a 3 (0.3000)"]);
  assert.match(await of("tokens", ".drifts").textContent(), /locked choice ahead by.*1\.200e-4/s);
  assert.match(await of("image", ".drifts").textContent(), /another one: \d+ of 64 samples differ, by up to 155 of 255/);
  assert.equal(await of("heat", "svg").count(), 2);
});

test("the difference of two pictures is a picture", async () => {
  const image = of("image", "img");
  assert.deepEqual(await image.evaluateAll((all) => all.map((one) => one.alt)), ["locked", "now", "difference"]);
  const levels = await image.nth(2).evaluate(async (one) => {
    await one.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: one.naturalWidth, height: one.naturalHeight });
    const brush = canvas.getContext("2d");
    brush.drawImage(one, 0, 0);
    return [...brush.getImageData(0, 0, canvas.width, canvas.height).data].filter((_, at) => at % 4 === 0);
  });
  assert.equal(levels.length, 64);
  assert.equal(Math.max(...levels), 255);
  assert.ok(Math.min(...levels) < 20);
});

test("it fits a window and a telephone, and is open to all", async () => {
  for (const width of [1200, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(wide <= inner, `at ${width} pixels the page is ${wide} wide`);
  }
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document));
  assert.deepEqual(violations.map((rule) => `${rule.id}: ${rule.nodes[0].html}`), []);
});

test("html-validate finds no error in it", async () => {
  const rules = { "void-style": "off", "no-trailing-whitespace": "off", "no-inline-style": "off" };
  const validator = new HtmlValidate({ extends: ["html-validate:recommended"], rules });
  const { results } = await validator.validateString(readFileSync(join(folder, "drift.html"), "utf8"));
  assert.deepEqual(results.flatMap(({ messages }) => messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`)), []);
});
