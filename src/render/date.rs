//! Days in the words of a language.

use super::theme::Words;

/// `2026-11-25` as readers of the language write it: `25 November 2026`; as it stands where it is no day.
pub(super) fn written(day: &str, words: &Words) -> String {
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, of_month] = parts.as_slice() else { return day.to_owned() };
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
    let months: Vec<&str> = words.get("months").split(' ').collect();
    let name = number(month).and_then(|month| months.get(month - 1));
    match (name, number(of_month)) {
        (Some(name), Some(of_month)) => words
            .get("date")
            .replace("YEAR", year)
            .replace("DAY", &of_month.to_string())
            .replace("MONTH", name),
        _ => day.to_owned(),
    }
}
