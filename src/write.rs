//! Writes the site.
