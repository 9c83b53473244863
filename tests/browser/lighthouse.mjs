// Lighthouse on six kinds of pages, desktop and mobile. Not part of `run`: it measures time, which wants a
// quiet machine. `node lighthouse.mjs` prints a table and fails below 100 (97 for performance).

import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";
import { existsSync } from "node:fs";
import { serve } from "./site.mjs";

const PAGES = process.argv.length > 2 ? process.argv.slice(2)
  : ["", "en/", "zh/language/", "en/language/bert/", "zh/together/glossary/", "en/models/"];
const LEAST = { performance: 0.97, accessibility: 1, "best-practices": 1, seo: 1 };

const site = await serve();
const chromePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
const chrome = await launch({
  chromePath,
  chromeFlags: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
let low = 0;
try {
  for (const path of PAGES) {
    for (const [kind, config] of [["desktop", desktopConfig], ["mobile", undefined]]) {
      const { lhr } = await lighthouse(site.address + path, { port: chrome.port, logLevel: "silent", onlyCategories: Object.keys(LEAST) }, config);
      const scores = Object.entries(LEAST).map(([name, least]) => {
        const { score } = lhr.categories[name];
        if (!(score >= least)) low++;
        return Math.round(score * 100);
      });
      console.log(`${scores.join(" / ").padEnd(24)} ${kind.padEnd(8)} /${path}`);
      for (const audit of Object.values(lhr.audits)) {
        const weighs = Object.values(lhr.categories).some(({ auditRefs }) => auditRefs.some(({ id, weight }) => id === audit.id && weight > 0));
        if (weighs && audit.score !== null && audit.score < 0.9) console.log(`    ${audit.id}: ${audit.displayValue ?? audit.title}`);
      }
    }
  }
} finally {
  chrome.kill();
  site.stop();
}
process.exit(low ? 1 : 0);
