// What makes reading nicer where scripts run; every page works without.
"use strict";

// Light and dark.
const toggle = document.querySelector("button.theme");
if (toggle) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("kiln-theme", root.dataset.theme); } catch { /* not remembered, then */ }
  });
}

// On a phone the contents start folded.
if (matchMedia("(max-width: 60rem)").matches) document.querySelector("details.menu")?.removeAttribute("open");

// The table of contents follows the reader.
const links = new Map([...document.querySelectorAll(".toc a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
if (links.size) {
  const seen = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target.id);
    const current = [...links.keys()].find((id) => seen.has(id));
    if (current) for (const [id, link] of links) link.toggleAttribute("data-current", id === current);
  }, { rootMargin: "-10% 0px -70% 0px" });
  for (const id of links.keys()) {
    const heading = document.getElementById(id);
    if (heading) observer.observe(heading);
  }
}
