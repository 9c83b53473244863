//! Books that were written for other generators: with a `kiln.toml` of two lines every page renders,
//! and every link leads somewhere.

use std::collections::BTreeSet;
use std::path::Path;

use crate::project::{Ran, files, kiln, repository};

/// The site of the book `name`, as its pages by path.
#[track_caller]
fn pages(name: &str) -> std::collections::BTreeMap<String, String> {
    let out = tempfile::tempdir().expect("a folder");
    let mut command = kiln();
    command.args(["build", "--root"]).arg(repository().join("tests/cases/books").join(name));
    command.arg("--out").arg(out.path().join("site"));
    let ran = Ran::from(command.output().expect("kiln starts"));
    assert_eq!(ran.code, Some(0), "{name}: {}\n{}", ran.stdout, ran.stderr);
    let site = files(&out.path().join("site"));
    let every: BTreeSet<&str> = site.keys().map(String::as_str).collect();
    let pages: std::collections::BTreeMap<String, String> = site
        .iter()
        .filter(|(path, _)| path.ends_with(".html"))
        .map(|(path, bytes)| (path.clone(), String::from_utf8(bytes.clone()).expect("pages are text")))
        .collect();
    for (path, html) in pages.iter().filter(|(path, _)| *path != "404.html") {
        for to in addresses(html) {
            assert!(leads_somewhere(path, &to, &every), "{name}/{path} leads to {to}");
        }
    }
    pages
}

/// The addresses in `href` and `src` of `html` that stay in the site.
fn addresses(html: &str) -> Vec<String> {
    let values = html.split("href=\"").skip(1).chain(html.split("src=\"").skip(1));
    let values = values.filter_map(|rest| rest.split('"').next());
    values.filter(|to| !to.contains(':') && !to.starts_with('#')).map(str::to_owned).collect()
}

fn leads_somewhere(from: &str, to: &str, every: &BTreeSet<&str>) -> bool {
    let to = to.split(['#', '?']).next().unwrap_or("");
    let mut parts: Vec<&str> =
        Path::new(from).parent().expect("a folder").iter().filter_map(|p| p.to_str()).collect();
    for part in to.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "" | "." => {}
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    every.contains(path.as_str()) || every.contains(format!("{path}/index.html").trim_start_matches('/'))
}

/// The titles in the navigation of `html`, in order.
fn titles(html: &str) -> Vec<&str> {
    let side = html.split("<ul class=\"parts\">").nth(1).and_then(|rest| rest.split("</nav>").next());
    let links = side.unwrap_or("").split("<a ").skip(1);
    links.filter_map(|link| link.split('>').nth(1)?.split('<').next()).collect()
}

#[test]
fn a_book_of_mdbook_builds() {
    let pages = pages("mdbook");
    let compost = &pages["soil/compost/index.html"];
    assert_eq!(
        titles(compost),
        ["Introduction", "A program", "Glossary", "Soil", "Compost", "Watering", "Seeds", "Sowing"]
    );
    assert!(compost.contains("<li>leaves</li>") && compost.contains("<em>peel</em>"), "{compost}");
    let program = &pages["program/index.html"];
    assert!(program.contains("plan") && !program.contains("ANCHOR"), "{program}");
    assert!(pages["index.html"].contains("href=\"soil/watering/#in-summer\""));
    assert!(pages.keys().all(|path| !path.starts_with("en/")), "the addresses are the book's own");
    for page in ["", "soil/", "soil/compost/", "soil/watering/", "seeds/", "sowing/", "program/", "glossary/"]
    {
        assert!(pages.contains_key(&format!("{page}index.html")), "{page}");
    }
}

#[test]
fn a_site_of_zola_builds() {
    let pages = pages("zola");
    let packing = &pages["guide/packing/index.html"];
    assert!(
        packing.contains("href=\"../map/#legend\"") && packing.contains("href=\"../../log/\""),
        "{packing}"
    );
    assert!(packing.contains("class=\"line hl\""), "{packing}");
    assert!(pages["guide/map/index.html"].contains("width=\"2\" height=\"1\""));
    assert!(pages["index.html"].contains("href=\"guide/packing/\""));
}

#[test]
fn a_site_of_hugo_builds() {
    let pages = pages("hugo");
    assert!(pages["index.html"].contains("href=\"docs/start/\""));
    let start = &pages["docs/start/index.html"];
    assert!(start.matches("href=\"../../posts/first/\"").count() >= 2, "{start}");
    assert!(start.contains("<h1>First steps</h1>") && start.contains("alert-note"), "{start}");
    let bread = &pages["posts/first/index.html"];
    assert!(
        bread.contains("<figure class=\"picture\">") && bread.contains("href=\"../../docs/\""),
        "{bread}"
    );
    let salt = &pages["docs/salt/index.html"];
    assert!(salt.contains("Then a little more.") && salt.contains("href=\"../start/\""), "{salt}");
    assert!(salt.contains("{{&lt; youtube id &gt;}}") && salt.contains("class=\"line hl\""), "{salt}");
}
