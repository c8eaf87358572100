//! The text before it is parsed: how deep its brackets go, how many tokens it has.
//!
//! Strings, block strings and comments are told apart exactly as the parser's grammar
//! does it, or brackets could hide in what only one of the two takes for a string. Where
//! the grammar would try something else, as with a string that never ends, the text is
//! refused.

use super::{LIMITS, Sizes, malformed, within};
use crate::error::Result;

/// Counts brackets and tokens into `sizes`.
///
/// # Errors
/// Over a limit, or a string without an end.
pub(super) fn scan(text: &str, sizes: &mut Sizes) -> Result<()> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        open: 0,
        sizes,
    };
    while let Some(byte) = scanner.peek(0) {
        scanner.step(byte)?;
    }
    Ok(())
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    open: u64,
    sizes: &'a mut Sizes,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn sees(&self, text: &[u8]) -> bool {
        self.bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(text))
    }

    fn step(&mut self, byte: u8) -> Result<()> {
        match byte {
            b' ' | b',' | b'\t' | b'\n' | b'\r' => {
                self.at += 1;
                return Ok(());
            }
            b'#' => {
                self.skip_while(|byte| byte != b'\n' && byte != b'\r');
                return Ok(());
            }
            b'"' if self.sees(b"\"\"\"") => self.block_string()?,
            b'"' => self.string()?,
            b'[' | b'{' | b'(' => self.enter()?,
            b']' | b'}' | b')' => {
                self.at += 1;
                self.open = self.open.saturating_sub(1);
            }
            b'.' if self.sees(b"...") => self.at += 3,
            _ if is_word(byte) => self.skip_while(is_word),
            _ => self.at += 1,
        }
        self.sizes.tokens += 1;
        within("tokens", self.sizes.tokens, LIMITS.tokens)
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn enter(&mut self) -> Result<()> {
        self.at += 1;
        self.open += 1;
        self.sizes.brackets = self.sizes.brackets.max(self.open);
        within("brackets", self.open, LIMITS.brackets)
    }

    fn string(&mut self) -> Result<()> {
        self.at += 1;
        loop {
            match self.peek(0) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') if !matches!(self.peek(1), None | Some(b'\n' | b'\r')) => self.at += 2,
                None | Some(b'\\' | b'\n' | b'\r') => return Err(endless()),
                Some(_) => self.at += 1,
            }
        }
    }

    fn block_string(&mut self) -> Result<()> {
        self.at += 3;
        loop {
            if self.sees(b"\\\"\"\"") {
                self.at += 4;
            } else if self.sees(b"\"\"\"") {
                self.at += 3;
                return Ok(());
            } else if self.peek(0).is_none() {
                return Err(endless());
            } else {
                self.at += 1;
            }
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn endless() -> crate::error::Error {
    malformed("the query has a string without an end")
}
