//! One spelling for what has many: front matter and the options of cells. Prose and code are the author's.

use super::page::Page;

/// `text`, the text of `page`, with its front matter and its cells' options in their usual form: one space
/// around `=` and after `:`, options in the order of the manual, no blank lines among them.
pub fn tidy(text: &str, page: &Page) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for cell in &page.cells {
        let fence = cell.span.range();
        let Some((head, body)) = head(text, fence.clone()) else { continue };
        out.push_str(&text[at..head]);
        out.push_str(&options(&text[head..body]));
        at = body;
    }
    out.push_str(&text[at..]);
    front(&out)
}

/// The bytes of the option lines of a fence: from the line after the info string up to the code.
fn head(text: &str, fence: std::ops::Range<usize>) -> Option<(usize, usize)> {
    let start = fence.start + text[fence.clone()].find('\n')? + 1;
    let (mut at, mut end) = (start, start);
    for line in text[start..fence.end].split_inclusive('\n') {
        at += line.len();
        let bare = line.trim_start_matches([' ', '\t', '>']).trim_end();
        if bare.starts_with("#|") {
            end = at;
        } else if !bare.is_empty() {
            break;
        }
    }
    (end > start).then_some((start, end))
}

/// Option lines in order, each with what stands before it in its line; as they stand where one of them is no
/// option: it may belong to the one above it.
fn options(lines: &str) -> String {
    let order = |key: &str| crate::snippet::fence::OPTIONS.iter().position(|known| *known == key);
    let mut options: Vec<(Option<usize>, String)> = Vec::new();
    for line in lines.lines() {
        let Some((before, option)) = line.split_once("#|") else { continue };
        options.push(match option.split_once(':') {
            Some((key, value)) => {
                let (key, value) = (key.trim(), value.trim());
                (order(key), format!("{before}#| {key}: {value}").trim_end().to_owned())
            }
            None if option.trim().is_empty() => (None, format!("{before}#|")),
            None => return lines.to_owned(),
        });
    }
    // What is no option of Kiln's stays below those that are.
    options.sort_by_key(|(place, _)| place.unwrap_or(usize::MAX));
    options.iter().map(|(_, line)| format!("{line}{}", ending(lines))).collect()
}

/// How the first line of `text` ends.
fn ending(text: &str) -> &'static str {
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    if first.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// The text with its front matter in order; as it stands where its meaning would change.
fn front(text: &str) -> String {
    in_order(text).unwrap_or_else(|| text.to_owned())
}

fn in_order(text: &str) -> Option<String> {
    // Some editors put a mark before the text that says that it is UTF-8.
    let page = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mark, end) = (&text[..text.len() - page.len()], ending(page));
    let fence = format!("+++{end}");
    let (inside, rest) = page.strip_prefix(&fence)?.split_once(&format!("{end}{fence}"))?;
    let lines: Vec<String> = inside.lines().map(key).collect();
    let is_full = |line: &String| !line.is_empty();
    let (first, last) = (lines.iter().position(is_full)?, lines.iter().rposition(is_full)?);
    let tidy: String = lines[first..=last].iter().map(|line| format!("{line}{end}")).collect();
    let read = |text: &str| toml::from_str::<toml::Table>(text).ok();
    let same = read(&format!("{inside}{end}"))? == read(&tidy)?;
    same.then(|| format!("{mark}{fence}{tidy}{fence}{rest}"))
}

/// `key=value` as `key = value`.
fn key(line: &str) -> String {
    let line = line.trim_end();
    let bare =
        |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match line.split_once('=') {
        Some((name, value)) if bare(name.trim()) => format!("{} = {}", name.trim(), value.trim_start()),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::Lang;
    use super::*;
    use crate::diag::Sources;

    fn tidied(text: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("content/a.en.md", text);
        let page = super::super::parse_page(
            file,
            &Lang("en".into()),
            String::new(),
            &super::super::Setting::default(),
            &sources,
        )
        .value;
        tidy(text, &page)
    }

    #[track_caller]
    fn check(before: &str, after: &str) {
        assert_eq!(tidied(before), after);
        assert_eq!(tidied(after), after, "twice changes nothing");
    }

    #[test]
    fn front_matter_gets_its_spaces_and_keeps_its_meaning() {
        check(
            "+++\n\ntitle=\"A\"\nweight   =  2 # low\n\n+++\nText  here.\n",
            "+++\ntitle = \"A\"\nweight = 2 # low\n+++\nText  here.\n",
        );
        let text = "+++\ntitle = \"\"\"\na=b\"\"\"\n+++\n";
        check(text, text);
        check("No front matter: a=b\n", "No front matter: a=b\n");
    }

    #[test]
    fn options_get_their_order_and_code_is_not_touched() {
        check(
            "```python run\n#|echo:   false\n\n#| label:a\n\nx=1\n#|not an option\n```\n",
            "```python run\n#| label: a\n#| echo: false\n\nx=1\n#|not an option\n```\n",
        );
        check("> ```python run\n> #|label: a\n> x\n> ```\n", "> ```python run\n> #| label: a\n> x\n> ```\n");
        check("```python\n#|label:a\n```\n", "```python\n#|label:a\n```\n");
    }

    #[test]
    fn lines_end_as_they_did() {
        check(
            "\u{feff}+++\r\n\r\ntitle=\"A\"\r\n# why\r\nweight=1\r\n+++\r\n\r\n```python run\r\n#|echo: false\r\n#|label:a\r\nx\r\n```\r\n",
            "\u{feff}+++\r\ntitle = \"A\"\r\n# why\r\nweight = 1\r\n+++\r\n\r\n```python run\r\n#| label: a\r\n#| echo: false\r\nx\r\n```\r\n",
        );
    }

    #[test]
    fn options_with_a_line_that_is_none_are_left_alone() {
        let text = "```python run\n#| fig-alt: A curve\n#|   that falls\n#|label: a\nx\n```\n";
        check(text, text);
    }
}
