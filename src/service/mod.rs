//! Commands and queries: the one door to the store.

/// What is known of a request, for the ledger and for throttling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestInfo {
    /// The request's id, which the answer carries in `x-request-id`.
    pub request_id: String,
    /// The address of the connection's other end, without its port.
    pub peer: String,
    /// What the client calls itself, at most 256 characters.
    pub user_agent: Option<String>,
}
