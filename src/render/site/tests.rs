//! Files of a whole site.

use crate::render::tests::{Built, Site, build};

const CONFIG: &str = "title = \"Site\"\ndescription = \"All & more.\"\nbase-url = \"https://a.example/sub/\"\n\
languages = [{ tag = \"en\", name = \"English\" }, { tag = \"zh\", name = \"中文\" }]\n[lint]\nlock-step = \"off\"\nmissing-translation = \"off\"\n";

const PAGES: &[(&str, &str)] = &[
    ("_index.en.md", "+++\ntitle = \"Home\"\n+++\nWelcome.\n"),
    ("_index.zh.md", "+++\ntitle = \"首页\"\n+++\n你好。\n"),
    (
        "a.en.md",
        "+++\ntitle = \"A <b>\"\ndescription = \"First & last.\"\nupdated = 2026-11-25\naliases = [\"old/a\"]\n+++\n## Part\n\nText.\n",
    ),
    ("a.zh.md", "+++\ntitle = \"甲\"\nupdated = \"2026-11-20\"\n+++\n注意力。\n"),
    ("图.zh.md", "+++\ntitle = \"图\"\n+++\n图。\n"),
];

fn site(config: &str) -> Built {
    let built = build(&Site { config, pages: PAGES, ..Site::default() });
    assert_eq!(built.faults, Vec::<String>::new());
    built
}

#[test]
fn a_published_site_has_a_sitemap_and_feeds() {
    let built = site(CONFIG);
    insta::assert_snapshot!("sitemap", built.page("sitemap.xml"));
    insta::assert_snapshot!("feed", built.page("en/atom.xml"));
    assert_eq!(
        built.page("robots.txt"),
        "User-agent: *\nAllow: /\n\nSitemap: https://a.example/sub/sitemap.xml\n"
    );
    let page = built.page("en/a/index.html");
    assert!(page.contains("<link rel=\"alternate\" type=\"application/atom+xml\""), "{page}");
    assert!(page.contains("\"@type\":\"TechArticle\"") && page.contains("A \\u003cb\\u003e"), "{page}");
}

#[test]
fn language_models_get_a_list_and_copies() {
    let built = site(CONFIG);
    insta::assert_snapshot!("llms", built.page("llms.txt"));
    assert!(built.page("en/a/index.md").starts_with("# A <b>\n\n> First & last.\n\n## Part {#part}\n"));
}

#[test]
fn without_an_address_nothing_needs_one() {
    let built = site(
        "languages = [{ tag = \"en\", name = \"English\" }, { tag = \"zh\", name = \"中文\" }]\n[lint]\nlock-step = \"off\"\nmissing-translation = \"off\"\n",
    );
    assert!(!built.files.contains_key("sitemap.xml") && !built.files.contains_key("en/atom.xml"));
    assert_eq!(built.page("robots.txt"), "User-agent: *\nAllow: /\n");
    assert!(built.page("llms.txt").contains("(zh/a/index.md)"));
}

#[test]
fn old_addresses_lead_to_the_new_ones() {
    let built = site(CONFIG);
    let old = built.page("en/old/a/index.html");
    assert!(old.contains("content=\"0; url=../../a/\""), "{old}");
    assert!(old.contains("<a href=\"../../a/\">A &lt;b&gt;</a>"), "{old}");
    let wrong = build(&Site {
        pages: &[("a.en.md", "+++\ntitle = \"A\"\naliases = [\"../../x\"]\n+++\n")],
        ..Site::default()
    });
    assert_eq!(wrong.faults.len(), 1, "{:?}", wrong.faults);
    assert!(
        wrong.faults[0].starts_with("content/a.en.md:3:13 `../../x` cannot be an address"),
        "{:?}",
        wrong.faults
    );
}

#[test]
fn a_part_can_be_printed_as_a_whole() {
    let config = CONFIG.replace("languages", "print = true\nlanguages");
    let part = "+++\ntitle = \"Part\"\n+++\n";
    let chapter = "+++\ntitle = \"One\"\n+++\n## Head {#head}\n\nTo [two](b.en.md#head), to [here](#head).\n";
    let pages =
        [("p/_index.en.md", part), ("p/a.en.md", chapter), ("p/b.en.md", &chapter.replace("b.en", "a.en"))];
    let built = build(&Site { config: &config, pages: &pages, ..Site::default() });
    assert_eq!(built.faults, Vec::<String>::new());
    let page = built.page("en/p/print/index.html");
    for text in [
        "<h2 id=\"c1\">One</h2>",
        "<h3 id=\"c2-head\">",
        "<a href=\"../b/#head\">two</a>",
        "name=\"robots\" content=\"noindex\"",
    ] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert!(built.page("en/p/index.html").contains("href=\"print/\""));
    assert!(!built.page("sitemap.xml").contains("/print/"));
}
