//! What a user name and a display name may be.

/// Longest display name.
const LONGEST_NAME: usize = 100;

/// The user name as it is stored, if it can be one: `[a-z0-9][a-z0-9._-]{1,62}`.
pub(super) fn canonical_username(text: &str) -> Option<String> {
    let name = text.trim().to_ascii_lowercase();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let well_formed = (2..=63).contains(&name.len())
        && name.bytes().next().is_some_and(plain)
        && name
            .bytes()
            .all(|byte| plain(byte) || b"._-".contains(&byte));
    well_formed.then_some(name)
}

/// Neither empty nor long, and nothing in it that hides or turns the text around it.
pub(super) fn is_display_name(name: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    let count = name.chars().count();
    (1..=LONGEST_NAME).contains(&count) && !name.chars().any(|c| c.is_control() || turns(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_lower_case_ascii() {
        assert_eq!(canonical_username(" Li.Wei "), Some("li.wei".to_owned()));
        let longest = "a".repeat(63);
        assert!(canonical_username(&longest).is_some());
        for text in [
            "",
            "a",
            ".ab",
            "a b",
            "аdmin",
            "管理员",
            "a\0b",
            &format!("{longest}a"),
        ] {
            assert_eq!(canonical_username(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_display_name_hides_nothing() {
        assert!(is_display_name("李伟"));
        assert!(is_display_name(&"督".repeat(100)));
        for name in ["", "a\nb", "a\u{202E}b", "a\u{200B}b", &"x".repeat(101)] {
            assert!(!is_display_name(name), "{name:?}");
        }
    }
}
