// What makes reading nicer where scripts run. Every page works without.
"use strict";

const root = document.documentElement;
const all = (selector) => [...document.querySelectorAll(selector)];

// Light and dark. Choosing what the system says anyway means following the system again.
const system = matchMedia("(prefers-color-scheme: dark)");
const toggle = document.querySelector(".theme");
if (toggle) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const now = root.dataset.theme ?? (system.matches ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    const follow = next === (system.matches ? "dark" : "light");
    if (follow) delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (follow) localStorage.removeItem("kiln-theme");
      else localStorage.setItem("kiln-theme", next);
    } catch { /* Not remembered, then. */ }
  });
}

// The other language opens at the same section: anchors are the same in all languages.
for (const link of all(".languages a")) {
  link.addEventListener("click", () => { link.hash = location.hash; });
}

// Search: the button, / and Ctrl-K open it, and only then is it loaded.
const finder = document.querySelector(".finder");
const opener = document.querySelector(".search-open");
if (finder && opener && window.DecompressionStream) {
  const find = () => {
    if (finder.open) return;
    if (!document.querySelector("script[data-search]")) {
      const script = document.createElement("script");
      script.dataset.search = "";
      script.src = finder.dataset.script;
      if (finder.dataset.integrity) script.integrity = finder.dataset.integrity;
      document.head.append(script);
    }
    finder.showModal();
    finder.querySelector("input").select();
  };
  opener.hidden = false;
  opener.addEventListener("click", find);
  finder.querySelector(".shut").addEventListener("click", () => finder.close());
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
    const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (slash || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      find();
    }
  });
}

// Escape puts an explanation away until it is asked for again.
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const word of all(":is(.term, .cited):is(:hover, :focus-within)")) {
    word.dataset.shut = "";
    for (const left of ["pointerleave", "focusout"]) word.addEventListener(left, () => delete word.dataset.shut, { once: true });
  }
});

// What scrolls can be scrolled from the keyboard. Told by the browser when a box gets its size, or another, this
// asks for no layout of its own: what is folded away or far below is looked at when it is shown.
const sized = new ResizeObserver((entries) => {
  const scrolling = entries.map(({ target: box }) => (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1)
    && /auto|scroll/.test(getComputedStyle(box).overflow));
  entries.forEach(({ target: box }, at) => {
    if (scrolling[at]) box.tabIndex = 0;
    else if (box.hasAttribute("tabindex")) box.removeAttribute("tabindex");
  });
});
const reachable = () => {
  sized.disconnect();
  for (const box of all("pre, pre > code, .table-wrap, .cell-out, .filmstrip, .math-display, .side, .toc, :is(p, li, dd):has(> math)")) sized.observe(box);
};
reachable();

// Code can be copied. Secure pages only: elsewhere there is no clipboard.
const { copy, copied } = document.body.dataset;
const copies = () => {
  for (const block of navigator.clipboard ? all("pre.code:not(:has(> .copy))") : []) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = copy;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.querySelector("code").textContent);
      } catch { return; /* Not allowed here: the button keeps its word. */ }
      button.textContent = copied;
      setTimeout(() => { button.textContent = copy; }, 1500);
    });
    block.append(button);
  }
};
copies();

// The contents show the page at hand, and the table of contents follows the reader.
const side = document.querySelector(".side");
const here = side?.querySelector("[aria-current]");
if (here && side.scrollHeight > side.clientHeight) side.scrollTop = here.offsetTop - side.clientHeight / 3;

let links, headings;
const collect = () => {
  links = all(".toc a");
  headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
};
let waiting = false;
const follow = () => {
  waiting = false;
  const line = innerHeight * 0.25;
  let current = headings.findLastIndex((heading) => heading && heading.getBoundingClientRect().top <= line);
  if (scrollY + innerHeight >= root.scrollHeight - 2) current = links.length - 1;
  links.forEach((link, index) => {
    if (index === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
};
addEventListener("scroll", () => {
  if (!waiting) { waiting = true; requestAnimationFrame(follow); }
}, { passive: true });
collect();
follow();

// While a page is written, `kiln serve` exchanges parts of it.
document.addEventListener("kiln:patched", () => {
  reachable();
  copies();
  collect();
  follow();
});
