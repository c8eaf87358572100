//! The floor: the same answers by hand.

mod read;
mod write;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use poem::http::StatusCode;
use poem::listener::TcpListener;
use poem::{Endpoint, EndpointExt, Request, Response, Route, Server};
use rusqlite::{Connection, OpenFlags};

use crate::Failure;

thread_local! {
    /// A thread that answers reads on a connection of its own.
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

/// How an answer is made.
type Read = fn(&Connection, &Query) -> rusqlite::Result<String>;

/// The part of an address behind the question mark.
struct Query(Vec<(String, String)>);

impl Query {
    fn of(request: &Request) -> Self {
        let text = request.uri().query().unwrap_or_default();
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), decode(value)))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The key of this name, where there is one.
    fn key(&self, name: &str) -> Option<Vec<u8>> {
        let text = self.get(name);
        (text.len() == 32).then(|| unhex(text))
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits = (byte == b'%').then(|| [rest.next(), rest.next()]);
        bytes.push(match digits {
            Some([Some(high), Some(low)]) => digit(high) * 16 + digit(low),
            _ => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}

fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => 0,
    }
}

pub async fn serve(address: SocketAddr, database: &Path) -> Result<(), Failure> {
    let path = Arc::new(database.to_owned());
    let read = |read: Read| {
        let path = Arc::clone(&path);
        poem::endpoint::make(move |request: Request| {
            let path = Arc::clone(&path);
            async move { answer(&path, &request, read) }
        })
    };
    let writer = Arc::new(Mutex::new(write::open(database)?));
    let claim = poem::endpoint::make(move |request: Request| {
        let writer = Arc::clone(&writer);
        async move {
            let query = Query::of(&request);
            let claimed = tokio::task::spawn_blocking(move || {
                let mut writer = writer.lock().map_err(|_| "poisoned".to_owned())?;
                write::claim(&mut writer, &query).map_err(|error| error.to_string())
            });
            let claimed = claimed.await.map_err(|error| error.to_string());
            json(claimed.and_then(|claimed| claimed))
        }
    });
    let routes = Route::new()
        .at("/q1", read(read::projects))
        .at("/q2", read(read::overdue))
        .at("/q3", read(read::project))
        .at("/q4", read(read::portfolio))
        .at("/q5", read(read::search))
        .at("/m1", claim);
    run(address, routes).await
}

async fn run(address: SocketAddr, routes: impl Endpoint + 'static) -> Result<(), Failure> {
    Server::new(TcpListener::bind(address)).run(routes.boxed()).await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the floor has no clock to be set")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Reads on the thread that has the request: nothing waits for anything.
fn answer(path: &Path, request: &Request, read: Read) -> poem::Result<Response> {
    READER.with_borrow_mut(|reader| {
        let query = Query::of(request);
        let made = match reader {
            Some(connection) => read(connection, &query),
            None => open(path).and_then(|connection| read(reader.insert(connection), &query)),
        };
        json(made.map_err(|error| error.to_string()))
    })
}

fn json(made: Result<String, String>) -> poem::Result<Response> {
    match made {
        Ok(body) => Ok(Response::builder()
            .content_type("application/json")
            .body(body)),
        Err(error) => Err(poem::Error::from_string(
            error,
            StatusCode::INTERNAL_SERVER_ERROR,
        )),
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "query_only", "ON")?;
    // As much together as the readers of duban have.
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(connection)
}
