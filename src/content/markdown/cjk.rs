//! Where Chinese and Japanese differ from languages that put spaces between words.

/// Whether a line break in the source between these two characters stands for nothing: one is Han,
/// kana or full-width, and the other is too or is a mark that both kinds of writing share.
pub(super) fn joins(before: char, after: char) -> bool {
    (is_wide(before) && (is_wide(after) || is_shared(after))) || (is_shared(before) && is_wide(after))
}

/// Han, kana and full-width forms.
pub(super) fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Marks that Chinese and English text share: alone they do not tell which one this is.
fn is_shared(c: char) -> bool {
    matches!(c, '“' | '”' | '‘' | '’' | '…' | '—')
}
