// Search without a server. The index says which pages hold the words of a query; the best of them are
// then read (their Markdown copies) for sections, exact matches and excerpts. Loaded when first asked for.
"use strict";
(() => {
const dialog = document.querySelector(".finder");
const [field, status, list] = ["input", ".found", ".hits"].map((part) => dialog.querySelector(part));
const { folder, root, results, nothing, failed } = dialog.dataset;

// Words are cut as src/search/words.rs cuts them: runs of letters and digits, and runs of signs (Han,
// kana, Hangul) that the index holds one by one.
const SIGNS = "[\\u2e80-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\u{20000}-\\u{3ffff}]";
const LETTER = "[\\p{Alphabetic}\\p{N}]";
const RUNS = new RegExp(`(?:(?=${SIGNS})${LETTER})+|(?:(?!${SIGNS})${LETTER})+`, "gu");
const signs = new RegExp(`^${SIGNS}`, "u");
const fold = (text) =>
  text.replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).toLowerCase();

// Everything is loaded once; what could not be loaded is asked for again.
const loaded = new Map();
const once = (key, load) => {
  if (!loaded.has(key)) loaded.set(key, load().catch((error) => { loaded.delete(key); throw error; }));
  return loaded.get(key);
};
const get = async (address, options) => {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return answer;
};
const unpacked = async (name) =>
  new Response((await get(folder + name)).body.pipeThrough(new DecompressionStream("gzip")));
const index = () => once("index", async () => (await get(`${folder}index.json`, { cache: "no-cache" })).json());

// A shard: each term with its pages, as written by src/search/shard.rs.
const shard = (name) => once(name, async () => {
  const bytes = new Uint8Array(await (await unpacked(name)).arrayBuffer());
  const [terms, term, text] = [new Map(), new Uint8Array(512), new TextDecoder()];
  for (let at = 0; at < bytes.length;) {
    const [shared, more] = [bytes[at], bytes[at + 1]];
    term.set(bytes.subarray(at + 2, at + 2 + more), shared);
    at += 2 + more;
    const pages = [];
    for (let page = -1; ;) {
      let [number, scale, byte] = [0, 1, 0];
      do {
        byte = bytes[at++];
        number += (byte & 127) * scale;
        scale *= 128;
      } while (byte > 127);
      if (!number) break;
      page += Math.floor(number / 4);
      pages.push([page, number % 4]);
    }
    terms.set(text.decode(term.subarray(0, shared + more)), pages);
  }
  return terms;
});

// The terms from one to another, of all shards that can hold them.
const range = async (from, to) => {
  const { shards } = await index();
  const first = Math.max(0, shards.findLastIndex(([term]) => term <= from));
  const last = shards.findLastIndex(([term]) => term <= to);
  return (await Promise.all(shards.slice(first, last + 1).map(([, name]) => shard(name)))).flatMap((terms) => [...terms]);
};

// How many letters have to be put in, left out, changed or exchanged; more than most is all the same.
const distance = (a, b, most) => {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let [older, old] = [[], [...Array(b.length + 1).keys()]];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(row[j - 1] + 1, old[j] + 1, old[j - 1] + (a[i - 1] !== b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], older[j - 2] + 1);
    }
    if (Math.min(...row) > most) return most + 1;
    [older, old] = [old, row];
  }
  return old[b.length];
};

// The terms that a word may mean, each with how well it fits: itself, what it begins, what it misspells.
const meant = async (word) => {
  const begun = (await range(word, `${word}\uffff`)).filter(([term]) => term.startsWith(word));
  if (begun.length) return begun.map(([term, pages]) => ({ term, pages, fit: term === word ? 1 : 0.7 * word.length / term.length }));
  const most = word.length > 7 ? 2 : word.length > 3 ? 1 : 0;
  if (!most) return [];
  const all = (await index()).shards.length <= 8;
  const near = await range(all ? "" : word[0], all ? "\uffff" : `${word[0]}\uffff`);
  return near.map(([term, pages]) => ({ term, pages, fit: 0.5 - 0.15 * distance(word, term, most) }))
    .filter(({ fit }) => fit >= 0.5 - 0.15 * most);
};

// What a query asks for: its words with their terms; its runs of signs with their signs and pairs.
const understood = (query) => Promise.all((fold(query).match(RUNS) ?? []).map(async (text) => {
  if (!signs.test(text)) {
    const terms = await meant(text);
    return { text, groups: [terms], needles: [text, ...terms.map(({ term }) => term)], parts: [] };
  }
  const single = [...text];
  const pairs = single.slice(1).map((sign, at) => single[at] + sign);
  const exact = async (term) => {
    const entry = (await range(term, term)).find(([found]) => found === term);
    return entry ? [{ term, pages: entry[1], fit: 1 }] : [];
  };
  const groups = await Promise.all(single.map(exact));
  const known = (await Promise.all(pairs.map(exact))).filter((terms) => terms.length);
  return { text, groups: [...groups, ...known], needles: [text], parts: pairs };
}));

// The pages that fit best, by the index alone.
const ranked = async (asked) => {
  const { pages: count, read } = await index();
  const groups = asked.flatMap(({ groups }) => groups);
  const scores = new Map();
  for (const terms of groups) {
    const best = new Map();
    for (const { pages, fit } of terms) {
      const rarity = Math.log(1 + count / pages.length);
      for (const [page, weight] of pages) best.set(page, Math.max(best.get(page) ?? 0, fit * rarity * [1, 1.5, 3, 6][weight]));
    }
    for (const [page, score] of best) {
      const [sum, held] = scores.get(page) ?? [0, 0];
      scores.set(page, [sum + score, held + 1]);
    }
  }
  return [...scores].map(([page, [sum, held]]) => [page, sum * (held / groups.length) ** 3])
    .sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, read);
};

// A page: its address, its title, its text in sections.
const page = async (number) => {
  const { block, blocks } = await index();
  const entries = await once(`pages ${number / block | 0}`, async () => (await unpacked(blocks[number / block | 0])).json());
  const [address, title] = entries[number % block];
  const sections = await once(address, async () => sectioned(await (await get(`${root}${address}index.md`)).text()));
  return { address, title, sections };
};

// Markdown to sections of plain text. Marks of code and tables count as space.
const sectioned = (markdown) => {
  const sections = [{ heading: "", anchor: "", text: "" }];
  let fence = "";
  for (const line of markdown.split("\n")) {
    const mark = line.match(/^\s*(`{3,}|~{3,})/)?.[1];
    const heading = !fence && line.match(/^#{2,6} (.*?)(?: \{#([^ }]+)[^}]*\})?$/);
    if (heading?.[2] === "references") break;
    if (mark && (!fence || line.trim().startsWith(fence))) fence = fence ? "" : mark;
    else if (heading) sections.push({ heading: plain(heading[1]), anchor: heading[2] ?? "", text: "" });
    else if (!line.startsWith("# ")) sections.at(-1).text += (fence ? line : plain(line)) + "\n";
  }
  return sections;
};
// Of formulas the letters stay, of lists the words.
const formula = (_, tex) => tex.replace(/\\[a-z]+|[{}\\]/gi, " ");
const plain = (text) =>
  text.replace(/^[\s>]*(?:(?:[-+*]|\d+\.) +)?/, "").replace(/\$+([^$]+)\$+/g, formula).replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/<(https?:[^>]*)>/g, "$1").replace(/ ?\[@[^\]]*\]|\$/g, "").replace(/^[-|:= ]+$|[*`|]+|\{#[^}]*\}|\\(?=\W)/g, " ").replace(/ {2,}/g, " ");

// Where a section answers: every match, and a score.
const judged = (section, asked) => {
  const [text, heading] = [fold(section.text), fold(section.heading)];
  let [score, held, marks] = [0, 0, []];
  for (const { needles, parts } of asked) {
    const find = (needle) => {
      const found = [];
      for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) {
        // Words match from their beginning; signs anywhere.
        if (signs.test(needle) || !/[\p{Alphabetic}\p{N}]/u.test(text[at - 1] ?? "")) found.push([at, needle.length]);
      }
      return found;
    };
    const whole = [...new Set(needles)].sort((a, b) => b.length - a.length).flatMap(find);
    const some = whole.length ? [] : parts.flatMap(find);
    const named = needles.some((needle) => heading.includes(needle));
    if (whole.length || named) held++;
    score += (whole.length ? 2 + Math.log2(whole.length) : Math.log2(1 + some.length) / 2) + (named ? 4 : 0);
    marks.push(...whole, ...some);
  }
  return { ...section, score: score * (1 + held) / (1 + asked.length), held, marks: marks.sort((a, b) => a[0] - b[0]) };
};

// The stretch of a section with the most matches, as text and marks.
const excerpt = ({ text, marks }) => {
  const width = signs.test(text.replace(/[\s\x21-\x7e]/g, "")) ? 90 : 180;
  const count = ([at]) => marks.filter(([other]) => other >= at && other < at + width * 0.7).length;
  const start = marks.reduce((best, mark) => (count(mark) > count(best) ? mark : best), marks[0] ?? [0, 0])[0];
  let from = Math.max(0, start - width / 4 | 0);
  if (from) from += Math.max(0, text.slice(from, start).search(/[\s，。；：、,.;]/) + 1);
  const out = document.createElement("span");
  out.className = "excerpt";
  let at = from;
  for (const [mark, length] of marks) {
    if (mark < at || mark + length > from + width) continue;
    const word = document.createElement("mark");
    word.textContent = text.slice(mark, mark + length);
    out.append(text.slice(at, mark), word);
    at = mark + length;
  }
  out.append(text.slice(at, Math.max(at, from + width)));
  if (from) out.prepend("… ");
  if (from + width < text.trimEnd().length) out.append(" …");
  return out;
};

const search = async (query) => {
  const asked = await understood(query);
  if (!asked.length) return [];
  const best = await ranked(asked);
  // The query as it may be meant: each word as the term that fits it best.
  const fitting = ({ text, groups }) =>
    signs.test(text) ? text : groups[0].reduce((best, one) => (one.fit > (best?.fit ?? 0) ? one : best), null)?.term ?? text;
  const wholes = [fold(query).trim(), asked.map(fitting).join(" ")];
  const pages = await Promise.all(best.map(async ([number, score]) => {
    const { address, title, sections } = await page(number);
    const name = fold(title);
    const named = asked.filter(({ needles }) => needles.some((needle) => name.includes(needle))).length;
    const judgements = sections.map((section) => judged(section, asked)).filter((section) => section.score > 0);
    const held = Math.max(0, ...judgements.map((section) => section.held));
    const found = judgements.filter((section) => section.held === held).sort((a, b) => b.score - a.score).slice(0, 3);
    const bonus = wholes.includes(name) ? 12 : wholes.some((whole) => name.includes(whole)) ? 8 : 3 * named;
    return { address, title, named, found, score: 3 * score / best[0][1] + (found[0]?.score ?? 0) + bonus };
  }));
  const full = ({ named, found }) => named === asked.length || found.some(({ held }) => held === asked.length);
  const hits = pages.filter(({ named, found }) => named || found.length).sort((a, b) => b.score - a.score);
  // Pages that hold only a part of what was asked are shown where none holds all.
  return hits.some(full) ? hits.filter(full) : hits;
};

const link = (address, ...content) => {
  const item = document.createElement("li");
  const anchor = document.createElement("a");
  anchor.href = root + address;
  anchor.append(...content);
  item.append(anchor);
  return item;
};
const titled = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

const shown = ({ address, title, found }) => {
  const [first, ...more] = found;
  const place = (section) => address + (section?.anchor ? `#${encodeURIComponent(section.anchor)}` : "");
  const head = [titled("strong", title)];
  if (first?.heading) head.push(titled("small", first.heading));
  return [
    link(place(first), ...head, ...(first ? [excerpt(first)] : [])),
    ...more.map((section) => {
      const item = link(place(section), titled("small", section.heading || title), excerpt(section));
      item.className = "more";
      return item;
    }),
  ];
};

let turn = 0;
const show = async () => {
  const mine = ++turn;
  const query = field.value;
  try {
    const hits = query.trim() ? await search(query) : [];
    if (mine !== turn) return;
    list.replaceChildren(...hits.flatMap(shown));
    status.textContent = !query.trim() ? "" : hits.length ? results.replace("COUNT", hits.length) : nothing;
  } catch {
    if (mine === turn) status.textContent = failed;
  }
};

let wait;
field.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(show, 120); });
dialog.addEventListener("keydown", (event) => {
  const stops = [field, ...list.querySelectorAll("a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    const at = stops.indexOf(document.activeElement) + step;
    stops[(at + stops.length) % stops.length].focus();
  } else if (event.key === "Enter" && document.activeElement === field) {
    stops[1]?.click();
  }
});
// A result on the page at hand leads there only if the dialog makes room.
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("a")) dialog.close();
});
index().catch(() => { status.textContent = failed; });
if (field.value) show();
})();
