// What a reader does: move about, search, switch theme and language, copy, with and without scripts.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SITE, browser, complaints, serve } from "./site.mjs";

let chromium, site;
before(async () => { [chromium, site] = await Promise.all([browser(), serve()]); });
after(async () => { await chromium.close(); site.stop(); });

/** Opens `path` in a browser of its own, runs `act`, and wants no complaint. */
async function reading(path, act, options = {}) {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const told = complaints(page);
  try {
    await page.goto(site.address + path);
    await act(page, context);
    assert.deepEqual(told, []);
  } finally {
    await context.close();
  }
}

const BERT = "en/language/bert/";

describe("moving about", () => {
  test("from the gateway to a chapter and on", () => reading("sub/", async (page) => {
    await page.click("a[hreflang=en].card");
    await page.click("a.start");
    const first = page.url();
    assert.match(first, /\/sub\/en\/.+\//);
    await page.click(".pager .next");
    assert.notEqual(page.url(), first);
    await page.click(".pager .previous");
    assert.equal(page.url(), first);
    await page.click(".crumbs li:first-child a");
    assert.match(page.url(), /\/sub\/en\/$/);
  }));

  test("the contents follow the reader", () => reading(BERT, async (page) => {
    await page.evaluate(() => document.querySelector("h2#similarity").scrollIntoView());
    await page.waitForFunction(() => document.querySelector(".toc [aria-current]")?.hash === "#similarity");
    assert.equal(await page.getAttribute(".side [aria-current=page]", "aria-current"), "page");
  }));

  test("an address that does not exist leads home", () => reading("", async (page) => {
    const answer = await page.request.get(`${site.address}en/nowhere/`);
    assert.equal(answer.status(), 404);
    assert.match(await answer.text(), /hreflang="zh"/);
  }));
});

describe("search", () => {
  /** What a query finds: the titles of the hits, and all marked words. */
  const find = async (page, query) => {
    // What the last query found is gone before this one is asked.
    for (const [text, told] of [["", false], [query, true]]) {
      await page.fill(".finder input", text);
      await page.waitForFunction((told) => (document.querySelector(".found").textContent !== "") === told, told);
    }
    const titles = await page.$$eval(".hits strong", (all) => all.map((one) => one.textContent));
    const marks = await page.$$eval(".hits mark", (all) => all.map((one) => one.textContent.toLowerCase()));
    return { titles, marks };
  };

  test("nothing is loaded before it is used", () => reading(BERT, async (page) => {
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.reload();
    await page.waitForLoadState("networkidle");
    assert.deepEqual(asked.filter((path) => path.includes("search")), []);
    const index = page.waitForRequest(/search\/en\/index\.json/);
    await page.keyboard.press("/");
    await index;
  }));

  test("English: words, beginnings, mistakes", () => reading(BERT, async (page) => {
    await page.keyboard.press("Control+k");
    const whole = await find(page, "attention");
    assert.ok(whole.titles.length >= 3 && whole.marks.includes("attention"), JSON.stringify(whole));
    const begun = await find(page, "embedd");
    assert.ok(begun.marks.some((mark) => mark.startsWith("embedd")), JSON.stringify(begun));
    const wrong = await find(page, "atention");
    assert.equal(wrong.titles[0], whole.titles[0]);
    assert.equal((await find(page, "bert")).titles[0], "BERT");
    await page.fill(".finder input", "qqqzzzxxx");
    await page.waitForFunction(() => document.querySelector(".found").textContent === "Nothing found");
  }));

  test("Chinese: runs without spaces, mixed with English", () => reading("zh/language/bert/", async (page) => {
    await page.keyboard.press("/");
    const run = await find(page, "注意力");
    assert.ok(run.titles.length >= 2 && run.marks.every((mark) => mark === "注意力"), JSON.stringify(run));
    const mixed = await find(page, "BERT编码器");
    assert.ok(mixed.titles.slice(0, 3).includes("BERT") && mixed.marks.includes("编码器"), JSON.stringify(mixed));
    assert.ok((await find(page, "词元")).marks.includes("词元"));
  }));

  test("by keyboard alone, to the section that answers", () => reading("en/", async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("contextual vector of bank");
    await page.waitForSelector(".hits a");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.evaluate(() => document.activeElement.closest(".hits") !== null), true);
    await page.keyboard.press("Enter");
    await page.waitForURL(/language\/bert\/#/);
    await page.keyboard.press("/");
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.querySelector(".finder").open), false);
  }));

  test("a query is text, never markup", () => reading(BERT, async (page) => {
    await page.keyboard.press("/");
    await page.fill(".finder input", "<img src=x onerror=alert(1)> bert");
    await page.waitForSelector(".hits a");
    assert.equal(await page.$(".finder img"), null);
  }));
});

describe("theme and language", () => {
  test("light and dark are remembered", () => reading(BERT, async (page) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.click("button.theme");
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await ground(), dark);
    await page.click("button.theme");
    assert.equal(await ground(), light);
  }, { colorScheme: "light" }));

  test("the other language opens at the same section", () => reading(`${BERT}#similarity`, async (page) => {
    await page.click(".languages a[hreflang=zh]");
    await page.waitForURL(/zh\/language\/bert\/#similarity/);
    assert.equal(await page.getAttribute("html", "lang"), "zh");
  }));
});

describe("code", () => {
  test("is copied as it stands", () => reading(BERT, async (page) => {
    const block = page.locator("pre.code").first();
    await block.hover();
    await block.locator("button.copy").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await block.locator("code").textContent());
  }, { permissions: ["clipboard-read", "clipboard-write"] }));
});

describe("words that are explained", () => {
  const shown = (page) => page.locator(":is(.term, .cited) > .tip:visible").count();

  test("a term explains itself to the pointer and to the keyboard, and Escape puts that away", () => reading(BERT, async (page) => {
    const word = page.locator(".body .term").first();
    const link = word.locator("> a");
    assert.equal(await shown(page), 0);
    await word.hover();
    assert.equal(await shown(page), 1);
    assert.ok((await word.locator(".tip").innerText()).length > 20);
    assert.equal(await link.getAttribute("aria-describedby"), await word.locator(".tip").getAttribute("id"));
    await page.keyboard.press("Escape");
    assert.equal(await shown(page), 0, "Escape");
    await page.mouse.move(0, 0);
    await word.hover();
    assert.equal(await shown(page), 1, "once more");
    await page.mouse.move(0, 0);
    await link.focus();
    assert.equal(await shown(page), 1, "focus");
    await page.keyboard.press("Escape");
    assert.equal(await shown(page), 0);
    await link.click();
    await page.waitForURL(/glossary\/#term-/);
  }));

  test("in the language of the page, and for works that are cited", () => reading("zh/language/bert/", async (page) => {
    const word = page.locator(".body .term").first();
    await word.hover();
    assert.match(await word.locator(".tip").innerText(), /\p{Script=Han}{4}/u);
    const cited = page.locator(".body .cited").first();
    await cited.hover();
    assert.ok(await cited.locator(".tip").isVisible());
  }));

  test("without scripts, too", () => reading(BERT, async (page) => {
    await page.locator(".body .term").first().hover();
    assert.equal(await shown(page), 1);
  }, { javaScriptEnabled: false }));
});

describe("from a disk", () => {
  for (const javaScriptEnabled of [true, false]) {
    test(`a page has its style, scripts ${javaScriptEnabled ? "on" : "off"}`, async () => {
      const context = await chromium.newContext({ javaScriptEnabled, colorScheme: "light" });
      const page = await context.newPage();
      await page.goto(pathToFileURL(join(SITE, BERT, "index.html")).href);
      await page.waitForFunction(() => document.styleSheets.length > 0).catch(() => {});
      await page.locator(".cell").first().scrollIntoViewIfNeeded();
      const ground = await page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
      assert.equal(ground, "rgb(251, 248, 241)");
      if (javaScriptEnabled) await page.waitForSelector("button.theme:not([hidden])");
      await context.close();
    });
  }
});

describe("without scripts", () => {
  test("everything can be read and reached", () => reading(BERT, async (page) => {
    assert.equal(await page.isVisible(".search-open"), false);
    assert.equal(await page.isVisible("button.theme"), false);
    assert.equal(await page.isVisible(".finder"), false);
    assert.ok(await page.isVisible(".side a[aria-current=page]"));
    assert.ok(await page.isVisible(".toc nav a"));
    assert.ok((await page.locator(".cell svg").count()) > 0);
    await page.click(".languages a[hreflang=zh]");
    assert.match(page.url(), /zh\/language\/bert\/$/);
  }, { javaScriptEnabled: false }));
});

describe("by keyboard", () => {
  test("the first stop leads to the content, and every stop shows", () => reading(BERT, async (page) => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    for (let stop = 0; stop < 12; stop++) {
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(outline, "none");
    }
  }));
});

describe("on paper", () => {
  test("the content stands alone, code unfolded", () => reading(BERT, async (page) => {
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    for (const gone of [".top", ".side", ".toc", ".pager", ".copy"]) {
      assert.equal(await page.locator(gone).first().isVisible(), false, gone);
    }
    const ink = await page.evaluate(() => getComputedStyle(document.body).color);
    assert.match(ink, /rgb\((\d|[1-5]\d), /, "dark ink on white paper");
    assert.ok((await page.pdf()).length > 50_000);
  }));
});
