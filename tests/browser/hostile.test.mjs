// Nothing that an author, a model or a bibliography says becomes markup: a site with attacks in every place
// that holds text, in a browser that would fall for them.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { browser, complaints, pages, serve } from "./site.mjs";

const KILN = resolve(process.env.KILN ?? "../../target/release/kiln");
const ATTACKS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "\"><script>alert(1)</script>",
  "' autofocus onfocus='alert(1)",
  "\" autofocus onfocus=\"alert(1)",
  "</title><script>alert(1)</script>",
  "</script><svg/onload=alert(1)>",
  "--><iframe srcdoc='<script>alert(1)</script>'>",
  "{{ 7 * 7 }}<details open ontoggle=alert(1)>",
  "]]><style>*{display:none}</style>",
];

let folder, chromium, site;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "kiln-hostile-"));
  const write = (path, text) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  cpSync(resolve("../../templates"), join(folder, "templates"), { recursive: true });
  const first = JSON.stringify(ATTACKS[0]);
  write("kiln.toml", `title = ${first}\ndescription = ${first}\nbase-url = "https://a.example/sub"\nprint = true\nlanguages = [{ tag = "en", name = ${first} }]\n`);
  write("content/_index.en.md", `+++\ntitle = ${first}\n+++\n`);
  write("content/p/_index.en.md", `+++\ntitle = ${first}\ndescription = ${first}\n+++\n`);
  const bibliography = [];
  for (const [at, attack] of ATTACKS.entries()) {
    const quoted = JSON.stringify(attack);
    const escaped = attack.replace(/[!-/:-@[-`{-~]/g, "\\$&");
    bibliography.push(`@misc{k${at}, author = {{${attack.replace(/[{}%&#\\]/g, "")}}}, title = {{${attack.replace(/[{}%&#\\]/g, "")}}}, year = {2020}}`);
    write(`content/p/a${at}/a${at}.en.md`, `+++
title = ${quoted}
description = ${quoted}
+++

## ${escaped}

${escaped} \`${attack}\` [${escaped}](https://a.example/ ${JSON.stringify(escaped)}) [@k${at}] $\\text{a<b}$

| ${escaped.replaceAll("|", "\\|")} |
| --- |
| ${escaped.replaceAll("|", "\\|")} |

> [!NOTE]
> ${escaped}

~~~ text
${attack}
~~~

\`\`\`python run
#| label: x${at}
#| fig-cap: ${quoted}
#| fig-alt: ${quoted}
#| tbl-cap: ${quoted}
#| code-fold: true
#| code-summary: ${quoted}
import kiln as k
x = ${quoted}
print(x)
check(x, 1, "<", 2)
k.plot.table([[x, 1]], columns=[x, "n"])
k.plot.line([1, 2, 3], title=x, x_label=x)
k.plot.heatmap([[1, 2]], x_labels=[x, "b"], y_labels=[x])
\`\`\`

The value is \`{python} x\`.
`);
  }
  write("content/references.bib", bibliography.join("\n"));
  execFileSync(KILN, ["build", "--quiet"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  site = await serve(join(folder, "site"));
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("attacks are shown as text", async () => {
  const all = pages(join(folder, "site"));
  assert.ok(all.length > ATTACKS.length);
  const context = await chromium.newContext();
  const page = await context.newPage();
  const told = complaints(page);
  page.on("dialog", async (dialog) => { told.push(`a script ran on ${page.url()}`); await dialog.dismiss(); });
  for (const path of all) {
    await page.goto(site.address + path);
    // The one inline script is the theme's: its digest stands in the policy.
    const foreign = await page.evaluate(() =>
      [...document.querySelectorAll("script:not([src]):not([type='application/ld+json']), iframe, style, [onerror], [onload], [onfocus], [ontoggle], img[src='x']")]
        .map((one) => one.outerHTML).filter((html) => !html.startsWith('<script>if(location.protocol==="file:")for(')));
    assert.deepEqual(foreign, [], path);
  }
  await page.goto(`${site.address}en/p/`);
  await page.keyboard.press("/");
  await page.fill(".finder input", "alert script");
  await page.waitForSelector(".hits a");
  assert.equal(await page.$(".hits script, .hits img, .hits iframe"), null);
  assert.match(await page.textContent(".hits"), /alert\(1\)/);
  // Pages of a site at another address name it: nothing may be asked of it.
  assert.deepEqual(told, []);
});
