//! Text to pages: front matter, Markdown, sections and chapters.
//!
//! Everything here is pure but `load`, the one place where content is read from disk.

pub mod page;
