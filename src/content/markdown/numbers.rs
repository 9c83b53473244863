//! Numbers that an author typed where a measured value should stand.

/// The numbers in `text` with decimals or a percent sign: years, counts and names like GPT-2 are none.
pub(super) fn find(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        let mut points = 0;
        while at < bytes.len() {
            let point = bytes[at] == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
            points += usize::from(point);
            if !(bytes[at].is_ascii_digit() || point) {
                break;
            }
            at += 1;
        }
        let named = text[..start].ends_with(|c: char| c.is_ascii_alphabetic() || "-_/.".contains(c));
        let rest = text[at..].trim_start_matches([' ', '\u{a0}']);
        let percent = rest.starts_with(['%', '％']);
        // Two points make a version.
        if !named && points < 2 && (points == 1 || percent) {
            found.push(start..at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_numbers_are_told_from_names() {
        let found = |text: &'static str| find(text).into_iter().map(|range| &text[range]).collect::<Vec<_>>();
        assert_eq!(found("0.77 of 2017, 12 %, 3.5.1, GPT-2.5, v1.2 and 99％"), ["0.77", "12", "99"]);
        assert_eq!(found("约为 3.14。"), ["3.14"]);
    }
}
