// What every test shares: the built site's files, a server for them, a browser.

import { createServer } from "node:http";
import { readFileSync, readdirSync, statSync, existsSync } from "node:fs";
import { extname, join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

/** The folder of the built site under test. */
export const SITE = resolve(process.env.KILN_SITE ?? "../../target/site");

const TYPES = {
  ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml",
  ".json": "application/json", ".png": "image/png", ".webp": "image/webp", ".xml": "application/xml", ".md": "text/markdown; charset=utf-8",
  ".txt": "text/plain; charset=utf-8", ".csv": "text/csv", ".ipynb": "application/json", ".py": "text/plain",
};

/** Every file below `folder`, as a path with `/`. */
export function files(folder = SITE) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}

/** The pages of the site, as addresses below its root. */
export function pages(folder = SITE) {
  return files(folder).filter((path) => path.endsWith(".html")).map((path) => path.replace(/(^|\/)index\.html$/, "$1"));
}

/** What a host compresses on the way. */
const TEXT = /^text\/|json$|xml$/;

/** Serves `folder` at `/` and, as a site in a sub-folder, at `/sub/`, compressed as hosts do; returns its
 * address and how to stop it. */
export async function serve(folder = SITE) {
  const server = createServer((request, answer) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname).replace(/^\/(sub\/)?/, "");
    const file = join(folder, path.endsWith("/") || path === "" ? `${path}index.html` : path);
    const there = !relative(folder, file).startsWith("..") && existsSync(file) && statSync(file).isFile();
    const shown = there ? file : join(folder, "404.html");
    const type = TYPES[extname(shown)] ?? "application/octet-stream";
    const packs = TEXT.test(type) && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    answer.writeHead(there ? 200 : 404, { "content-type": type, ...(packs && { "content-encoding": "gzip" }) });
    answer.end(packs ? gzipSync(readFileSync(shown)) : readFileSync(shown));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { address: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}

/** A headless Chromium: the one that the system has. */
export function browser() {
  const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath, args });
}

/** Collects what a page complains of: errors on the console (breaches of its policy among them), requests
 * that fail or leave the machine. */
export function complaints(page) {
  const told = [];
  page.on("console", (message) => { if (message.type() === "error") told.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => told.push(`script: ${error.message}`));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== "127.0.0.1" && !/^(data|blob):$/.test(protocol)) told.push(`leaves the site: ${request.url()}`);
  });
  page.on("response", (response) => { if (response.status() >= 400) told.push(`${response.status()} ${response.url()}`); });
  return told;
}
