//! Speaks GraphQL over real HTTP, as one persona.

use std::fmt::Display;

use serde_json::{Value, json};

/// A client with its token, if it has one.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
    fresh: bool,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body as it came.
    pub text: String,
    /// The body read as JSON.
    pub body: Value,
}

impl Client {
    /// A client of the server at this address.
    pub fn new(http: reqwest::Client, url: String, token: Option<String>) -> Self {
        Self {
            http,
            url,
            token,
            fresh: false,
        }
    }

    /// The same client, which wants no answer that was given before: for tests that write rows
    /// past the program, and for those that count what an answer takes.
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// The same client, which takes answers that were given before, as most do.
    pub fn kept(mut self) -> Self {
        self.fresh = false;
        self
    }

    /// Sends a document with variables.
    pub async fn ask(&self, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        self.post(body).await
    }

    /// Sends a document without variables.
    pub async fn query(&self, query: &str) -> Answer {
        self.ask(query, json!({})).await
    }

    /// Sends one operation of a document that holds several.
    pub async fn ask_named(&self, query: &str, name: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "operationName": name, "variables": variables });
        self.post(body).await
    }

    async fn post(&self, body: Value) -> Answer {
        let mut request = self.http.post(&self.url).json(&body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if self.fresh {
            request = request.header("Cache-Control", "no-cache");
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, text, body }
    }

    /// The bearer token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

impl Answer {
    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(self.body.get("errors").is_none(), "{}", self.text);
        &self.body["data"]
    }

    /// What stands at a path such as `/project/stage` of an answer without errors.
    #[track_caller]
    pub fn at(&self, path: &str) -> &Value {
        let found = self.data().pointer(path);
        found.unwrap_or_else(|| panic!("no {path} in {}", self.text))
    }

    /// As [`Answer::at`], for a text.
    #[track_caller]
    pub fn text_at(&self, path: &str) -> String {
        let value = self.at(path);
        let text = value
            .as_str()
            .unwrap_or_else(|| panic!("{path} is {value}"));
        text.to_owned()
    }

    /// The code of the first error, if there is one.
    pub fn code(&self) -> Option<&str> {
        self.body.pointer("/errors/0/extensions/code")?.as_str()
    }

    /// Fails unless it is a refusal with this code; gives its extensions.
    #[track_caller]
    pub fn refused(&self, code: &str) -> &Value {
        assert_eq!(self.code(), Some(code), "{}", self.text);
        &self.body["errors"][0]["extensions"]
    }

    /// The codes of the blockers of a BLOCKED refusal.
    #[track_caller]
    pub fn blockers(&self) -> Vec<String> {
        let blockers = self.refused("BLOCKED")["blockers"].as_array();
        let codes = blockers.expect("blockers").iter();
        codes
            .map(|b| b["code"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The fields of an INVALID refusal.
    #[track_caller]
    pub fn fields(&self) -> Vec<String> {
        let fields = self.refused("INVALID")["fields"].as_array();
        let names = fields.unwrap_or_else(|| panic!("{}", self.text)).iter();
        names
            .map(|f| f["field"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// An id as a JSON string.
pub fn text(id: impl Display) -> Value {
    Value::String(id.to_string())
}
