//! stub
use crate::snippet::figure::Figure;
/// stub
pub fn draw(_figure: &Figure, _id: &str, _alt: &str) -> String {
    String::new()
}
