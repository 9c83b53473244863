// The files of the site before the validators, and against their budgets.

import { test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { HtmlValidate } from "html-validate";
import { SITE, files, pages } from "./site.mjs";

const all = files();
const read = (path) => readFileSync(join(SITE, path), "utf8");
const html = all.filter((path) => path.endsWith(".html"));
const packed = (path) => gzipSync(readFileSync(join(SITE, path)), { level: 9 }).length;
const attributes = (text, name) =>
  [...text.matchAll(new RegExp(`<[a-z][^>]*?\\s${name}="([^"]*)"`, "g"))].map(([, value]) => value.replaceAll("&amp;", "&").replaceAll("&#39;", "'"));

test("html-validate finds no error on any page", async () => {
  const validator = new HtmlValidate({
    extends: ["html-validate:recommended"],
    rules: {
      // What a cell has printed stands in a page as it was printed.
      "no-trailing-whitespace": "off",
    },
  });
  const wrong = [];
  for (const path of html) {
    const { results } = await validator.validateString(read(path), path);
    for (const { messages } of results) {
      wrong.push(...messages.map((m) => `${path}:${m.line}:${m.column} ${m.ruleId}: ${m.message}`));
    }
  }
  assert.deepEqual(wrong.slice(0, 40), [], `${wrong.length} in all`);
});

test("vnu finds no error on any page", () => {
  const jar = createRequire(import.meta.url).resolve("vnu-jar/build/dist/vnu.jar");
  const paths = html.map((path) => join(SITE, path));
  const vnu = spawnSync("java", ["-Xss8m", "-jar", jar, "--errors-only", "--format", "gnu", ...paths], { encoding: "utf8", maxBuffer: 1 << 28 });
  const wrong = vnu.stderr.trim().split("\n").filter((line) => line !== "");
  assert.deepEqual(wrong.slice(0, 40), [], `${wrong.length} in all`);
  assert.equal(vnu.status, 0);
});

test("every link and anchor leads somewhere", () => {
  const known = new Set(all);
  const ids = new Map(html.map((path) => [path, new Set(attributes(read(path), "id"))]));
  const wrong = [];
  for (const path of html) {
    const text = read(path);
    const found = ["href", "src"].flatMap((name) => attributes(text, name));
    for (const address of found) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(address) || address.startsWith("//")) continue;
      const [way, anchor] = address.split("#");
      const plain = decodeURIComponent(way);
      const at = plain === "" ? path : posix.normalize(plain.startsWith("/") ? plain.slice(1) : posix.join(posix.dirname(path), plain));
      const file = at === "." || at === "./" || at === "" ? "index.html" : at.endsWith("/") ? `${at}index.html` : at;
      if (!known.has(file)) wrong.push(`${path}: ${address}`);
      else if (anchor && ids.has(file) && !ids.get(file).has(decodeURIComponent(anchor))) wrong.push(`${path}: ${address} (anchor)`);
    }
  }
  assert.deepEqual(wrong.slice(0, 40), [], `${wrong.length} in all`);
});

test("feeds and sitemap are what they say", () => {
  const sitemap = read("sitemap.xml");
  const base = sitemap.match(/<loc>(https?:\/\/[^<]*?)\/[a-z]{2}\//)[1];
  const listed = [...sitemap.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, address]) => decodeURIComponent(address.slice(base.length + 1)));
  assert.equal(new Set(listed).size, listed.length, "each page once");
  for (const path of listed) assert.ok(existsSync(join(SITE, path, "index.html")), path);
  for (const path of pages()) {
    if (!/\.html$/.test(path) && path !== "" && !read(`${path}index.html`).includes("noindex")) assert.ok(listed.includes(path), `${path} is not listed`);
  }
  for (const feed of all.filter((path) => path.endsWith("atom.xml"))) {
    const text = read(feed);
    const count = (tag) => text.split(`<${tag}>`).length - 1;
    const entries = count("entry");
    assert.ok(entries > 0, feed);
    for (const tag of ["id", "title", "updated"]) assert.equal(count(tag), entries + 1, `${feed}: ${tag}`);
    for (const [, date] of text.matchAll(/<updated>([^<]*)</g)) assert.ok(!Number.isNaN(Date.parse(date)), date);
  }
  const xml = all.filter((path) => path.endsWith(".xml")).map((path) => join(SITE, path));
  execFileSync("python3", ["-c", "import sys, xml.dom.minidom as m\nfor path in sys.argv[1:]: m.parse(path)", ...xml]);
});

test("notebooks are valid, with their outputs", () => {
  const notebooks = all.filter((path) => path.endsWith(".ipynb")).map((path) => join(SITE, path));
  assert.ok(notebooks.length > 0);
  execFileSync("python3", ["-c",
    "import sys, nbformat\nfor path in sys.argv[1:]:\n    book = nbformat.read(path, as_version=nbformat.NO_CONVERT)\n    nbformat.validate(book, relax_add_props=False)\n    assert (book.nbformat, book.nbformat_minor) == (4, 5), path\n    assert any(c.get('outputs') for c in book.cells), path", ...notebooks], {
    stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, PYTHONPATH: process.env.KILN_NOTEBOOKS },
  });
});

test("structured data is JSON", () => {
  const found = html.flatMap((path) => [...read(path).matchAll(/<script type="application\/ld\+json">(.*?)<\/script>/gs)].map(([, text]) => JSON.parse(text)));
  assert.ok(found.some((data) => data["@graph"]?.some((node) => node["@type"] === "TechArticle")));
  assert.ok(found.some((data) => data["@graph"]?.some((node) => node["@type"] === "DefinedTerm")));
});

test("pages, scripts and the search index stay within their budgets", () => {
  const style = all.filter((path) => path.endsWith(".css")).map(packed).reduce((a, b) => a + b, 0);
  const scripts = all.filter((path) => /^assets\/[^/]*\.js$/.test(path)).map(packed).reduce((a, b) => a + b, 0);
  assert.ok(scripts <= 12 * 1024, `scripts: ${scripts} bytes`);
  const heavy = [];
  for (const path of html) {
    // What is printed as a whole is as long as it is.
    if (path.endsWith("/print/index.html")) continue;
    const weight = packed(path) + style;
    const text = read(path);
    // Chapters, and the pages that are no prose but list all models with their hashes, every relation of the
    // concepts, dozens of sources or terms.
    const list = ['class="model"', 'class="relations-all"'].some((mark) => text.includes(mark)) || ["ref-", "term-"].some((id) => text.split(`id="${id}`).length > 40);
    const most = list || text.includes('class="cell"') ? 60 : 20;
    if (weight > most * 1024) heavy.push(`${path}: ${weight} bytes, at most ${most} KiB`);
  }
  assert.deepEqual(heavy, []);
  for (const lang of ["en", "zh"]) {
    const size = (paths) => paths.map((path) => readFileSync(join(SITE, path)).length).reduce((a, b) => a + b, 0);
    const index = size(all.filter((path) => path.startsWith(`search/${lang}/`)));
    const text = size(all.filter((path) => path.startsWith(`${lang}/`) && path.endsWith("/index.md")));
    assert.ok(index < text / 10, `${lang}: index ${index} bytes, text ${text}`);
  }
});
