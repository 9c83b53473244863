//! The authors of a work as a style names them: at the head of an entry, and in a citation.

use crate::config::CitationStyle;
use crate::content::html::escape;

/// Given name and family name of a person; of an institution, the family name only.
type Person = (String, String);

/// How one name is written.
#[derive(Clone, Copy)]
enum Form {
    /// `Vaswani, A.`
    Inverted,
    /// `A. Vaswani`
    Initials,
    /// `Vaswani, Ashish`
    FullInverted,
    /// `Ashish Vaswani`
    Full,
    /// `VASWANI A`
    Capitals,
    /// `Vaswani A`
    Bare,
}

/// How a list of names is written.
struct Rule {
    /// More names than this are cut...
    most: usize,
    /// ...to this many.
    keep: usize,
    first: Form,
    rest: Form,
    /// Before the last of two names, and of more.
    last: [&'static str; 2],
    /// What stands for those that are cut.
    others: &'static str,
}

fn rule(style: CitationStyle) -> Rule {
    use CitationStyle::{Apa, ChicagoAuthorDate, Gb7714, HarvardCiteThemRight, Ieee, Mla, Nature, Vancouver};
    let rule = |most, keep, form, last, others| Rule { most, keep, first: form, rest: form, last, others };
    let italic = " <i>et al.</i>";
    match style {
        // Kiln's own styles write their lists themselves.
        CitationStyle::AuthorDate | CitationStyle::Numeric | Apa => {
            rule(20, 19, Form::Inverted, [", &amp; ", ", &amp; "], ", et al.")
        }
        Ieee => rule(6, 1, Form::Initials, [" and ", ", and "], " et al."),
        ChicagoAuthorDate => {
            Rule { rest: Form::Full, ..rule(10, 7, Form::FullInverted, [", and ", ", and "], ", et al.") }
        }
        Mla => Rule { rest: Form::Full, ..rule(2, 1, Form::FullInverted, [", and ", ", and "], ", et al.") },
        Gb7714 => rule(3, 3, Form::Capitals, [", ", ", "], ", et al"),
        HarvardCiteThemRight => rule(3, 1, Form::Inverted, [" and ", " and "], italic),
        Vancouver => rule(6, 6, Form::Bare, [", ", ", "], ", et al"),
        Nature => rule(5, 1, Form::Inverted, [" &amp; ", " &amp; "], italic),
    }
}

/// The authors at the head of an entry, as HTML; `more` are not named.
pub(super) fn listed(style: CitationStyle, named: &[Person], more: bool) -> String {
    let rule = rule(style);
    let cut = named.len() > rule.most;
    let shown = if cut { &named[..rule.keep] } else { named };
    let mut html = String::new();
    for (at, person) in shown.iter().enumerate() {
        let last = at + 1 == named.len() && !more;
        html.push_str(match (at, last, named.len()) {
            (0, ..) => "",
            (_, true, 2) => rule.last[0],
            (_, true, _) => rule.last[1],
            (_, false, _) => ", ",
        });
        html.push_str(&escape(&one(person, if at == 0 { rule.first } else { rule.rest })));
    }
    if (cut || more) && !html.is_empty() {
        // Chinese works have Chinese words in the national standard's style.
        let chinese = shown.iter().any(|(given, family)| is_han(given) || is_han(family));
        html.push_str(if matches!(style, CitationStyle::Gb7714) && chinese { ", 等" } else { rule.others });
    }
    html
}

/// The authors in a citation, as HTML.
pub(super) fn cited(style: CitationStyle, named: &[Person], more: bool) -> String {
    let (most, and) = match style {
        CitationStyle::ChicagoAuthorDate | CitationStyle::HarvardCiteThemRight => (3, "and"),
        CitationStyle::Mla => (2, "and"),
        _ => (2, "&amp;"),
    };
    let family = |at: usize| escape(&named[at].1);
    let others = match style {
        CitationStyle::HarvardCiteThemRight => " <i>et al.</i>",
        _ => " et al.",
    };
    match named.len() {
        0 => String::new(),
        _ if more || named.len() > most => family(0) + others,
        1 => family(0),
        2 => format!("{} {and} {}", family(0), family(1)),
        count => {
            let first: Vec<String> = (0..count - 1).map(family).collect();
            let comma = if matches!(style, CitationStyle::ChicagoAuthorDate) { "," } else { "" };
            format!("{}{comma} {and} {}", first.join(", "), family(count - 1))
        }
    }
}

fn one((given, family): &Person, form: Form) -> String {
    if given.is_empty() {
        return family.clone();
    }
    // Chinese names are short, and the family name stands first.
    if is_han(given) || is_han(family) {
        return format!("{family}{given}");
    }
    match form {
        Form::Inverted => format!("{family}, {}", initials(given, ". ", ".")),
        Form::Initials => format!("{} {family}", initials(given, ". ", ".")),
        Form::FullInverted => format!("{family}, {given}"),
        Form::Full => format!("{given} {family}"),
        Form::Capitals => format!("{} {}", family.to_uppercase(), initials(given, " ", "")),
        Form::Bare => format!("{family} {}", initials(given, "", "")),
    }
}

/// The first letters of `given`, with `between` them and `after` the last: `A. B.`; double names keep their hyphen.
fn initials(given: &str, between: &str, after: &str) -> String {
    let of_word = |word: &str| -> String {
        let letters = word.split('-').filter_map(|part| part.chars().next());
        let letters: Vec<String> = letters.map(String::from).collect();
        letters.join(if after.is_empty() { "-" } else { ".-" })
    };
    let words: Vec<String> = given.split_whitespace().map(of_word).collect();
    words.join(between) + after
}

fn is_han(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(names: &[&str]) -> Vec<Person> {
        let split = |name: &&str| match name.rsplit_once(' ') {
            Some((given, family)) => (given.to_owned(), family.to_owned()),
            None => (String::new(), (*name).to_owned()),
        };
        names.iter().map(split).collect()
    }

    #[test]
    fn names_are_written_as_each_style_asks() {
        let two = people(&["Yann A. LeCun", "Jean-Pierre Serre"]);
        let of = |style| listed(style, &two, false);
        assert_eq!(of(CitationStyle::Apa), "LeCun, Y. A., &amp; Serre, J.-P.");
        assert_eq!(of(CitationStyle::Ieee), "Y. A. LeCun and J.-P. Serre");
        assert_eq!(of(CitationStyle::ChicagoAuthorDate), "LeCun, Yann A., and Jean-Pierre Serre");
        assert_eq!(of(CitationStyle::Gb7714), "LECUN Y A, SERRE J-P");
        assert_eq!(of(CitationStyle::Vancouver), "LeCun YA, Serre J-P");
        assert_eq!(of(CitationStyle::Nature), "LeCun, Y. A. &amp; Serre, J.-P.");
        assert_eq!(listed(CitationStyle::Apa, &people(&["OpenAI"]), false), "OpenAI");
    }

    #[test]
    fn long_lists_are_cut() {
        let four = people(&["A One", "B Two", "C Three", "D Four"]);
        assert_eq!(listed(CitationStyle::Gb7714, &four, false), "ONE A, TWO B, THREE C, et al");
        assert_eq!(listed(CitationStyle::HarvardCiteThemRight, &four, false), "One, A. <i>et al.</i>");
        assert_eq!(listed(CitationStyle::Ieee, &four[..2], true), "A. One, B. Two et al.");
        let chinese = vec![("三".to_owned(), "张".to_owned())];
        assert_eq!(listed(CitationStyle::Gb7714, &chinese, true), "张三, 等");
    }

    #[test]
    fn citations_name_the_first() {
        let three = people(&["A One", "B Two", "C Three"]);
        let of = |style, count| cited(style, &three[..count], false);
        assert_eq!(of(CitationStyle::Apa, 2), "One &amp; Two");
        assert_eq!(of(CitationStyle::Apa, 3), "One et al.");
        assert_eq!(of(CitationStyle::ChicagoAuthorDate, 3), "One, Two, and Three");
        assert_eq!(of(CitationStyle::HarvardCiteThemRight, 3), "One, Two and Three");
        assert_eq!(of(CitationStyle::Mla, 3), "One et al.");
    }
}
