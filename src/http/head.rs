//! What the headers of a GraphQL request say.

use poem::Request;
use poem::http::{HeaderMap, HeaderName, Method, header};

use super::refusal::Refusal;
use super::request_id::Identity;
use crate::service::RequestInfo;

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";

/// The longest token, in characters.
const TOKEN: usize = 4_096;
/// The longest user agent that is kept, in characters.
const USER_AGENT: usize = 256;

/// A request head that may have its body read.
pub(super) struct Head {
    /// The bearer token, if there is an `Authorization` header.
    pub(super) token: Option<String>,
    /// Who asks, for the services.
    pub(super) info: RequestInfo,
    /// True where the client wants no answer that was given before (RFC 9111, 5.2.1.4).
    pub(super) no_cache: bool,
}

impl Head {
    /// Reads the head.
    ///
    /// # Errors
    /// A method, media type, encoding or authorization that is not served.
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        if request.method() != Method::POST {
            return Err(Refusal::method());
        }
        let headers = request.headers();
        if !is_json(headers) {
            return Err(Refusal::media(
                "Content-Type",
                "application/json is expected",
            ));
        }
        if headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Refusal::media(
                "Content-Encoding",
                "no encoding is expected",
            ));
        }
        Ok(Self {
            token: token(headers)?,
            info: info(request),
            no_cache: no_cache(headers),
        })
    }
}

/// The id and peer that the outer layer has noted.
pub(super) fn identity(request: &Request) -> Identity {
    request.data::<Identity>().cloned().unwrap_or_default()
}

/// The media type of the answer: the newer one for who accepts it by name.
pub(super) fn answer_media(request: &Request) -> &'static str {
    let accepted = |value: &header::HeaderValue| {
        let value = value.to_str().unwrap_or_default();
        value.split(',').any(|range| essence(range) == GRAPHQL)
    };
    let mut accepts = request.headers().get_all(header::ACCEPT).iter();
    if accepts.any(accepted) {
        "application/graphql-response+json; charset=utf-8"
    } else {
        "application/json; charset=utf-8"
    }
}

fn info(request: &Request) -> RequestInfo {
    let Identity { request_id, peer } = identity(request);
    let user_agent = request.headers().get(header::USER_AGENT);
    RequestInfo {
        request_id,
        peer,
        user_agent: user_agent
            .and_then(|value| value.to_str().ok())
            .map(|text| text.chars().take(USER_AGENT).collect()),
    }
}

/// The only value of a header; none if it is missing, repeated or not ASCII.
fn single(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.to_str().ok())?
}

fn no_cache(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CACHE_CONTROL).iter();
    let mut directives = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    directives.any(|directive| directive.trim().eq_ignore_ascii_case("no-cache"))
}

/// A media type without its parameters.
fn essence(value: &str) -> String {
    let bare = value.split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

fn is_json(headers: &HeaderMap) -> bool {
    single(headers, header::CONTENT_TYPE).is_some_and(|value| {
        let mut parameters = value.split(';').skip(1);
        matches!(essence(value).as_str(), JSON | GRAPHQL) && parameters.all(is_utf8)
    })
}

/// A parameter other than `charset` says nothing about how to read the body.
fn is_utf8(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let charset = value.trim().trim_matches('"');
    !name.trim().eq_ignore_ascii_case("charset") || charset.eq_ignore_ascii_case("utf-8")
}

fn token(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(None);
    }
    single(headers, header::AUTHORIZATION)
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty() && token.len() <= TOKEN)
        .map(|token| Some(token.to_owned()))
        .ok_or_else(|| Refusal::token("a bearer token is expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &'static str)]) -> Request {
        let builder = Request::builder().method(Method::POST);
        let add = |builder: poem::RequestBuilder, (name, value): &(&'static str, &'static str)| {
            builder.header(*name, *value)
        };
        headers.iter().fold(builder, add).finish()
    }

    fn status(headers: &[(&'static str, &'static str)]) -> u16 {
        match Head::of(&request(headers)) {
            Ok(_) => 200,
            Err(refusal) => refusal.into_response("", JSON).status().as_u16(),
        }
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        for accepted in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/graphql-response+json",
        ] {
            assert_eq!(status(&[("content-type", accepted)]), 200, "{accepted}");
        }
        for refused in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/graphql",
            "application/jsonx",
            "application/json, text/plain",
            "application/json; charset=gbk",
            "",
        ] {
            assert_eq!(status(&[("content-type", refused)]), 415, "{refused}");
        }
        assert_eq!(status(&[]), 415);
        let twice = [
            ("content-type", "application/json"),
            ("content-type", "text/plain"),
        ];
        assert_eq!(status(&twice), 415);
        let encoded = [
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ];
        assert_eq!(status(&encoded), 415);
    }

    #[test]
    fn only_a_bearer_token_is_read() {
        let token = |value| {
            let request = request(&[("content-type", JSON), ("authorization", value)]);
            Head::of(&request).map(|head| head.token)
        };
        assert_eq!(token("Bearer abc").unwrap().as_deref(), Some("abc"));
        assert_eq!(token("bearer  abc").unwrap().as_deref(), Some("abc"));
        for refused in ["", "Bearer", "Bearer ", "Basic YTpi", "abc", "Bearerabc"] {
            assert!(token(refused).is_err(), "{refused}");
        }
        let twice = [
            ("content-type", JSON),
            ("authorization", "Bearer a"),
            ("authorization", "Bearer b"),
        ];
        assert_eq!(status(&twice), 401);
    }

    #[test]
    fn the_newer_media_type_is_answered_to_who_names_it() {
        let media = |accept| answer_media(&request(&[("accept", accept)]));
        assert!(
            media("application/graphql-response+json, application/json;q=0.9").starts_with(GRAPHQL)
        );
        assert!(media("*/*").starts_with(JSON));
        assert!(media("text/html").starts_with(JSON));
    }
}
