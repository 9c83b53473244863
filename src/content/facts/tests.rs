//! Facts, read and shown.

use super::*;
use crate::diag::Sources;

fn read(text: &str) -> (Facts, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("facts.toml", text);
    let parsed = Facts::parse(text, file, &[Lang("en".into()), Lang("zh".into())]);
    let told = |d: &Diagnostic| {
        let (line, column) = sources.line_column(file, d.span.expect("a place").start as usize);
        format!("{line}:{column} {}", d.message)
    };
    let faults = parsed.diagnostics.iter().map(told).collect();
    (parsed.value, faults)
}

/// An entry with this value, which has no faults.
#[track_caller]
fn fact(value: &str) -> Fact {
    let (facts, faults) = read(&format!(
        "[[fact]]\nkey = \"a.b\"\n{value}\nwhat = {{ en = \"A\", zh = \"甲\" }}\nsource = \"s\"\n"
    ));
    assert_eq!(faults, Vec::<String>::new());
    facts.get("a.b").expect("a fact").clone()
}

#[track_caller]
fn shows(value: &str, form: Form, en: &str, zh: &str) {
    let fact = fact(value);
    let text =
        |lang: &str| fact.shown(form, &Lang(lang.into())).replace('\u{a0}', " ").replace('\u{202f}', "'");
    assert_eq!((text("en").as_str(), text("zh").as_str()), (en, zh), "{value} {form:?}");
}

#[test]
fn numbers_are_written_as_a_language_writes_them() {
    for (value, form, en, zh) in [
        ("number = 175_000_000_000", Form::Plain, "175 billion", "1750 亿"),
        ("number = 340_000_000", Form::Plain, "340 million", "3.4 亿"),
        ("number = 1_400_000_000_000", Form::Plain, "1.4 trillion", "1.4 万亿"),
        ("number = 60_000", Form::Plain, "60'000", "6 万"),
        ("number = 131_072", Form::Plain, "131'072", "131'072"),
        ("number = 2048", Form::Plain, "2048", "2048"),
        ("number = 0", Form::Plain, "0", "0"),
        ("number = -12_500_000", Form::Plain, "−12.5 million", "−1250 万"),
        ("number = 124_439_808", Form::Plain, "124'439'808", "124'439'808"),
        ("number = 124_439_808", Form::Rounded, "124 million", "1.24 亿"),
        ("number = 999_600_000", Form::Rounded, "1 billion", "10 亿"),
        ("number = 340_000_000", Form::Digits, "340'000'000", "340'000'000"),
        ("number = 0.1", Form::Plain, "0.1", "0.1"),
        ("number = 15\nunit = \"%\"", Form::Plain, "15 %", "15 %"),
        ("number = 15\nunit = \"%\"", Form::Bare, "15", "15"),
        ("number = 30_000\nunit = { en = \"words\", zh = \"词\" }", Form::Plain, "30'000 words", "3 万词"),
        ("number = 6\nunit = { zh = \"层\" }", Form::Plain, "6", "6 层"),
    ] {
        shows(value, form, en, zh);
    }
}

#[test]
fn dates_names_and_texts_are_written_as_a_language_writes_them() {
    shows("date = 1955-08-31", Form::Plain, "31 August 1955", "1955 年 8 月 31 日");
    shows("date = 1955-08-31", Form::Year, "1955", "1955");
    shows("date = 1955-08-31", Form::Month, "August 1955", "1955 年 8 月");
    shows("date = \"2022-09\"", Form::Plain, "September 2022", "2022 年 9 月");
    shows("date = 1997", Form::Plain, "1997", "1997 年");
    let names = "names = [\"Ada Lovelace\", \"Alan Turing\", \"Grace Hopper\"]";
    let (en, zh) =
        ("Ada Lovelace, Alan Turing and Grace Hopper", "Ada Lovelace、Alan Turing 和 Grace Hopper");
    shows(names, Form::Plain, en, zh);
    shows(names, Form::Family, "Lovelace, Turing and Hopper", "Lovelace、Turing 和 Hopper");
    let names =
        "names = { en = [\"Alan Turing\", \"John McCarthy\"], zh = [\"艾伦·图灵\", \"约翰·麦卡锡\"] }";
    shows(names, Form::Family, "Turing and McCarthy", "图灵和麦卡锡");
    shows("names = [\"OpenAI\"]", Form::Plain, "OpenAI", "OpenAI");
    shows("text = { en = \"one\", zh = \"一\" }", Form::Plain, "one", "一");
    shows("text = \"Apache-2.0\"", Form::Plain, "Apache-2.0", "Apache-2.0");
}

#[test]
fn forms_belong_to_kinds_of_values() {
    let names = |value: &str| Form::names_for(&fact(value).value).collect::<Vec<_>>();
    assert_eq!(names("number = 1"), ["digits", "rounded", "bare"]);
    assert_eq!(names("date = 1997"), ["year", "month"]);
    assert_eq!(names("names = [\"A B\"]"), ["family"]);
    assert!(Form::named("year").is_some_and(|form| !form.fits(&fact("number = 1").value)));
    assert_eq!(Form::named("yaer"), None);
}

#[test]
fn faults_have_a_place() {
    const GOOD: &str =
        "[[fact]]\nkey = \"a.b\"\nnumber = 1\nwhat = { en = \"A\", zh = \"甲\" }\nsource = \"s\"\n\n";
    let faults = |text: &str| read(&(GOOD.to_owned() + text)).1;
    let rest = "what = { en = \"A\", zh = \"甲\" }\nsource = \"s\"\n";
    assert_eq!(
        faults(&format!("[[fact]]\nkey = \"a.b\"\nnumber = 1\n{rest}")),
        ["8:7 there are two facts `a.b`"]
    );
    assert_eq!(
        faults(&format!("[[fact]]\nkey = \"c\"\n{rest}")),
        ["8:7 the fact `c` has no value, or more than one"]
    );
    assert_eq!(
        faults(&format!("[[fact]]\nkey = \"c\"\nnumber = 1\ndate = 1997\n{rest}")),
        ["8:7 the fact `c` has no value, or more than one"]
    );
    assert_eq!(
        faults(&format!("[[fact]]\nkey = \"c\"\ntext = {{ en = \"x\" }}\n{rest}")),
        ["8:7 the fact `c` has no value in `zh`"]
    );
    assert_eq!(
        faults("[[fact]]\nkey = \"c\"\nnumber = 1\nwhat = { en = \"x\" }\nsource = \"s\"\n"),
        ["8:7 the fact `c` does not say `what` it is in `zh`"]
    );
    assert_eq!(
        faults(&format!("[[fact]]\nkey = \"c\"\ndate = 1997\nunit = \"%\"\n{rest}")),
        ["8:7 the fact `c` has a unit and no number"]
    );
    assert_eq!(
        faults(&format!("[[fact]]\nkey = \"c d\"\nnumber = 1\n{rest}")),
        ["8:7 `c d` cannot be the key of a fact"]
    );
    for wrong in ["date = \"2022-13\"", "date = \"soon\"", "date = 07:30:00", "date = true"] {
        let faults = faults(&format!("[[fact]]\nkey = \"c\"\n{wrong}\n{rest}"));
        assert!(
            faults.len() == 1 && faults[0].contains("a date is a day (1955-08-31)"),
            "{wrong}: {faults:?}"
        );
    }
    let faults = faults("[[fact]]\nkey = \"c\"\nnumber = 1\nwhat = { en = \"x\", zh = \"y\" }\n");
    assert!(faults.len() == 1 && faults[0].contains("missing field `source`"), "{faults:?}");
}

#[test]
fn what_changes_is_told_by_key() {
    let text = |value: &str| {
        format!("[[fact]]\nkey = \"a\"\n{value}\nwhat = {{ en = \"A\", zh = \"甲\" }}\nsource = \"s\"\n")
    };
    let facts = |value: &str| read(&text(value)).0;
    let (one, two, gone) = (facts("number = 1"), facts("number = 2"), read("").0);
    let moved = read(&format!("\n# further down\n{}", text("number = 1"))).0;
    assert!(one.changed(&moved).is_empty());
    assert_eq!(one.changed(&two).into_iter().collect::<Vec<_>>(), ["a"]);
    assert_eq!(gone.changed(&one).into_iter().collect::<Vec<_>>(), ["a"]);
}
