//! Pictures in terminals that can show them.

#![expect(clippy::disallowed_methods, reason = "a terminal says in the environment what it is")]

mod sixel;

use std::io::IsTerminal;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;

use crate::snippet::output::Image;

/// How many characters of base64 a terminal takes at once.
const CHUNK: usize = 4096;

/// How pictures are shown.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Images {
    /// As the terminal says it can; in a pipe not at all.
    Auto,
    /// By kitty's graphics protocol.
    Kitty,
    /// By iTerm2's inline images.
    Iterm,
    /// As sixels.
    Sixel,
    /// Not at all.
    None,
}

impl Images {
    /// What shows `image`; `None` where nothing does.
    pub(super) fn sequence(self, image: &Image) -> Option<String> {
        match self {
            Self::Auto => match detect(&|name| std::env::var(name).ok()) {
                Self::Auto | Self::None => None,
                found if std::io::stdout().is_terminal() => found.sequence(image),
                _ => None,
            },
            Self::Kitty => Some(kitty(image)),
            Self::Iterm => Some(iterm(image)),
            Self::Sixel => sixel::encode(image),
            Self::None => None,
        }
    }
}

/// What the terminal can, by what it has left in the environment.
fn detect(variable: &dyn Fn(&str) -> Option<String>) -> Images {
    let term = variable("TERM").unwrap_or_default();
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    if variable("KITTY_WINDOW_ID").is_some()
        || term.contains("kitty")
        || term.contains("ghostty")
        || program == "ghostty"
    {
        Images::Kitty
    } else if matches!(program.as_str(), "iTerm.app" | "WezTerm" | "vscode") {
        Images::Iterm
    } else if ["foot", "mlterm", "sixel", "contour"].iter().any(|name| term.contains(name)) {
        Images::Sixel
    } else {
        Images::None
    }
}

fn kitty(image: &Image) -> String {
    let data = STANDARD.encode(&image.png.0);
    let chunks: Vec<&str> = chunks(&data);
    let mut sequence = String::with_capacity(data.len() + 64 * chunks.len());
    for (index, chunk) in chunks.iter().enumerate() {
        let head = if index == 0 { "a=T,f=100," } else { "" };
        let more = u8::from(index + 1 < chunks.len());
        sequence.push_str(&format!("\x1b_G{head}m={more};{chunk}\x1b\\"));
    }
    sequence
}

fn iterm(image: &Image) -> String {
    let (width, height) = (image.width.saturating_mul(image.scale), image.height.saturating_mul(image.scale));
    let data = STANDARD.encode(&image.png.0);
    let size = image.png.0.len();
    format!("\x1b]1337;File=inline=1;size={size};width={width}px;height={height}px:{data}\x07")
}

/// `data`, which is ASCII, cut into pieces that a terminal takes.
fn chunks(data: &str) -> Vec<&str> {
    let starts = (0..data.len().max(1)).step_by(CHUNK);
    starts.map(|start| &data[start..(start + CHUNK).min(data.len())]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snippet::output::Bytes;

    #[test]
    fn terminals_are_known_by_their_environment() {
        let ask = |name: &'static str, value: &'static str| {
            detect(&move |asked| (asked == name).then(|| value.to_owned()))
        };
        assert_eq!(ask("TERM", "xterm-kitty"), Images::Kitty);
        assert_eq!(ask("KITTY_WINDOW_ID", "1"), Images::Kitty);
        assert_eq!(ask("TERM_PROGRAM", "iTerm.app"), Images::Iterm);
        assert_eq!(ask("TERM", "foot"), Images::Sixel);
        assert_eq!(ask("TERM", "xterm-256color"), Images::None);
    }

    #[test]
    fn long_pictures_come_in_pieces() {
        let image = Image { width: 1, height: 1, scale: 1, png: Bytes(vec![7; 9000]) };
        let sequence = kitty(&image);
        assert_eq!(sequence.matches("\x1b_G").count(), 3);
        assert!(sequence.starts_with("\x1b_Ga=T,f=100,m=1;"));
        assert_eq!(sequence.matches("m=0").count(), 1);
    }
}
