//! Parts of an answer that are JSON already.
//!
//! A part is a [`Value::Binary`], which no scalar of the schema is: [`to_vec`] writes it as it
//! stands. Nothing can be put into a part any more, or moved in it.

use std::io::{self, Write};

use async_graphql::Value;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Room that most objects need, in bytes.
const ROOM: usize = 256;

/// An object of which the members are written one by one; null where there are none.
#[derive(Debug, Default)]
pub struct Object(Vec<u8>);

impl Object {
    /// Writes a member. Its name is one of GraphQL's, which JSON takes as they are.
    ///
    /// # Errors
    /// When the value is none of JSON's; then it is left out.
    pub fn member(&mut self, name: &str, value: &Value) -> serde_json::Result<()> {
        let Self(text) = self;
        if text.is_empty() {
            text.reserve(ROOM);
        }
        let before = text.len();
        text.push(if text.is_empty() { b'{' } else { b',' });
        text.push(b'"');
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"\":");
        let written = write(text, value);
        if written.is_err() {
            text.truncate(before);
        }
        written
    }

    /// All of it.
    pub fn end(self) -> Value {
        let Self(mut text) = self;
        if text.is_empty() {
            return Value::Null;
        }
        text.push(b'}');
        Value::Binary(text.into())
    }
}

/// A list of these.
///
/// # Errors
/// When one is none of JSON's values.
pub fn list(items: &[Value]) -> serde_json::Result<Value> {
    let room = items.iter().map(|item| match item {
        Value::Binary(part) => part.len() + 1,
        _ => ROOM,
    });
    let mut text = Vec::with_capacity(room.sum::<usize>() + 2);
    text.push(b'[');
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            text.push(b',');
        }
        write(&mut text, item)?;
    }
    text.push(b']');
    Ok(Value::Binary(text.into()))
}

/// The JSON of anything that may hold parts.
///
/// # Errors
/// When something in it is none of JSON's values.
pub fn to_vec(whole: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(1 << 10);
    write(&mut text, whole)?;
    Ok(text)
}

fn write(text: &mut Vec<u8>, value: &impl Serialize) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(text, AsTheyStand))
}

/// Compact JSON, in which bytes stand for themselves.
struct AsTheyStand;

impl Formatter for AsTheyStand {
    fn write_byte_array<W>(&mut self, writer: &mut W, part: &[u8]) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        writer.write_all(part)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn object(members: &[(&str, Value)]) -> Value {
        let mut object = Object::default();
        for (name, value) in members {
            object.member(name, value).unwrap();
        }
        object.end()
    }

    #[test]
    fn parts_stand_in_the_whole_as_if_it_were_written_at_once() {
        let plain = value!({ "a": "\"水\n", "b": [1, null, true], "c": {} });
        let Value::Object(members) = &plain else {
            unreachable!()
        };
        let mut part = Object::default();
        for (name, value) in members {
            part.member(name, value).unwrap();
        }
        let part = part.end();
        let items = [part, Value::Null];
        let whole = object(&[("list", list(&items).unwrap()), ("of", list(&[]).unwrap())]);
        let expected = value!({ "list": [plain, null], "of": [] });
        assert_eq!(to_vec(&whole).unwrap(), to_vec(&expected).unwrap());
        assert_eq!(
            to_vec(&expected).unwrap(),
            serde_json::to_vec(&expected).unwrap()
        );
        assert_eq!(object(&[]), Value::Null);
    }
}
