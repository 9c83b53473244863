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

/** What stands where it should not: beyond the edge of the page, at the wrong end of a line, in a column too
 * narrow to read. Runs in the page. */
const misplaced = (paper) => {
  const wrong = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    const at = [...document.querySelectorAll("body *")].find((one) => one.getBoundingClientRect().right > width + 1);
    wrong.push(`wider than the screen: ${at?.outerHTML.slice(0, 160)}`);
  }
  // A list item that scrolls has cut off its own number.
  for (const item of document.querySelectorAll("main li")) {
    const { listStyleType, overflowX } = getComputedStyle(item);
    if (listStyleType !== "none" && overflowX !== "visible") wrong.push(`without its mark: ${item.textContent.slice(0, 40)}`);
  }
  // Where lines break on paper, no screen knows; and what is folded away has no lines yet.
  const formulas = paper ? [] : document.querySelectorAll("main math[display=inline], main math:not([display])");
  for (const formula of formulas) {
    if (!formula.checkVisibility()) continue;
    const place = formula.getBoundingClientRect();
    // What is bound to a formula, or scrolls with it, stands around it.
    const held = formula.closest(".formula") ?? formula;
    const after = held.nextSibling ?? (held.parentElement.matches(".nb") ? held.parentElement.nextSibling : null);
    if (after?.nodeType !== Node.TEXT_NODE || !/^[,.;:!?，。；：、！？）]/.test(after.data)) continue;
    const mark = document.createRange();
    mark.setStart(after, 0);
    mark.setEnd(after, 1);
    const { left, top } = mark.getBoundingClientRect();
    if (left < place.left && top > place.top + 4) wrong.push(`at the start of a line: ${after.data.slice(0, 12)}`);
  }
  for (const claim of document.querySelectorAll(".claim")) {
    if (claim.textContent.length > 8 && claim.getBoundingClientRect().width < 80) wrong.push(`too narrow: ${claim.textContent}`);
  }
  return wrong;
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
      for (const [screen, width] of [["a window", 1280], ["a phone", 390], ["the smallest", 320]]) {
        await page.setViewportSize({ width, height: 844 });
        assert.deepEqual(await page.evaluate(misplaced, path.endsWith("/print/")), [], screen);
      }
      assert.deepEqual(told, []);
    } finally {
      await context.close();
    }
  })));
});
