//! How texts are folded, and what stands beside what in them.

use unicode_normalization::UnicodeNormalization as _;

/// Pairs of a term that are looked at, where it has more.
const MOST_GRAMS: usize = 12;

/// A text as it is compared: compatibility forms (full width, circled, ligatures) as their
/// plain ones, small letters, one space for any white space, none at the ends.
#[must_use]
pub fn fold(text: &str) -> String {
    let plain = text.nfkc().flat_map(char::to_lowercase);
    let plain: String = plain.filter(|c| *c != '\0').collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is searched for, folded: one character or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    text: String,
    grams: Grams,
}

/// Which rows of the index a term can stand in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Grams {
    /// Of a term of one character: all pairs that begin with it, up to but not with the last.
    Beginning(i64, i64),
    /// Of a longer one: each of these pairs stands in the text. One alone is the whole term.
    All(Vec<i64>),
}

impl Term {
    /// The term; none where nothing is left of the text.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text = fold(text);
        let characters: Vec<char> = text.chars().collect();
        let grams = match characters.as_slice() {
            [] => return None,
            [only] => Grams::Beginning(gram(*only, None), gram(*only, None) + (1 << 21)),
            more => Grams::All(pairs(more)),
        };
        Some(Self { text, grams })
    }

    pub(super) const fn grams(&self) -> &Grams {
        &self.grams
    }

    /// True where a row of the index is not proof that the term stands there.
    pub(super) fn is_longer_than_a_gram(&self) -> bool {
        matches!(&self.grams, Grams::All(_)) && self.text.chars().nth(2).is_some()
    }

    /// The pattern of texts that begin with it.
    pub(super) fn at_start(&self) -> String {
        format!("{}%", self.escaped())
    }

    /// The pattern of texts in which it stands.
    pub(super) fn inside(&self) -> String {
        format!("%{}%", self.escaped())
    }

    /// The codes that begin with it, which are written in capitals, lie from the first to
    /// before the second.
    pub(super) fn codes(&self) -> (String, String) {
        let from = self.text.to_uppercase();
        let to = format!("{from}{}", char::MAX);
        (from, to)
    }

    fn escaped(&self) -> String {
        let text = self.text.replace('\\', "\\\\");
        text.replace('%', "\\%").replace('_', "\\_")
    }
}

/// Two characters as one number; the second is none at a text's end.
fn gram(first: char, second: Option<char>) -> i64 {
    (i64::from(u32::from(first)) << 21) | second.map_or(0, |c| i64::from(u32::from(c)))
}

/// The different pairs, at most twelve of them, spread over the term.
fn pairs(characters: &[char]) -> Vec<i64> {
    let mut all: Vec<i64> = Vec::new();
    for pair in characters.windows(2) {
        if let [first, second] = pair {
            let gram = gram(*first, Some(*second));
            if !all.contains(&gram) {
                all.push(gram);
            }
        }
    }
    let step = all.len().div_ceil(MOST_GRAMS).max(1);
    all.into_iter().step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn width_case_and_white_space_are_folded() {
        assert_eq!(fold(" Ｇ１０７ \u{3000}国道\n改建 "), "g107 国道 改建");
        assert_eq!(fold("㎡ Ⅳ ①"), "m2 iv 1");
        assert_eq!(Term::of(" \u{3000}\n"), None);
    }

    #[test]
    fn a_term_has_the_pairs_of_its_characters() {
        let grams = |text: &str| Term::of(text).map(|term| term.grams);
        let pair = (i64::from(u32::from('水')) << 21) + i64::from(u32::from('库'));
        assert_eq!(grams("水库"), Some(Grams::All(vec![pair])));
        let first = i64::from(u32::from('水')) << 21;
        assert_eq!(
            grams("水"),
            Some(Grams::Beginning(first, first + 2_097_152))
        );
        assert_eq!(
            grams("库库库").map(|grams| matches!(grams, Grams::All(all) if all.len() == 1)),
            Some(true)
        );
        assert!(!Term::of("水库").unwrap().is_longer_than_a_gram());
        assert!(Term::of("库库库").unwrap().is_longer_than_a_gram());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_a_term(text in any::<String>()) {
            if let Some(term) = Term::of(&text) {
                prop_assert!(!term.text.contains('\n') && !term.text.contains('\0'));
                match term.grams {
                    Grams::Beginning(from, to) => prop_assert!(from < to),
                    Grams::All(all) => prop_assert!((1..=MOST_GRAMS).contains(&all.len())),
                }
            }
        }
    }
}
