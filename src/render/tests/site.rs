//! What a site says beyond its chapters: tags, translations that lag behind, days, numbered works.

use super::*;

const CONFIG: &str = "title = \"Site\"\nlanguages = [{ tag = \"en\", name = \"English\" }, { tag = \"zh\", name = \"中文\" }]\n[lint]\nlock-step = \"off\"\nmissing-translation = \"off\"\n";

#[test]
fn every_tag_has_a_page_and_all_have_one() {
    let built = build(&Site {
        pages: &[
            ("_index.en.md", "# Home"),
            ("_index.zh.md", "# 首页"),
            (
                "a.en.md",
                "+++\ntitle = \"A\"\ndescription = \"The first.\"\ntags = [\"Deep learning\", \"text\"]\n+++\n",
            ),
            ("b.en.md", "+++\ntitle = \"B\"\ntags = [\"text\", \"text\", \" \"]\n+++\n"),
            ("b.zh.md", "+++\ntitle = \"乙\"\ntags = [\"文本\"]\n+++\n"),
        ],
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    let all = built.page("en/tags/index.html");
    assert!(all.contains("href=\"deep-learning/\"") && all.contains("<span>A · B</span>"), "{all}");
    let one = built.page("en/tags/text/index.html");
    for part in
        ["<h1>text</h1>", "href=\"../../a/\"><strong>A</strong><span>The first.</span>", "href=\"../../b/\""]
    {
        assert!(one.contains(part), "no {part} in {one}");
    }
    assert_eq!(one.matches("class=\"card\"").count(), 2, "{one}");
    assert!(built.page("en/a/index.html").contains("<a href=\"../tags/deep-learning/\">Deep learning</a>"));
    assert!(built.page("zh/tags/index.html").contains("href=\"文本/\""));
    assert!(
        built.page("en/tags/index.html").contains("href=\"../../zh/tags/\""),
        "the other language's list"
    );
}

#[test]
fn a_site_without_tags_has_no_page_of_them() {
    let built = build(&Site { pages: &[("_index.en.md", "# Home"), ("a.en.md", "# A")], ..Site::default() });
    assert!(!built.files.keys().any(|path| path.contains("tags")), "{:?}", built.files.keys());
}

#[test]
fn a_translation_says_when_its_original_has_changed() {
    let site = |stamp: &str, original: &str| {
        build(&Site {
            config: CONFIG,
            pages: &[
                ("_index.en.md", "# Home"),
                ("_index.zh.md", "# 首页"),
                ("a.en.md", original),
                ("a.zh.md", &format!("+++\ntitle = \"甲\"\noriginal = \"{stamp}\"\n+++\n")),
            ],
            ..Site::default()
        })
    };
    let first = site("", "# A\n\nWords.\n");
    let told = &first.faults[0];
    assert!(
        told.starts_with("content/a.zh.md:1:1 the page in `en` has changed since this one was translated"),
        "{told}"
    );
    let stamp = told.split("original = \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a stamp");
    // Front matter and blanks at line ends are no change.
    for same in ["# A\n\nWords.\n", "+++\nweight = 3\n+++\n# A \nWords.  \r\n"] {
        let built = site(stamp, same);
        assert_eq!(built.faults, Vec::<String>::new());
        assert!(!built.page("zh/a/index.html").contains("class=\"outdated\""));
    }
    let changed = site(stamp, "# A\n\nOther words.\n");
    assert_eq!(changed.faults.len(), 1);
    let page = changed.page("zh/a/index.html");
    assert!(
        page.contains("<p class=\"outdated\">") && page.contains("<a href=\"../../en/a/\">阅读原文</a>"),
        "{page}"
    );
}

#[test]
fn days_are_written_in_the_words_of_the_language() {
    let built = build(&Site {
        pages: &[
            ("_index.en.md", "# Home"),
            ("_index.zh.md", "# 首页"),
            ("a.en.md", "+++\ntitle = \"A\"\nupdated = 2026-03-05\n+++\n"),
            ("a.zh.md", "+++\ntitle = \"甲\"\nupdated = 2026-03-05\n+++\n"),
        ],
        ..Site::default()
    });
    assert!(built.page("en/a/index.html").contains("<time datetime=\"2026-03-05\">5 March 2026</time>"));
    assert!(built.page("zh/a/index.html").contains("<time datetime=\"2026-03-05\">2026年3月5日</time>"));
}

#[test]
fn works_are_numbered_where_the_settings_say_so() {
    let bibliography = "@misc{v, author = {Vaswani, A}, title = {{V}}, year = {2017}}\n@misc{b, author = {Bahdanau, D}, title = {{B}}, year = {2014}}";
    let built = build(&Site {
        config: &format!("citation-style = \"numeric\"\n{CONFIG}"),
        pages: &[("_index.en.md", "# Home"), ("a.en.md", "# A\n\nBy [@v], then [@b; @v].\n")],
        bibliography,
        ..Site::default()
    });
    assert_eq!(built.faults, Vec::<String>::new());
    let page = built.page("en/a/index.html");
    assert_eq!((page.matches(">1</a>").count(), page.matches(">2</a>").count()), (2, 1), "{page}");
    assert!(
        page.find("id=\"ref-v\"").expect("listed") < page.find("id=\"ref-b\"").expect("listed"),
        "{page}"
    );
}

#[test]
fn the_policy_holds_the_digest_of_the_one_inline_script() {
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let built = build(&Site {
        config: &format!("base-url = \"https://a.example\"\n{CONFIG}"),
        pages: &[("_index.en.md", "# Home")],
        ..Site::default()
    });
    let page = built.page("en/index.html");
    let script =
        page.split("<script>").nth(1).and_then(|rest| rest.split("</script>").next()).expect("a script");
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
    assert!(page.contains(&format!("script-src 'self' 'sha256-{digest}';")), "{digest}");
    assert_eq!(page.matches("<script>").count(), 1);
}
