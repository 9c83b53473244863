// Pages as they look, in 32 by 24 squares: enough to see that a page is blank, unstyled, dark where it
// should be light, or has lost a column; too little to mind another font or a new sentence.
// `KILN_UPDATE=1` records what is there.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { browser, serve } from "./site.mjs";

const RECORD = new URL("screens.json", import.meta.url);
const recorded = existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8")) : {};
const PAGES = { gateway: "", home: "zh/", section: "en/language/", chapter: "en/language/bert/" };
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "light" },
};
/** How far squares may differ on average, of 255. A chapter without its style sheet is 13 away. */
const MOST = 5;

let chromium, site;
before(async () => { [chromium, site] = await Promise.all([browser(), serve()]); });
after(async () => { await chromium.close(); site.stop(); });

/** The brightness of each square of a PNG file, from 0 to 255. */
const squares = async (png) => {
  const page = await chromium.newPage();
  const seen = await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const [width, height] = [32, 24];
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data: pixels } = context.getImageData(0, 0, image.width, image.height);
    const [sums, counts] = [new Float64Array(width * height), new Float64Array(width * height)];
    for (let at = 0; at < pixels.length; at += 4) {
      const [x, y] = [(at / 4) % image.width, Math.floor(at / 4 / image.width)];
      const square = Math.floor((y * height) / image.height) * width + Math.floor((x * width) / image.width);
      sums[square] += 0.3 * pixels[at] + 0.59 * pixels[at + 1] + 0.11 * pixels[at + 2];
      counts[square]++;
    }
    return [...sums].map((sum, square) => Math.round(sum / counts[square]));
  }, png.toString("base64"));
  await page.close();
  return seen;
};

const apart = (a, b) => a.reduce((sum, value, at) => sum + Math.abs(value - b[at]), 0) / a.length;

for (const [name, path] of Object.entries(PAGES)) {
  for (const [screen, options] of Object.entries(SCREENS)) {
    test(`${name}, ${screen}`, async () => {
      const context = await chromium.newContext({ ...options, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(site.address + path);
      const seen = await squares(await page.screenshot());
      await context.close();
      const key = `${name} ${screen}`;
      if (process.env.KILN_UPDATE) recorded[key] = seen;
      assert.ok(recorded[key], "nothing is recorded: run with KILN_UPDATE=1");
      const far = apart(seen, recorded[key]);
      assert.ok(far <= MOST, `${far.toFixed(1)} of 255 away from what is recorded`);
    });
  }
}

test("a page without its style sheet is told apart", async () => {
  const context = await chromium.newContext(SCREENS.desktop);
  const page = await context.newPage();
  await page.route("**/*.css", (route) => route.abort());
  await page.goto(site.address + PAGES.chapter);
  const far = apart(await squares(await page.screenshot()), recorded["chapter desktop"]);
  await context.close();
  assert.ok(far > 2 * MOST, `only ${far.toFixed(1)}`);
});

after(() => {
  const text = Object.entries(recorded).map(([key, values]) => `  ${JSON.stringify(key)}: ${JSON.stringify(values)}`).join(",\n");
  if (process.env.KILN_UPDATE) writeFileSync(RECORD, `{\n${text}\n}\n`);
});
