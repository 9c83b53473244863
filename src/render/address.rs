//! Percent signs in addresses: authors may write them, and file names may need them.

/// `path` with what may not stand in an address's path written as `%XX`. Letters of any script stay.
pub(super) fn encode(path: &str) -> String {
    written(path, |c| c.is_ascii_control() || " \"#%<>?[\\]^`{|}".contains(c))
}

/// `address` with its spaces written as `%20`: otherwise it is the author's own.
pub(super) fn encode_spaces(address: &str) -> String {
    written(address, |c| c == ' ')
}

fn written(text: &str, unfit: impl Fn(char) -> bool) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if unfit(c) {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            out.push(c);
        }
        out
    })
}

/// `text` with every `%XX` as the byte it stands for; as it is where that makes no text.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let pair = tail.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_and_read() {
        assert_eq!(encode("图/a b#1.png"), "图/a%20b%231.png");
        assert_eq!(encode_spaces("https://a.example/x y?z#%20"), "https://a.example/x%20y?z#%20");
        assert_eq!(decode("%E5%9B%BE/a%20b"), "图/a b");
        for text in ["100%", "%zz", "%+1", "%ff", "图"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("%ff"), "%ff");
    }
}
