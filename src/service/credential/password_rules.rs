//! Which new passwords are accepted: length, and nothing that is guessed first.
//!
//! There are no rules about kinds of characters and no expiry (NIST SP 800-63B 5.1.1.2).

use unicode_normalization::UnicodeNormalization;

use super::common_passwords::{RUNS, WORDS};

/// Fewest characters of a new password.
pub(super) const MIN_CHARACTERS: usize = 12;

/// Most bytes of a password, in UTF-8.
pub(super) const MAX_BYTES: usize = 256;

/// How many characters must be left once everything guessable is taken away.
const MIN_LEFT: usize = 5;

/// How many different characters there must be.
const MIN_DISTINCT: usize = 5;

/// The shortest piece of a run that counts as one.
const MIN_RUN: usize = 4;

/// What the password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// A person's.
    Full,
    /// A demonstration user's, which may be short: it is printed anyway.
    Demonstration,
}

/// The password as it is hashed: NFC, so that two keyboards make the same bytes.
#[must_use]
pub fn normalise(password: &str) -> String {
    password.nfc().collect()
}

/// Why a new password cannot be accepted; `context` are words that are guessed first for
/// this person, such as the user name.
///
/// # Errors
/// The reason, for the person.
pub fn check(password: &str, context: &[&str], strictness: Strictness) -> Result<(), &'static str> {
    let password = normalise(password);
    if password.len() > MAX_BYTES {
        return Err("it has more than 256 bytes");
    }
    if password.chars().any(|c| c == '\0') {
        return Err("it contains a null character");
    }
    if strictness == Strictness::Demonstration {
        return Ok(());
    }
    if password.chars().count() < MIN_CHARACTERS {
        return Err("it needs at least 12 characters");
    }
    if is_guessable(&password, context) {
        return Err("it is too easy to guess: avoid common words, runs and the user name");
    }
    Ok(())
}

fn is_guessable(password: &str, context: &[&str]) -> bool {
    let plain: Vec<char> = password.to_lowercase().chars().collect();
    let mut distinct = plain.clone();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() < MIN_DISTINCT || repeats(&plain) || left_over(&plain, context) < MIN_LEFT
}

/// True where the whole is one short piece over and over: `abc1abc1abc1`.
fn repeats(text: &[char]) -> bool {
    let period = |n: usize| text.iter().skip(n).zip(text).all(|(a, b)| a == b);
    (1..MIN_CHARACTERS.min(text.len() / 2 + 1)).any(period)
}

/// How many characters no word, run or context word accounts for.
fn left_over(plain: &[char], context: &[&str]) -> usize {
    let read: Vec<char> = plain.iter().map(|c| letter(*c)).collect();
    let mut taken = vec![false; plain.len()];
    let own = context.iter().map(|word| word.to_lowercase());
    for word in WORDS.iter().map(|word| (*word).to_owned()).chain(own) {
        let letters: Vec<char> = word.chars().map(letter).collect();
        if letters.len() >= MIN_RUN {
            take(&read, &letters, &mut taken);
        }
    }
    for run in RUNS {
        let forwards: Vec<char> = run.chars().collect();
        let backwards: Vec<char> = run.chars().rev().collect();
        for piece in forwards.windows(MIN_RUN).chain(backwards.windows(MIN_RUN)) {
            take(plain, piece, &mut taken);
        }
    }
    taken.iter().filter(|taken| !**taken).count()
}

/// Marks every place where the piece stands.
fn take(text: &[char], piece: &[char], taken: &mut [bool]) {
    for (at, window) in text.windows(piece.len()).enumerate() {
        if window == piece {
            taken[at..at + piece.len()].fill(true);
        }
    }
}

/// The letter that a digit or sign usually stands for.
const fn letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'l',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> bool {
        check(password, &["li.wei", "duban"], Strictness::Full).is_err()
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for password in [
            "short",
            "elevenchars",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "abcdefghijklmnop",
            "123456789012",
            "passwordpassword",
            "P@ssw0rd1234",
            "Passw0rd2026",
            "qwertyuiop123",
            "1q2w3e4r5t6y",
            "1qaz2wsx3edc",
            "Administrator1",
            "duban-duban-1",
            "li.wei-duban!",
            "woaini1314520",
        ] {
            assert!(refused(password), "{password}");
        }
    }

    #[test]
    fn long_phrases_in_any_script_are_accepted() {
        for password in [
            "mend the western dyke",
            "correct horse battery staple",
            "宿鸭湖水库清淤扩容按期完成啦",
            "K7#vq9Lm2!xTz",
            "Tr4ffic-Ponds-Under-Rain",
        ] {
            assert!(!refused(password), "{password}");
        }
        assert!(!refused(&"long enough phrase ".repeat(13)));
    }

    #[test]
    fn the_longest_has_256_bytes() {
        let long: String = ('!'..='~').cycle().take(256).collect();
        assert!(!refused(&long));
        assert!(refused(&format!("{long}x")));
        let wide = "督".repeat(86);
        assert!(check(&wide, &[], Strictness::Demonstration).is_err());
    }

    #[test]
    fn a_demonstration_password_may_be_short() {
        assert!(check("demo", &[], Strictness::Demonstration).is_ok());
    }
}
