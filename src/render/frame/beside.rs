//! What belongs to a page without standing in it: its card, its models, where its source can be edited.

use crate::content::page::{Chapter, Page};
use crate::render::context::UsedContext;
use crate::render::{Input, address, card};
use crate::write::OutFile;

/// The card of `page`, in its folder, where it has a figure to show.
pub(super) fn card(input: &Input<'_>, chapter: Option<&Chapter>, page: &Page) -> Option<OutFile> {
    let bakes = chapter.and_then(|chapter| input.bakes.get(&chapter.path));
    let cells = page.cells.iter().filter(|cell| cell.options.output && cell.options.include);
    let baked = cells.filter_map(|cell| bakes?.get(&cell.options.label));
    let bytes = card::page(baked.flat_map(|baked| &baked.bake.outputs))?;
    Some(OutFile { path: format!("{}card.png", page.url), bytes })
}

/// Where the source of `page` can be edited; empty where the settings do not say.
pub(super) fn edit(input: &Input<'_>, page: Option<&Page>) -> String {
    let (Some(page), Some(pattern)) = (page, &input.config.edit_url) else { return String::new() };
    let path = input.sources.path(page.file).to_string_lossy().replace('\\', "/");
    pattern.replace("{path}", &address::encode(&path))
}

/// The models that the cells of `page` ran on, in order of first use.
pub(super) fn used<'a>(
    input: &Input<'a>,
    chapter: Option<&Chapter>,
    page: Option<&Page>,
    models_url: &str,
) -> Vec<UsedContext<'a>> {
    let bakes = chapter.and_then(|chapter| input.bakes.get(&chapter.path));
    let (Some(bakes), Some(page)) = (bakes, page) else { return Vec::new() };
    let mut used: Vec<UsedContext<'a>> = Vec::new();
    let cells = page.cells.iter().filter_map(|cell| bakes.get(&cell.options.label));
    for model in cells.flat_map(|baked| &baked.bake.provenance.models) {
        if used.iter().any(|known| known.id == model.id) {
            continue;
        }
        let card = input.models.iter().find(|card| card.id == model.id);
        let title = card.and_then(|card| card.titles.get(&page.lang)).unwrap_or(&model.id);
        let known = card.is_some() && !models_url.is_empty();
        let url = if known {
            format!("{models_url}#{}", crate::render::models::anchor(&model.id))
        } else {
            String::new()
        };
        used.push(UsedContext { id: &model.id, title, digest: &model.sha256, url });
    }
    used
}
