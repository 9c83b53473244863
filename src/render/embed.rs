//! A cell of another page, shown in this one: never run again, with the way to where it comes from.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::content::embed::Embed;
use crate::content::html::escape;
use crate::content::page::{Chapter, Page, Shortcode};
use crate::diag::{Diagnostic, Span};
use crate::snippet::bake::Baked;
use crate::snippet::cell::Cell;

use super::links::relative;
use super::page::{Writer, source_of};
use super::{Input, address};

/// A cell of another page as this one shows it.
pub(super) struct Embedded<'a> {
    /// The cell under the name that it has here.
    pub(super) shown: Cell,
    /// The cell with the code.
    pub(super) source: Cell,
    /// What it made, in the words of the page that shows it.
    pub(super) baked: Option<Cow<'a, Baked>>,
    /// The page that it stands in.
    pub(super) page: &'a Page,
    /// Its label there.
    label: String,
}

impl Embedded<'_> {
    /// The way from the page at `url` to the cell in its own page.
    pub(super) fn way(&self, url: &str) -> String {
        format!("{}#{}", relative(url, &address::encode(&self.page.url)), self.label)
    }
}

/// The cell that `shortcode`, in the page `here`, asks for.
///
/// # Errors
/// There is no such page or cell, or the shortcode says something else.
pub(super) fn find<'a>(
    input: &Input<'a>,
    here: &Page,
    shortcode: &Shortcode,
) -> Result<Embedded<'a>, Box<Diagnostic>> {
    let embed = Embed::read(shortcode)?;
    let chapter = chapter(input, embed.page, embed.span)?;
    if chapter.pages.values().any(|page| page.file == here.file) {
        let fault = Diagnostic::error(embed.span, format!("`{}` is this page", embed.page));
        let hint = format!("refer to the cell by `@{}`, if its label starts with fig- or tbl-", embed.label);
        return Err(Box::new(fault.hint(hint)));
    }
    let (page, cell) = cell(input, chapter, here, &embed)?;
    let mut source = source_of(Some(chapter), cell).clone();
    let mut shown = cell.clone();
    for cell in [&mut shown, &mut source] {
        // Somebody asked for it: what its own page hides is shown here.
        (cell.options.include, cell.options.output, cell.options.echo) = (true, true, embed.echo);
    }
    let own = |given: Option<&str>, of_cell: Option<String>| given.map(str::to_owned).or(of_cell);
    let options = &mut shown.options;
    options.label = embed.id.to_owned();
    options.label_span = embed.span;
    options.fig_cap = own(embed.fig_cap, options.fig_cap.take());
    options.fig_alt = own(embed.fig_alt, options.fig_alt.take());
    options.tbl_cap = own(embed.tbl_cap, options.tbl_cap.take());
    let baked = input.bakes.get(&chapter.path).and_then(|bakes: &BTreeMap<_, _>| bakes.get(embed.label));
    let baked = baked.map(|baked| input.wording.put(&here.lang, (&chapter.path, embed.label), baked));
    Ok(Embedded { shown, source, baked, page, label: embed.label.to_owned() })
}

/// The cell of `chapter` in the language of `here`, or else in the first language that has it.
fn cell<'a>(
    input: &Input<'a>,
    chapter: &'a Chapter,
    here: &Page,
    embed: &Embed<'_>,
) -> Result<(&'a Page, &'a Cell), Box<Diagnostic>> {
    let pages = || translations(input, chapter, here);
    let labelled = |page: &'a Page| page.cells.iter().find(|cell| cell.options.label == embed.label);
    let Some(found) = pages().find_map(|page| Some((page, labelled(page)?))) else {
        let message = format!("`{}` has no cell with the label `{}`", embed.page, embed.label);
        let known = pages().flat_map(|page| &page.cells).map(|cell| cell.options.label.as_str());
        return Err(Box::new(Diagnostic::error(embed.span, message).did_you_mean(embed.label, known)));
    };
    Ok(found)
}

/// The pages of `chapter`, the one in the language of `here` first.
pub(super) fn translations<'a>(
    input: &Input<'a>,
    chapter: &'a Chapter,
    here: &Page,
) -> impl Iterator<Item = &'a Page> {
    let lang = here.lang.clone();
    let others = input.config.languages.iter().map(|language| &language.tag).filter(move |tag| **tag != lang);
    chapter.pages.get(&here.lang).into_iter().chain(others.filter_map(|lang| chapter.pages.get(lang)))
}

/// The chapter called `name`: by its path, or by the name of its folder.
///
/// # Errors
/// No chapter is called so, or several are.
pub(super) fn chapter<'a>(input: &Input<'a>, name: &str, span: Span) -> Result<&'a Chapter, Box<Diagnostic>> {
    match input.content.called(name).as_slice() {
        [chapter] => Ok(chapter),
        [] => {
            let known = input.content.chapters.iter();
            let known = known.flat_map(|chapter| [chapter.slug(), chapter.path.as_str()]);
            let fault = Diagnostic::error(span, format!("no chapter is called `{name}`"));
            Err(Box::new(fault.did_you_mean(name, known).hint("a chapter is called as its folder")))
        }
        [first, second, ..] => {
            let fault = Diagnostic::error(span, format!("`{name}` names more than one chapter"));
            Err(Box::new(fault.hint(format!("write `{}` or `{}`", first.path, second.path))))
        }
    }
}

impl Writer<'_> {
    /// What a cell of another page made.
    pub(super) fn embed(&mut self, shortcode: &Shortcode) {
        let found = match find(self.input, self.page, shortcode) {
            Ok(found) => found,
            Err(fault) => return self.rendered.diagnostics.push(*fault),
        };
        let lang = match found.page.lang == self.page.lang {
            true => String::new(),
            false => format!(" lang=\"{0}\" hreflang=\"{0}\"", found.page.lang),
        };
        let origin = format!(
            "<span class=\"prov-page\">{} <a href=\"{}\"{lang}>{}</a></span> ",
            escape(self.words.get("cell_from")),
            escape(&found.way(&self.page.url)),
            escape(&found.page.title),
        );
        self.place(&found.shown, &found.source, found.baked.as_deref(), &origin);
    }
}
