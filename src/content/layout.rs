//! Where a project has its pages: in Kiln's own way, or in that of another generator.

use schemars::JsonSchema;
use serde::Deserialize;

/// How a project is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `content/PART/SLUG/SLUG.LANG.md`, and nothing that Kiln does not know.
    #[default]
    Kiln,
    /// mdBook: `src/SUMMARY.md` says which pages there are, in which order.
    Mdbook,
    /// Zola: `content/`, front matter between `+++`, links `@/page.md`.
    Zola,
    /// Hugo: `content/`, front matter in YAML or TOML with any keys, links `{{< relref "page.md" >}}`.
    Hugo,
}

/// The keys of Zola's front matter that mean nothing here.
const ZOLA: [&str; 24] = [
    "aliases",
    "authors",
    "date",
    "extra",
    "generate_feed",
    "generate_feeds",
    "in_search_index",
    "insert_anchor_links",
    "page_template",
    "paginate_by",
    "paginate_path",
    "paginate_reversed",
    "path",
    "redirect_to",
    "render",
    "slug",
    "sort_by",
    "tags",
    "taxonomies",
    "template",
    "transparent",
    "updated",
    "id",
    "include_in_sitemap",
];

impl Layout {
    /// The folder with the pages.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Mdbook => "src",
            Self::Kiln | Self::Zola | Self::Hugo => "content",
        }
    }

    /// Whether front matter may have `key` although Kiln has no use for it.
    pub fn passes_over(self, key: &str) -> bool {
        match self {
            Self::Kiln => false,
            Self::Zola => ZOLA.contains(&key),
            // Hugo hands every key to its templates.
            Self::Mdbook | Self::Hugo => true,
        }
    }

    /// Whether what was written for another generator is met half-way: addresses in the place of
    /// files, anchors that are made in another way.
    pub fn is_foreign(self) -> bool {
        self != Self::Kiln
    }
}
