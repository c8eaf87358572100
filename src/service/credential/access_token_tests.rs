//! The table of forged tokens.

use super::*;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes((seed..seed + 32).collect()).unwrap()
}

fn claims() -> Claims {
    Claims {
        user: uuid::Uuid::from_u128(1).into(),
        session: uuid::Uuid::from_u128(2).into(),
        refresh: uuid::Uuid::from_u128(3).into(),
    }
}

fn good_claims() -> Value {
    json!({
        "iss": "duban", "aud": "duban", "sub": claims().user.to_string(), "client_id": "duban",
        "iat": NOW, "nbf": NOW, "exp": NOW + 600, "jti": "1",
        "sid": claims().session.to_string(), "rid": claims().refresh.to_string(),
    })
}

/// A token signed with the right key, with claims and header altered.
fn forge(alter_claims: impl FnOnce(&mut Value), alter_header: impl FnOnce(&mut Header)) -> String {
    let tokens = AccessTokens::new(&key(1)).unwrap();
    let mut claims = good_claims();
    alter_claims(&mut claims);
    let mut header = tokens.header();
    alter_header(&mut header);
    let signing = EncodingKey::from_secret(key(1).bytes());
    jsonwebtoken::encode(&header, &claims, &signing).unwrap()
}

fn with(name: &'static str, value: impl Into<Value>) -> String {
    let value = value.into();
    forge(|claims| claims[name] = value, |_| ())
}

fn without(name: &str) -> String {
    forge(
        |claims| {
            claims.as_object_mut().unwrap().remove(name);
        },
        |_| (),
    )
}

fn headed(alter: impl FnOnce(&mut Header)) -> String {
    forge(|_| (), alter)
}

/// Header and claims as given, with the signature of another token.
fn patched(header: &str) -> String {
    let good = with("jti", "1");
    let mut parts: Vec<&str> = good.split('.').collect();
    let header = encode_part(header.as_bytes());
    parts[0] = &header;
    parts.join(".")
}

fn encode_part(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0_u8; 3];
        word[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, word[0], word[1], word[2]]);
        for n in 0..=chunk.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * n)) as usize & 63]));
        }
    }
    text
}

fn other_key() -> String {
    let tokens = AccessTokens::new(&key(2)).unwrap();
    let header = AccessTokens::new(&key(1)).unwrap().header();
    jsonwebtoken::encode(&header, &good_claims(), &tokens.signing).unwrap()
}

fn unsigned() -> String {
    let good = with("jti", "1");
    let body = good.rsplit_once('.').unwrap().0;
    format!("{body}.")
}

#[test]
fn a_token_lives_ten_minutes_by_the_injected_clock() {
    let tokens = AccessTokens::new(&key(1)).unwrap();
    let token = tokens.sign(claims(), "1", now()).unwrap();
    let at = |seconds| tokens.verify(token.expose(), now() + TimeDelta::seconds(seconds));
    for valid in [-5, 0, 599, 604] {
        assert_eq!(at(valid), Some(claims()), "at {valid} s");
    }
    for over in [-6, 605, 606, 86_400] {
        assert_eq!(at(over), None, "at {over} s");
    }
    assert_eq!(tokens.verify(&with("jti", "1"), now()), Some(claims()));
    let remembered = tokens.verified.len();
    assert!(remembered > 0, "what was verified is remembered");
    let (signed, _) = token.expose().rsplit_once('.').unwrap();
    assert_eq!(
        tokens.verify(&format!("{signed}.c2lnbmF0dXJl"), now()),
        None
    );
    assert_eq!(tokens.verified.len(), remembered, "and nothing else");
    assert!(!format!("{tokens:?} {token:?}").contains(token.expose()));
}

/// Claims that are missing, wrong or out of time, under the right key and header.
fn wrong_claims() -> Vec<(&'static str, String)> {
    vec![
        ("no exp", without("exp")),
        ("no nbf", without("nbf")),
        ("no iss", without("iss")),
        ("no aud", without("aud")),
        ("no sub", without("sub")),
        ("no iat", without("iat")),
        ("no jti", without("jti")),
        ("no sid", without("sid")),
        ("no client_id", without("client_id")),
        ("other issuer", with("iss", "elsewhere")),
        ("other audience", with("aud", "elsewhere")),
        (
            "several audiences",
            with("aud", json!(["duban", "elsewhere"])),
        ),
        (
            "another kind of subject",
            with("sub", claims().session.to_string()),
        ),
        ("other client", with("client_id", "elsewhere")),
        ("expired six seconds ago", with("exp", NOW - 6)),
        ("not valid for six seconds", with("nbf", NOW + 6)),
        ("issued in the future", with("iat", NOW + 6)),
        ("time as text", with("exp", "2999-01-01")),
    ]
}

/// Headers, keys and signatures that are not ours.
fn wrong_envelopes(kid: &str) -> Vec<(&'static str, String)> {
    vec![
        (
            "refresh token's type",
            headed(|h| h.typ = Some("refresh+jwt".to_owned())),
        ),
        ("plain JWT", headed(|h| h.typ = Some("JWT".to_owned()))),
        ("no type", headed(|h| h.typ = None)),
        ("no kid", headed(|h| h.kid = None)),
        (
            "other kid",
            headed(|h| h.kid = Some("0123456789abcdef".to_owned())),
        ),
        (
            "key by address",
            headed(|h| h.jku = Some("https://elsewhere/keys".to_owned())),
        ),
        (
            "critical extension",
            headed(|h| h.crit = Some(vec!["b64".to_owned()])),
        ),
        ("HS384 for HS256", headed(|h| h.alg = Algorithm::HS384)),
        ("signed with another key", other_key()),
        ("no signature", unsigned()),
        (
            "none",
            patched(&format!(r#"{{"typ":"at+jwt","alg":"none","kid":"{kid}"}}"#)),
        ),
        (
            "RS256 for HS256",
            patched(&format!(
                r#"{{"typ":"at+jwt","alg":"RS256","kid":"{kid}"}}"#
            )),
        ),
        ("8 kB", with("padding", "x".repeat(8_192))),
        ("not a token", "a.b.c".to_owned()),
        ("nothing", String::new()),
    ]
}

#[test]
fn every_forged_token_is_refused() {
    let tokens = AccessTokens::new(&key(1)).unwrap();
    let mut forged = wrong_claims();
    forged.extend(wrong_envelopes(&tokens.key_id));
    assert_eq!(forged.len(), 33);
    for (name, token) in forged {
        assert_eq!(tokens.verify(&token, now()), None, "{name}");
    }
}
