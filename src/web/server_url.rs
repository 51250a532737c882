//! The URL of a server.

use std::borrow::Cow;
use std::fmt;

use url::{Host, Url};

/// The URL of a server: https, or http on this machine. It has no user, query or fragment; a
/// path prefix stays. The scheme may be omitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    url: Url,
}

/// An invalid URL of a server. The message does not repeat it: it may contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServerUrlError {
    /// Not a URL with a host.
    #[error("not a URL like https://control.example.com")]
    NotAUrl,
    /// Neither https nor http.
    #[error("only https:// is supported (http:// is allowed for localhost)")]
    Scheme,
    /// Plain http to another machine.
    #[error("http:// is only allowed for localhost; use https://")]
    PlainHttp,
    /// A user name or password in the URL.
    #[error("the URL must not contain a user name or password")]
    UserInformation,
    /// `?…` or `#…`.
    #[error("the URL must not contain a query or fragment")]
    QueryOrFragment,
}

impl ServerUrl {
    pub fn parse(text: &str) -> Result<Self, ServerUrlError> {
        let mut url = Url::parse(&with_scheme(text.trim())).map_err(|_| ServerUrlError::NotAUrl)?;
        let host = url.host().ok_or(ServerUrlError::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err(ServerUrlError::PlainHttp),
            _ => return Err(ServerUrlError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ServerUrlError::UserInformation);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ServerUrlError::QueryOrFragment);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self { url })
    }

    /// Whether scheme, host and port are equal: credentials are bound to these.
    pub fn same_origin(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }

    /// Whether it is plain http, which implies this machine.
    pub fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// The URL of a path on this server (`/api/v1/…`).
    pub fn endpoint(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let prefix = self.url.path().trim_end_matches('/');
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        url.set_path(&format!("{prefix}{path}"));
        url.set_query(query);
        url
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

/// Adds the scheme to a host: http for this machine, https for any other. Without a dot, a port or the
/// name `localhost` a word is no host.
fn with_scheme(text: &str) -> Cow<'_, str> {
    let authority = text.split('/').next().unwrap_or_default();
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| {
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    let is_host = has_port || authority.contains(['.', '[']) || authority == "localhost";
    if text.contains("://") || !is_host {
        return Cow::Borrowed(text);
    }
    let secure = format!("https://{text}");
    match Url::parse(&secure) {
        Ok(url) if url.host().is_some_and(|host| is_loopback(&host)) => {
            Cow::Owned(format!("http://{text}"))
        }
        _ => Cow::Owned(secure),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        use ServerUrlError::{NotAUrl, PlainHttp, QueryOrFragment, Scheme, UserInformation};
        let cases = [
            (
                "https://control.example.com",
                Ok("https://control.example.com"),
            ),
            (
                "https://control.example.com/",
                Ok("https://control.example.com"),
            ),
            (
                " https://Control.Example.com:443/team/ ",
                Ok("https://control.example.com/team"),
            ),
            ("http://127.0.0.1:8460", Ok("http://127.0.0.1:8460")),
            ("http://127.8.9.1:1", Ok("http://127.8.9.1:1")),
            ("http://[::1]:8460/", Ok("http://[::1]:8460")),
            ("http://localhost:8460", Ok("http://localhost:8460")),
            ("http://0x7f.1:80", Ok("http://127.0.0.1")),
            ("http://localhost.example.com", Err(PlainHttp)),
            ("http://localhost.", Err(PlainHttp)),
            ("http://127.0.0.1.example.com", Err(PlainHttp)),
            ("http://10.0.0.1", Err(PlainHttp)),
            ("http://[::ffff:10.0.0.1]", Err(PlainHttp)),
            ("https://user@example.com", Err(UserInformation)),
            ("https://:secret@example.com", Err(UserInformation)),
            ("https://example.com?x=1", Err(QueryOrFragment)),
            ("https://example.com/#x", Err(QueryOrFragment)),
            ("ftp://example.com", Err(Scheme)),
            ("127.0.0.1:8460", Ok("http://127.0.0.1:8460")),
            ("[::1]:8460", Ok("http://[::1]:8460")),
            ("localhost:8460/x/", Ok("http://localhost:8460/x")),
            ("localhost", Ok("http://localhost")),
            ("control.example.com", Ok("https://control.example.com")),
            ("control:8460/x", Ok("https://control:8460/x")),
            ("10.0.0.1:80", Ok("https://10.0.0.1:80")),
            ("user@example.com", Err(UserInformation)),
            ("user:p@example.com:1", Err(UserInformation)),
            ("example.com?x=1", Err(QueryOrFragment)),
            ("nonsense", Err(NotAUrl)),
            ("local", Err(NotAUrl)),
            ("control:port", Err(NotAUrl)),
            ("a b.example", Err(NotAUrl)),
            ("file:///etc/passwd", Err(NotAUrl)),
            ("https://", Err(NotAUrl)),
            ("", Err(NotAUrl)),
        ];
        for (text, expected) in cases {
            let parsed = ServerUrl::parse(text).map(|server| server.to_string());
            assert_eq!(parsed.as_deref(), expected.as_deref(), "{text:?}");
        }
    }

    #[test]
    fn the_origin_is_scheme_host_and_port() {
        let server = |text| ServerUrl::parse(text).unwrap();
        let issuing = server("https://a.example/x");
        assert!(issuing.same_origin(&server("https://A.example:443/y")));
        assert!(!issuing.same_origin(&server("https://a.example:444/x")));
        assert!(!issuing.same_origin(&server("https://b.example/x")));
        assert!(!server("http://127.0.0.1:1").same_origin(&server("https://127.0.0.1:1")));
    }

    #[test]
    fn a_path_prefix_is_kept() {
        let endpoint = |text| {
            ServerUrl::parse(text)
                .unwrap()
                .endpoint("/api/v1/token/")
                .to_string()
        };
        assert_eq!(
            endpoint("https://a.example"),
            "https://a.example/api/v1/token/"
        );
        assert_eq!(
            endpoint("https://a.example/p/q/"),
            "https://a.example/p/q/api/v1/token/"
        );
    }
}
