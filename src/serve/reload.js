// Keeps a page that is being written up to date: only what has changed is exchanged, so that scrolling, focus
// and opened details stay; faults are laid over the last good page.
"use strict";
(() => {
  // Which version of the site the page is. The script itself is no part of the page.
  const own = document.currentScript;
  let version = own.dataset.version;
  own.remove();

  // The page as the server sent it, and for each of its nodes the one on the screen: what other scripts have
  // added stays out of the comparison. This script runs before they do.
  const shown = new WeakMap();
  const pair = (sent, node) => {
    shown.set(sent, node);
    let child = node?.firstChild;
    for (const part of sent.childNodes) {
      pair(part, child);
      child = child?.nextSibling;
    }
  };
  let sent = document.documentElement.cloneNode(true);
  pair(sent, document.documentElement);

  /* Patching */

  const adopt = (now, was) => {
    shown.set(now, shown.get(was));
    was.childNodes.forEach((part, index) => adopt(now.childNodes[index], part));
  };
  const alike = (was, now) => was.nodeName === now.nodeName && was.id === now.id;
  const fresh = (now) => {
    const node = document.importNode(now, true);
    pair(now, node);
    return node;
  };
  const attributes = (was, now) => {
    const node = shown.get(was);
    const names = new Set([...was.getAttributeNames(), ...now.getAttributeNames()]);
    for (const name of names) {
      const value = now.getAttribute(name);
      if (value === was.getAttribute(name)) continue;
      if (value === null) node.removeAttribute(name);
      else node.setAttribute(name, value);
    }
  };
  const patch = (was, now) => {
    const node = shown.get(was);
    if (was.isEqualNode(now)) return adopt(now, was);
    if (was.nodeName === "LINK" && now.rel === "stylesheet") return restyle(node, now);
    shown.set(now, node);
    if (was.nodeType !== Node.ELEMENT_NODE) node.data = now.data;
    // Scripts choose the theme on the root: only its language is the server's.
    else if (was !== sent) attributes(was, now);
    else document.documentElement.lang = now.lang;
    children(node, [...was.childNodes], [...now.childNodes]);
  };
  const children = (parent, was, now) => {
    let [from, was_end, now_end] = [0, was.length, now.length];
    while (from < was_end && from < now_end && was[from].isEqualNode(now[from])) adopt(now[from], was[from++]);
    while (was_end > from && now_end > from && was[was_end - 1].isEqualNode(now[now_end - 1])) {
      adopt(now[--now_end], was[--was_end]);
    }
    const after = was_end < was.length ? shown.get(was[was_end]) : null;
    let at = from;
    for (let index = from; index < now_end; index++) {
      const part = now[index];
      const same = was.slice(at, was_end).findIndex((old) => old.isEqualNode(part) && old.nodeType === 1);
      if (same > 0) for (; !was[at].isEqualNode(part); at++) shown.get(was[at])?.remove();
      if (at < was_end && alike(was[at], part)) patch(was[at++], part);
      else parent.insertBefore(fresh(part), at < was_end ? shown.get(was[at]) : after);
    }
    for (; at < was_end; at++) shown.get(was[at])?.remove();
  };
  // The old style stays until the new one is there: no flash.
  const restyle = (old, now) => {
    const link = fresh(now);
    link.addEventListener("load", () => old.remove(), { once: true });
    old.after(link);
  };
  /** Styles and pictures that have changed under their names since the page had them. */
  const renew = (renewed, since) => {
    const fresh = new Set(Object.keys(renewed).filter((path) => renewed[path] > since));
    const stale = (part, name) => {
      const url = new URL(part.getAttribute(name), location.href);
      return url.origin === location.origin && fresh.has(decodeURIComponent(url.pathname.slice(1)));
    };
    const again = (part, name) => `${part.getAttribute(name).split("?")[0]}?${version}`;
    if (fresh.size === 0) return;
    if ([...sent.querySelectorAll("script[src]")].some((script) => stale(script, "src"))) location.reload();
    for (const link of sent.querySelectorAll("link[rel=stylesheet]")) {
      const node = shown.get(link);
      if (!node || !stale(link, "href")) continue;
      const next = node.cloneNode();
      next.setAttribute("href", again(link, "href"));
      next.addEventListener("load", () => node.remove(), { once: true });
      node.after(next);
      shown.set(link, next);
    }
    for (const picture of sent.querySelectorAll("img[src]")) {
      if (stale(picture, "src")) shown.get(picture)?.setAttribute("src", again(picture, "src"));
    }
  };
  const scripts = (page) => [...page.querySelectorAll("script[src]")].map((script) => script.getAttribute("src"));
  const refresh = async () => {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").documentElement;
    now.querySelector('script[src^="/__kiln/"]')?.remove();
    if (!answer.ok || !sent.querySelector("main") || String(scripts(now)) !== String(scripts(sent))) {
      return location.reload();
    }
    if (sent.isEqualNode(now)) return;
    patch(sent, now);
    sent = now;
    document.dispatchEvent(new Event("kiln:patched"));
  };

  /* What the server says */

  const box = (id, role, style) => {
    const found = document.getElementById(id);
    if (found) return found;
    const made = document.createElement("pre");
    made.id = id;
    made.setAttribute("role", role);
    Object.assign(made.style, {
      position: "fixed", margin: "0", zIndex: "1000", overflow: "auto", whiteSpace: "pre-wrap",
      font: "14px/1.5 ui-monospace, monospace", color: "#ffe9e2", background: "#2a1512", ...style,
    });
    document.body.append(made);
    return made;
  };
  const tell = (id, text, role, style) => {
    if (!text) return document.getElementById(id)?.remove();
    const told = box(id, role, style);
    if (told.textContent !== text) told.textContent = text;
  };
  const faults = (text) => tell("kiln-faults", text, "alert", {
    inset: "auto 0 0 0", maxHeight: "60vh", padding: "1.5rem", borderTop: "4px solid #d9482b",
  });
  const here = decodeURIComponent(location.pathname.replace(/^\//, "").replace(/index\.html$/, ""));
  const running = (chapters) => {
    const all = chapters.map(({ name, done, total }) => `running ${name}: ${done} of ${total} cells`);
    tell("kiln-running", all.join("\n"), "status", {
      inset: "auto 1rem 1rem auto", padding: ".5rem 1rem", borderRadius: "6px", background: "#1c2b33", color: "#e8f4fa",
    });
    const waiting = new Set(chapters.filter(({ pages }) => pages.includes(here)).flatMap(({ waiting }) => waiting));
    for (const cell of document.querySelectorAll("section.cell")) {
      if (waiting.has(cell.id)) cell.setAttribute("aria-busy", "true");
      else cell.removeAttribute("aria-busy");
    }
  };

  let events = null;
  let last = Promise.resolve();
  const hear = ({ data }) => {
    const news = JSON.parse(data);
    last = last.then(async () => {
      // What came between the page and this stream is not missed.
      if (news.version !== version) {
        const [server, since] = version.split("-");
        version = news.version;
        // Another server may have anything.
        if (!version.startsWith(`${server}-`)) return location.reload();
        renew(news.renewed, Number(since));
        await refresh();
      }
      faults(news.faults);
      running(news.running);
    }).catch(() => { /* The server is gone: the next event comes from a new one. */ });
  };
  // A browser has few connections for a server: tabs that nobody looks at let go of theirs.
  const attend = () => {
    events?.close();
    events = null;
    if (document.visibilityState === "hidden") return;
    events = new EventSource("/__kiln/events");
    events.onmessage = hear;
  };
  document.addEventListener("visibilitychange", attend);
  attend();
})();
