//! The key under which access tokens are signed: read from a file, or made once.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use jsonwebtoken::EncodingKey;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::store::ledger::hex;

/// Fewest bytes of a key (RFC 7518 3.2: as long as the hash).
const MIN_BYTES: usize = 32;

/// A secret key for HS256. It never shows itself.
#[derive(Clone)]
pub struct SigningKey(Vec<u8>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(<secret>)")
    }
}

impl SigningKey {
    /// A key of these bytes.
    ///
    /// # Errors
    /// [`Error::Internal`] when there are fewer than 32, or they are all the same.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        if bytes.len() < MIN_BYTES {
            return Err(Error::internal("a signing key needs at least 32 bytes"));
        }
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err(Error::internal("a signing key must be random"));
        }
        Ok(Self(bytes))
    }

    /// A new random key, kept nowhere.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system gives no random bytes.
    pub fn generate() -> Result<Self> {
        let mut bytes = vec![0; MIN_BYTES];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        Self::from_bytes(bytes)
    }

    /// Reads a key: hexadecimal, base64, or else the bytes themselves.
    ///
    /// # Errors
    /// [`Error::Internal`] naming the file, when it cannot be read or is too short.
    pub fn load(path: &Path) -> Result<Self> {
        let content = fs::read(path).map_err(|error| broken(path, &error))?;
        Self::from_bytes(decode(&content)).map_err(|error| broken(path, &error))
    }

    /// Reads the key of this file, or makes it, readable for its owner alone. Of several
    /// that start at once one makes it.
    ///
    /// # Errors
    /// [`Error::Internal`] naming the file, when it can be neither made nor read.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        if path.exists() {
            return Self::load(path);
        }
        let key = Self::generate()?;
        // Written beside it and linked into place: nobody reads half a key.
        let draft = path.with_extension(Self::generate()?.id());
        write_private(&draft, &key).map_err(|error| broken(&draft, &error))?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft).map_err(|error| broken(&draft, &error))?;
        match linked {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::load(path),
            Err(error) => Err(broken(path, &error)),
        }
    }

    /// The name of the key in a token's header: from its hash, so that another key has
    /// another name.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(b"duban signing key id");
        hasher.update(&self.0);
        hex(&hasher.finalize()[..8])
    }

    /// The key's bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

fn write_private(path: &Path, key: &SigningKey) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(hex(&key.0).as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn broken(path: &Path, error: &dyn fmt::Display) -> Error {
    Error::internal(format!("the signing key {}: {error}", path.display()))
}

fn decode(content: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(content).unwrap_or_default().trim();
    from_hex(text)
        .or_else(|| from_base64(text))
        .unwrap_or_else(|| content.to_vec())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len() >= 2 * MIN_BYTES
        && text.len().is_multiple_of(2)
        && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pair = |at| u8::from_str_radix(&text[at..at + 2], 16).ok();
    is_hex.then(|| (0..text.len()).step_by(2).filter_map(pair).collect())
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let key = EncodingKey::from_base64_secret(text)
        .or_else(|_| EncodingKey::from_urlsafe_base64_secret(text))
        .ok()?;
    let bytes = key.as_bytes();
    (bytes.len() >= MIN_BYTES).then(|| bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    #[test]
    fn a_key_may_be_hexadecimal_base64_or_raw() {
        let raw: Vec<u8> = (0..32).collect();
        for content in [HEX.as_bytes(), BASE64.as_bytes(), &raw] {
            assert_eq!(decode(content), raw);
        }
        assert_eq!(decode(format!("{HEX}\n").as_bytes()), raw);
    }

    #[test]
    fn a_short_or_uniform_key_is_refused() {
        assert!(SigningKey::from_bytes(vec![7; 31]).is_err());
        assert!(SigningKey::from_bytes(vec![0; 64]).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "too short").unwrap();
        let refusal = SigningKey::load(&path).unwrap_err().to_string();
        assert!(refusal.contains("key") && !refusal.contains("too short"));
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("duban.key");
        let made = SigningKey::load_or_create(&path).unwrap();
        let read = SigningKey::load_or_create(&path).unwrap();
        assert_eq!(made.bytes(), read.bytes());
        assert_eq!(made.id(), read.id());
        assert!(!format!("{made:?}").contains(&hex(made.bytes())));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
