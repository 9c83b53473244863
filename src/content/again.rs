//! A page that was edited takes the place of its old self, without the others being read again.

use crate::diag::{Diagnostic, Sources};

use super::facts;
use super::load::{Place, RawPage};
use super::page::{Page, Shortcode};
use super::{Content, Setting, parse_page, url};

/// What an edit of a page means for other pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing: only its own text is another.
    Own,
    /// Its headings or labels are others: pages that link to it have to look whether they still can.
    Anchors,
    /// It uses other terms or cites other works: lists of them name the pages that do.
    Counted,
    /// What lists, navigation and other pages say of it is another.
    Listed,
    /// What any page may show is another.
    Seen,
}

/// Reads the page of `raw` again: its text was `before`, and is in `sources` by now. `diagnostics` are those
/// of all pages and lose what the old text was at fault for. `None` where the page has moved, or where
/// it is not in `content`: then every page has to be parsed.
pub fn again(
    content: &mut Content,
    raw: &RawPage,
    before: &str,
    setting: &Setting,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Change> {
    let page = find(content, raw)?;
    let (lang, address) = (&raw.lang, url(&raw.place, &raw.lang, setting));
    let path = sources.path(raw.file).to_owned();
    let text = sources.file(raw.file).text.clone();
    // What the old text was at fault for is what it would be at fault for again.
    sources.add(&*path, before);
    let old = parse_page(raw.file, lang, address.clone(), setting, sources);
    sources.add(&*path, text);
    let new = parse_page(raw.file, lang, address, setting, sources);
    // Relations make the graph of concepts, which is not looked at here either.
    let places = |page: &Page| (page.front.weight, page.front.draft, page.front.relations.clone());
    // Cells of a section are a fault of its place, which is not looked at here.
    let runs = |page: &Page| !(page.cells.is_empty() && page.inlines.is_empty());
    let section = matches!(raw.place, Place::Section(_)) && (runs(&old.value) || runs(&new.value));
    if places(&old.value) != places(&new.value) || new.value.front.draft || section {
        return None;
    }
    for fault in &old.diagnostics {
        if let Some(at) = diagnostics.iter().position(|told| told == fault) {
            diagnostics.remove(at);
        }
    }
    diagnostics.extend(new.diagnostics);
    let change = change(page, &new.value);
    *page = new.value;
    Some(change)
}

fn find<'a>(content: &'a mut Content, raw: &RawPage) -> Option<&'a mut Page> {
    let pages = match &raw.place {
        Place::Section(path) => &mut content.sections.iter_mut().find(|section| section.path == *path)?.pages,
        Place::Chapter(path) => &mut content.chapters.iter_mut().find(|chapter| chapter.path == *path)?.pages,
    };
    pages.get_mut(&raw.lang).filter(|page| page.file == raw.file)
}

/// What of a page other pages can see. A field that is added to [`Page`] has to find its place here.
fn change(old: &Page, new: &Page) -> Change {
    let Page {
        file: _,
        lang: _,
        url: _,
        stamp: _,
        front,
        title,
        body: _,
        headings,
        cells: _,
        inlines: _,
        citations,
        shortcodes,
        terms,
        inserts: _,
        raw_html: _,
        numbers: _,
    } = new;
    // A list of terms makes every use of a term a link; that a language has a feed or tags any page
    // may say.
    let lists = |all: &[Shortcode]| -> Vec<Shortcode> {
        let lists = all.iter().filter(|code| facts::named(code).is_none());
        lists.cloned().collect()
    };
    let same_everywhere =
        same(&lists(&old.shortcodes), &lists(shortcodes), |code| (&code.name, &code.arguments))
            && old.front.updated.is_some() == front.updated.is_some()
            && old.front.tags == front.tags;
    // A glossary names the pages that use its terms, a bibliography those that cite its works.
    let same_terms = same(&old.terms, terms, |(id, _)| id);
    let same_citations = same(&old.citations, citations, |(key, _)| key)
        && old.shortcodes.iter().filter_map(facts::named).eq(shortcodes.iter().filter_map(facts::named));
    // Their order makes the numbers.
    let same_labels = old.numbered().eq(new.numbered());
    let same_headings = same(&old.headings, headings, |heading| (heading.level, &heading.id, &heading.text));
    if !same_everywhere {
        Change::Seen
    } else if old.front != *front || old.title != *title {
        Change::Listed
    } else if !same_citations || !same_terms {
        Change::Counted
    } else if !same_labels || !same_headings {
        Change::Anchors
    } else {
        Change::Own
    }
}

/// Whether two lists are the same as far as `part` goes: places in the text do not count.
fn same<'a, T, P: PartialEq>(a: &'a [T], b: &'a [T], part: impl Fn(&'a T) -> P) -> bool {
    a.iter().map(&part).eq(b.iter().map(&part))
}

#[cfg(test)]
mod tests {
    use super::super::page::Lang;
    use super::super::parse;
    use super::*;

    /// The change from one text to another, and how many faults are told before and after.
    fn edit(before: &str, after: &str) -> (Option<Change>, usize, usize) {
        let mut sources = Sources::default();
        let place = Place::Chapter("a".into());
        let raw = RawPage {
            file: sources.add("content/a.en.md", before),
            lang: Lang("en".into()),
            place,
            listed: None,
        };
        let mut parsed = parse(std::slice::from_ref(&raw), &Setting::default(), &sources);
        let told = parsed.diagnostics.len();
        sources.add("content/a.en.md", after);
        let change = again(
            &mut parsed.value,
            &raw,
            before,
            &Setting::default(),
            &mut sources,
            &mut parsed.diagnostics,
        );
        let fresh = parse(std::slice::from_ref(&raw), &Setting::default(), &sources);
        if change.is_some() {
            assert_eq!(format!("{:?}", parsed.value), format!("{:?}", fresh.value));
            assert_eq!(parsed.diagnostics, fresh.diagnostics);
        }
        (change, told, parsed.diagnostics.len())
    }

    #[test]
    fn an_edit_tells_how_far_it_reaches() {
        let front = "+++\ntitle = \"A\"\n+++\n";
        for (before, after, expect) in [
            ("Words.\n", "Other words.\n", Some(Change::Own)),
            ("## One\n", "## Two\n", Some(Change::Anchors)),
            ("# A\n", "# B\n", Some(Change::Listed)),
            (front, "+++\ntitle = \"B\"\n+++\n", Some(Change::Listed)),
            (front, "+++\ntitle = \"A\"\nupdated = \"2026-11-25\"\n+++\n", Some(Change::Seen)),
            ("List.\n", "{{< glossary >}}\n", Some(Change::Seen)),
            (front, "+++\ntitle = \"A\"\nweight = 2\n+++\n", None),
            (front, "+++\ntitle = \"A\"\ndraft = true\n+++\n", None),
            ("See [@one].\n", "See [@two].\n", Some(Change::Counted)),
            ("$$x$$ {#eq-a}\n\n$$y$$ {#eq-b}\n", "$$y$$ {#eq-b}\n\n$$x$$ {#eq-a}\n", Some(Change::Anchors)),
            (
                "![d](d.png){#fig-d}\n\n{{< cell page=\"b\" label=\"fig-x\" >}}\n",
                "{{< cell page=\"b\" label=\"fig-x\" >}}\n\n![d](d.png){#fig-d}\n",
                Some(Change::Anchors),
            ),
        ] {
            assert_eq!(edit(before, after).0, expect, "{before:?} to {after:?}");
        }
    }

    #[test]
    fn faults_of_the_old_text_go_with_it() {
        assert_eq!(edit("<b>\n", "fine\n"), (Some(Change::Own), 1, 0));
        assert_eq!(edit("fine\n", "<b>\n\n<i>\n"), (Some(Change::Own), 0, 2));
    }
}
