//! A call in a log: what a person may see of it. Never a header, a query or a body; they can hold
//! secrets.

use std::time::Duration;

use reqwest::header::HeaderMap;
use url::Url;

/// Where servers and trackers put what they call a request in their own logs.
const REQUEST_ID: [&str; 3] = ["x-request-id", "x-arequestid", "atl-traceid"];
/// The longest id that is shown.
const LONGEST_ID: usize = 64;

/// One call that ended after `taken`, with a status and what the server calls the request, or with the
/// reason why there is no answer.
pub(crate) fn describe_call(
    method: &str,
    url: &Url,
    end: Result<(u16, Option<&str>), String>,
    taken: Duration,
) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}"));
    let (path, port) = (url.path(), port.unwrap_or_default());
    let taken = taken.as_millis();
    let end = match end {
        Ok((status, Some(id))) => format!("{status} in {taken} ms, request id {id}"),
        Ok((status, None)) => format!("{status} in {taken} ms, no request id"),
        Err(reason) => format!("no answer in {taken} ms: {reason}"),
    };
    format!("{method} {path} at {host}{port}: {end}")
}

/// The wait before a call is repeated.
pub(crate) fn describe_wait(reason: &str, wait: Duration) -> String {
    format!("waiting {} ms to repeat it: {reason}", wait.as_millis())
}

/// What the server calls this request; `None` if it does not say, or not in plain characters.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let mut values = REQUEST_ID.iter().filter_map(|name| headers.get(*name));
    let id = values.next()?.to_str().ok()?.trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    let is_safe = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(is_plain);
    is_safe.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_described_without_its_query() {
        let url = Url::parse("https://a.example/b/api?token=secret").unwrap();
        let taken = Duration::from_millis(12);
        let line = |end| describe_call("GET", &url, end, taken);
        assert_eq!(
            line(Ok((200, Some("r-1")))),
            "GET /b/api at a.example: 200 in 12 ms, request id r-1"
        );
        assert_eq!(
            line(Err("cannot reach it".to_owned())),
            "GET /b/api at a.example: no answer in 12 ms: cannot reach it"
        );
    }

    #[test]
    fn only_a_plain_id_is_shown() {
        for (value, expected) in [
            ("01M8735CYR-a.b_c:d", Some("01M8735CYR-a.b_c:d")),
            (" 17 ", Some("17")),
            ("", None),
            ("two words", None),
            ("\u{9b}31m", None),
            (&"x".repeat(65), None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-request-id", value.parse().unwrap());
            assert_eq!(request_id(&headers).as_deref(), expected, "{value}");
        }
        assert_eq!(request_id(&HeaderMap::new()), None);
    }
}
