//! Tables cell by cell.

use std::fmt::Write;

use crate::content::html::escape;
use crate::snippet::output::{Field, Table};

/// `shown`, the fields marked that are not as in `other`.
pub(super) fn side(shown: &Table, other: &Table) -> String {
    let mut html = String::from("<table><thead><tr>");
    for column in &shown.columns {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(column));
    }
    html.push_str("</tr></thead><tbody>\n");
    for (at, row) in shown.rows.iter().enumerate() {
        html.push_str("<tr>");
        for (column, field) in row.iter().enumerate() {
            let same = other.rows.get(at).and_then(|row| row.get(column)) == Some(field);
            let class = if same { "" } else { " class=\"changed\"" };
            let (Field::Number { number: text } | Field::Text(text)) = field;
            let _ = write!(html, "<td{class}>{}</td>", escape(text));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table>\n");
    html
}
