//! A client with one connection.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::Failure;

/// An open connection.
pub struct Connection {
    send: SendRequest<Full<Bytes>>,
    address: SocketAddr,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    pub path: String,
    pub token: Option<String>,
    pub body: Bytes,
}

impl Ask {
    /// A GraphQL document with its variables.
    pub fn graphql(token: Option<&str>, document: &str, variables: &Value) -> Self {
        let body = json!({ "query": document, "variables": variables });
        Self {
            path: "/graphql".to_owned(),
            token: token.map(str::to_owned),
            body: Bytes::from(body.to_string()),
        }
    }

    /// A path of the floor.
    pub fn path(path: String) -> Self {
        Self {
            path,
            token: None,
            body: Bytes::new(),
        }
    }
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { send, address })
    }

    /// The body of a good answer.
    pub async fn ask(&mut self, ask: Ask) -> Result<Bytes, Failure> {
        let mut request = Request::post(ask.path)
            .header("host", self.address.to_string())
            .header("content-type", "application/json");
        if let Some(token) = ask.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send.ready().await?;
        let answer = self.send.send_request(request.body(Full::new(ask.body))?).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if !status.is_success() || !body.starts_with(b"{\"data\"") || body.ends_with(b"]}") {
            let text = String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
            return Err(format!("{status}: {text}").into());
        }
        Ok(body)
    }

    pub async fn json(&mut self, ask: Ask) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&self.ask(ask).await?)?)
    }
}

/// Returns when somebody listens.
pub async fn wait_for(address: SocketAddr) -> Result<(), Failure> {
    for _ in 0..600 {
        if TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(format!("nobody listens on {address}").into())
}
