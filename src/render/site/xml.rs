//! Text that XML may hold.

use crate::content::html::escape;

/// `text` escaped, without the control characters that no XML may hold.
pub(super) fn text(text: &str) -> String {
    let allowed = |c: &char| !matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    escape(&text.chars().filter(allowed).collect::<String>())
}

/// `address` as an attribute or element holds it, with every character outside of ASCII as `%XX`, which
/// every reader of feeds and sitemaps takes.
pub(super) fn address(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for byte in address.bytes() {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    escape(&out)
}
