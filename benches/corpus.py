#!/usr/bin/env python3
"""Writes the same synthetic book for Kiln and for its peers: `corpus.py PAGES FOLDER [TOOL ...]`.

A page has about 900 words in six sections: prose with emphasis and code spans, two lists, a table, three
links to other pages, and one block each of Python and Rust whose names differ from page to page. The text
of page N depends on N and the number of pages alone, and is the same for all tools; only the way in which
a link and a title are written differs.
"""

import random
import shutil
import sys
from pathlib import Path

PER_PART = 50
TOOLS = ("kiln", "mdbook", "hugo", "zola")
REPOSITORY = Path(__file__).resolve().parent.parent

NOUNS = """tensor gradient encoder decoder token embedding layer kernel prompt sampler schedule latent mask
window corpus label batch epoch weight bias residual query key value head position norm logit beam cache shard
channel patch pixel caption filter stride pool graph node edge probe metric score loss margin""".split()
VERBS = """projects scales shifts gathers masks folds sorts averages clips samples rotates compares predicts
encodes decodes copies learns forgets measures aligns normalises splits merges stores""".split()
REST = """the a each every this that one which small large sparse dense shared frozen causal local global
noisy clean early late before after between within without along under over by for with from to and or so
because while until when then again twice once often rarely only first last""".split()


class Page:
    """The text of one page."""

    def __init__(self, number, pages, link):
        self.number, self.pages, self.link = number, pages, link
        self.random = random.Random(f"{number} of {pages}")

    def word(self):
        return self.random.choice(self.random.choice((NOUNS, NOUNS, VERBS, REST, REST)))

    def sentence(self, low=9, high=16, marks=True):
        words = [self.word() for _ in range(self.random.randint(low, high))]
        if marks:
            for chance, mark in ((0.3, "`{}_{}`"), (0.2, "**{}**"), (0.15, "*{}*")):
                if self.random.random() < chance:
                    at = self.random.randrange(1, len(words))
                    words[at] = mark.format(words[at], self.random.choice(NOUNS))
        return " ".join(words).capitalize() + "."

    def paragraph(self, sentences=3):
        return " ".join(self.sentence() for _ in range(sentences))

    def python(self):
        a, b, c = self.random.sample(NOUNS, 3)
        n = self.number
        return f'''```python
import numpy as np
from collections import defaultdict

class {a.capitalize()}{b.capitalize()}{n}:
    """Keeps the {c} of step {n}."""

    def __init__(self, {a}: np.ndarray, size: int = {self.random.randint(2, 512)}):
        self.{b}_{n} = {a} / np.sqrt(size)
        self.seen = defaultdict(list)

    def step(self, {c}, rate=1e-{self.random.randint(2, 6)}):
        # The {b} moves against its slope.
        for i, x in enumerate({c}):
            if x is None or not self.seen[i]:
                continue
            self.{b}_{n} -= rate * ({c}[i] - self.{b}_{n}.mean(axis=-1))
            self.seen[i].append(f"{a}_{{i}}: {{x:.{self.random.randint(1, 6)}f}}")
        return self.{b}_{n} @ {c}
```'''

    def rust(self):
        a, b, c = self.random.sample(NOUNS, 3)
        n = self.number
        return f'''```rust
use std::collections::BTreeMap;

/// Counts every {a} of page {n}.
#[derive(Debug, Default)]
pub struct {a.capitalize()}{n}<'t> {{
    {b}: BTreeMap<&'t str, usize>,
    {c}: Option<u64>,
}}

impl<'t> {a.capitalize()}{n}<'t> {{
    pub fn {b}_{n}(&mut self, text: &'t str) -> Result<usize, String> {{
        for word in text.split_whitespace().filter(|w| w.len() > {self.random.randint(1, 9)}) {{
            *self.{b}.entry(word).or_insert(0) += 1; // one more
        }}
        match self.{c} {{
            Some(limit) if self.{b}.len() as u64 > limit => Err(format!("{a} {{limit}}")),
            _ => Ok({self.random.randint(1, 999)}),
        }}
    }}
}}
```'''

    def table(self):
        rows = [f"| {self.word()} | {self.random.randint(1, 9999)} | {self.sentence(3, 5, marks=False)} |" for _ in range(8)]
        return "\n".join(["| name | value | note |", "|---|---:|---|", *rows])

    def items(self, mark):
        return "\n".join(f"{mark} {self.sentence(5, 9)}" for _ in range(5))

    def links(self):
        others = (self.random.randrange(self.pages) for _ in range(3))
        return "See " + ", ".join(f"[{title(other)}]({self.link(other)})" for other in others) + "."

    def body(self):
        extra = [self.items("-"), self.python(), self.table(), self.rust(), self.items("1."), f"> {self.sentence()}\n\n{self.links()}"]
        blocks = [self.paragraph(4)]
        for index, more in enumerate(extra):
            blocks += [f"## {self.sentence(3, 5, marks=False)[:-1]} {index}", self.paragraph(3)]
            blocks += [f"### {self.sentence(2, 4, marks=False)[:-1]} {index}", self.paragraph(3), more]
        return "\n\n".join(blocks) + "\n"


def title(number):
    words = random.Random(f"title {number}")
    return f"{words.choice(NOUNS).capitalize()} {words.choice(NOUNS)} {number}"


def part(number):
    return f"s{number // PER_PART:03d}"


def name(number):
    return f"p{number:05d}"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def front(heading, weight):
    return f'+++\ntitle = "{heading}"\nweight = {weight}\n+++\n\n'


def book(folder, pages, suffix, index, link):
    """Pages with front matter in one folder a part: the layout of Kiln, Hugo and Zola."""
    write(folder / f"_index{index}.md", '+++\ntitle = "Bench"\n+++\n\nHome.\n')
    for number in range(pages):
        if number % PER_PART == 0:
            write(folder / part(number) / f"_index{index}.md", front(f"Part {number // PER_PART}", number // PER_PART + 1))
        text = front(title(number), number + 1) + Page(number, pages, link).body()
        write(folder / part(number) / f"{name(number)}{suffix}.md", text)


def kiln(folder, pages):
    write(folder / "kiln.toml", 'title = "Bench"\n')
    shutil.copytree(REPOSITORY / "templates", folder / "templates", dirs_exist_ok=True)
    book(folder / "content", pages, ".en", ".en", lambda to: f"/{part(to)}/{name(to)}.en.md")


def mdbook(folder, pages):
    write(folder / "book.toml", '[book]\ntitle = "Bench"\n')
    summary = ["# Summary", ""]
    for number in range(pages):
        if number % PER_PART == 0:
            summary.append(f"- [Part {number // PER_PART}]({part(number)}/index.md)")
            write(folder / "src" / part(number) / "index.md", f"# Part {number // PER_PART}\n")
        summary.append(f"  - [{title(number)}]({part(number)}/{name(number)}.md)")
        text = Page(number, pages, lambda to: f"../{part(to)}/{name(to)}.md").body()
        write(folder / "src" / part(number) / f"{name(number)}.md", f"# {title(number)}\n\n{text}")
    write(folder / "src" / "SUMMARY.md", "\n".join(summary) + "\n")


SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><nav><ul>{parts}</ul></nav><main>{main}</main></body></html>
"""


def hugo(folder, pages):
    settings = 'baseURL = "http://localhost/"\ntitle = "Bench"\ndisableKinds = ["taxonomy", "term", "RSS"]\n'
    write(folder / "hugo.toml", settings + "[markup.highlight]\nnoClasses = false\n[outputs]\nhome = [\"HTML\", \"JSON\"]\n")
    book(folder / "content", pages, "", "", lambda to: f'{{{{< relref "/{part(to)}/{name(to)}.md" >}}}}')
    layouts = folder / "layouts" / "_default"
    parts = '{{ range .Site.Sections.ByWeight }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}'
    chapters = '<ul>{{ range RANGE }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul>'
    write(layouts / "baseof.html", SHELL.format(title="{{ .Title }}", parts=parts, main='{{ block "main" . }}{{ end }}'))
    main = '{{{{ define "main" }}}}<h1>{{{{ .Title }}}}</h1>{}{{{{ end }}}}'.format
    write(layouts / "list.html", main(chapters.replace("RANGE", ".RegularPages") + "{{ .Content }}"))
    single = chapters.replace("RANGE", ".CurrentSection.RegularPages") + "{{ .TableOfContents }}{{ .Content }}"
    write(layouts / "single.html", main(single))
    index = '[{{ range $i, $p := .Site.RegularPages }}{{ if $i }},{{ end }}{{ dict "title" $p.Title "body" $p.Plain | jsonify }}{{ end }}]'
    write(folder / "layouts" / "index.json", index)


def zola(folder, pages):
    settings = 'base_url = "http://localhost"\ntitle = "Bench"\nbuild_search_index = true\n'
    write(folder / "config.toml", settings + '[markdown.highlighting]\ntheme = "github-light"\n')
    book(folder / "content", pages, "", "", lambda to: f"@/{part(to)}/{name(to)}.md")
    parts = '{% for path in get_section(path="_index.md").subsections %}{% set s = get_section(path=path, metadata_only=true) %}<li><a href="{{ s.permalink }}">{{ s.title }}</a></li>{% endfor %}'
    shell = SHELL.format(title="{{ config.title }}", parts=parts, main="{% block main %}{% endblock %}")
    write(folder / "templates" / "base.html", shell)
    listed = '<ul>{% for p in PAGES %}<li><a href="{{ p.permalink }}">{{ p.title }}</a></li>{% endfor %}</ul>'
    main = '{{% extends "base.html" %}}{{% block main %}}<h1>{{{{ {0}.title }}}}</h1>{1}{{{{ {0}.content | safe }}}}{{% endblock %}}'.format
    for template in ("index", "section"):
        write(folder / "templates" / f"{template}.html", main("section", listed.replace("PAGES", "section.pages")))
    chapters = "{% set section = get_section(path=page.ancestors | last) %}" + listed.replace("PAGES", "section.pages")
    toc = '<ul>{% for h in page.toc %}<li><a href="{{ h.permalink }}">{{ h.title }}</a></li>{% endfor %}</ul>'
    write(folder / "templates" / "page.html", main("page", chapters + toc))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    pages, folder, tools = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] or TOOLS
    writers = {"kiln": kiln, "mdbook": mdbook, "hugo": hugo, "zola": zola}
    for tool in tools:
        shutil.rmtree(folder / tool, ignore_errors=True)
        writers[tool](folder / tool, pages)


if __name__ == "__main__":
    main()
