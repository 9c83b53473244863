// Every page, before the eyes of a machine: no complaint, no barrier, nothing wider than a phone.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { browser, complaints, pages, serve } from "./site.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let chromium, site;
before(async () => { [chromium, site] = await Promise.all([browser(), serve()]); });
after(async () => { await chromium.close(); site.stop(); });

/** The rules that axe finds broken, each with the first place. */
const broken = async (page, options) => {
  const { violations } = await page.evaluate((options) => axe.run(document, options), options);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.length} × ${nodes[0].html.slice(0, 160)}`);
};

test("every page", { concurrency: 2 }, async (suite) => {
  const all = pages();
  assert.ok(all.length >= 4, `${all.length} pages`);
  await Promise.all(all.map((path) => suite.test(`/${path}`, async () => {
    const context = await chromium.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light", reducedMotion: "reduce" });
    try {
      const page = await context.newPage();
      const told = complaints(page);
      await page.goto(site.address + path);
      await page.evaluate(axe);
      assert.deepEqual(await broken(page), [], "light");
      // What else axe looks at does not change with the colours; pages to be printed are long, and for paper.
      if (!path.endsWith("/print/")) {
        await page.emulateMedia({ colorScheme: "dark" });
        assert.deepEqual(await broken(page, { runOnly: ["color-contrast", "link-in-text-block"] }), [], "dark");
      }
      await page.setViewportSize({ width: 390, height: 844 });
      const { wide, at } = await page.evaluate(() => {
        const width = document.documentElement.clientWidth;
        const wide = document.documentElement.scrollWidth - width;
        const all = wide > 0 ? [...document.querySelectorAll("body *")] : [];
        return { wide, at: all.find((one) => one.getBoundingClientRect().right > width + 1)?.outerHTML.slice(0, 160) };
      });
      assert.ok(wide <= 0, `${wide} px wider than a phone: ${at}`);
      assert.deepEqual(told, []);
    } finally {
      await context.close();
    }
  })));
});
