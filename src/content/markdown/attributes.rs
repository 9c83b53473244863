//! Attributes as Pandoc and Quarto write them: `{.class #id key="value"}`.

use std::ops::Range;

/// One attribute, and where it stands in the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) kind: Kind,
    pub(super) place: Range<usize>,
}

/// What an attribute says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `.name`
    Class(String),
    /// `#name`
    Id(String),
    /// `key=value`
    Pair(String, String),
    /// A word, or a text in quotation marks.
    Word(String),
}

/// The attributes in `text`, which stands between the braces.
///
/// # Errors
/// The place of a quotation mark that is never closed.
pub(super) fn parse(text: &str) -> Result<Vec<Attribute>, Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(skip) = text[at..].find(|c: char| !c.is_whitespace() && c != ',') {
        let start = at + skip;
        let end = end_of(text, start)?;
        at = end;
        found.push(Attribute { kind: kind(&text[start..end]), place: start..end });
    }
    Ok(found)
}

/// Where the attribute that starts at `start` ends: at white space outside of quotation marks.
fn end_of(text: &str, start: usize) -> Result<usize, Range<usize>> {
    let mut quote: Option<(char, usize)> = None;
    let mut escaped = false;
    for (offset, c) in text[start..].char_indices() {
        match quote {
            Some(_) if std::mem::take(&mut escaped) => {}
            Some(_) if c == '\\' => escaped = true,
            Some((mark, _)) if c == mark => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some((c, start + offset)),
            None if c.is_whitespace() => return Ok(start + offset),
            None => {}
        }
    }
    match quote {
        Some((_, at)) => Err(at..text.len()),
        None => Ok(text.len()),
    }
}

fn kind(text: &str) -> Kind {
    // `../part.md` is no class.
    if let Some(class) = text.strip_prefix('.').filter(|name| !name.starts_with(['.', '/'])) {
        return Kind::Class(class.to_owned());
    }
    if let Some(id) = text.strip_prefix('#') {
        return Kind::Id(id.to_owned());
    }
    match text.split_once('=') {
        Some((key, value)) if !key.starts_with(['"', '\'']) => Kind::Pair(key.to_owned(), bare(value)),
        _ => Kind::Word(bare(text)),
    }
}

/// `text` without the quotation marks around it, and without the backslashes before those inside.
fn bare(text: &str) -> String {
    let inner = |mark: char| {
        let inner = text.strip_prefix(mark)?.strip_suffix(mark)?;
        Some(inner.replace(&format!("\\{mark}"), mark.encode_utf8(&mut [0; 4])))
    };
    inner('"').or_else(|| inner('\'')).unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read() {
        let read =
            |text: &str| parse(text).map(|found| found.into_iter().map(|a| a.kind).collect::<Vec<_>>());
        let pair = |key: &str, value: &str| Kind::Pair(key.into(), value.into());
        assert_eq!(
            read(" .a #b c=d e=\"f g\" h='i' \"j k\" l").expect("read"),
            [
                Kind::Class("a".into()),
                Kind::Id("b".into()),
                pair("c", "d"),
                pair("e", "f g"),
                pair("h", "i"),
                Kind::Word("j k".into()),
                Kind::Word("l".into()),
            ]
        );
        assert_eq!(read(r#"a="b \"c\" d""#).expect("read"), [pair("a", "b \"c\" d")]);
        assert_eq!(read(r"a='it\'s' b").expect("read"), [pair("a", "it's"), Kind::Word("b".into())]);
        assert_eq!(read("../x").expect("read"), [Kind::Word("../x".into())]);
        assert_eq!(read("a=\"b"), Err(2..4));
        assert_eq!(read(""), Ok(Vec::new()));
    }
}
