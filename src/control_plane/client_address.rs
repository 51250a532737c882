//! Whose request it is: the address of the peer, or the one that a trusted proxy adds.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::app::App;

/// The address at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub IpAddr);

/// The address that limits count by. `None` if only the address of a trusted proxy is known, which
/// speaks for many clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<Arc<App>> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>();
        Ok(peer.map_or(Self(None), |peer| {
            app.proxies.client(peer.0, &parts.headers)
        }))
    }
}

/// A range of addresses in CIDR notation, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = u32::from(own) ^ u32::from(other);
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = u128::from(own) ^ u128::from(other);
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected an address or a range such as 10.0.0.0/8";
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| EXPECTED)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), str::parse).map_err(|_| EXPECTED)?;
        (prefix <= bits)
            .then_some(Self { address, prefix })
            .ok_or(EXPECTED)
    }
}

/// The proxies whose `X-Forwarded-For` counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proxies {
    /// All peers are proxies, or none.
    Every(bool),
    /// Only peers in these networks.
    In(Vec<Network>),
}

impl Proxies {
    pub(super) fn trust(&self, peer: IpAddr) -> bool {
        match self {
            Self::Every(all) => *all,
            Self::In(networks) => networks.iter().any(|network| network.contains(peer)),
        }
    }

    /// The peer, unless it is a trusted proxy. Then it is the last forwarded address, which that
    /// proxy adds; the client can send any others. Between named proxies it is the last address that
    /// is not one of them.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        if !self.trust(peer) {
            return ClientAddress(Some(site(peer)));
        }
        let named = matches!(self, Self::In(_));
        let mut hops = headers
            .get_all("x-forwarded-for")
            .iter()
            .rev()
            .flat_map(|line| {
                let line = line.to_str().unwrap_or_default();
                line.rsplit(',').map(|hop| hop.trim().to_owned())
            });
        let last = hops.find(|hop| !(named && address_of(hop).is_some_and(|hop| self.trust(hop))));
        ClientAddress(last.as_deref().and_then(address_of).map(site))
    }
}

/// Some proxies add the port.
fn address_of(hop: &str) -> Option<IpAddr> {
    let with_port = |hop: &str| Some(hop.parse::<SocketAddr>().ok()?.ip());
    hop.parse().ok().or_else(|| with_port(hop))
}

/// One client can have all IPv6 addresses of a network with a 64-bit prefix, so they count as one.
pub(super) fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &Proxies, peer: &str, forwarded: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let ClientAddress(address) = proxies.client(peer.parse().unwrap(), &headers);
        address.map(|address| address.to_string())
    }

    #[test]
    fn networks_contain_their_addresses() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.2", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe00::1", false),
            ("::1", "::1", true),
        ] {
            let contained = network.parse::<Network>().unwrap();
            let contained = contained.contains(address.parse().unwrap());
            assert_eq!(contained, inside, "{address} in {network}");
        }
        for wrong in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "/8",
            "proxy",
            "10.0.0.0/-1",
        ] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_names_the_client() {
        let (nobody, everybody) = (Proxies::Every(false), Proxies::Every(true));
        let named = Proxies::In(vec!["10.0.0.0/8".parse().unwrap()]);
        for (proxies, peer, forwarded, expected) in [
            (&nobody, "10.0.0.1", &["192.0.2.1"][..], Some("10.0.0.1")),
            (&nobody, "::ffff:10.0.0.1", &[], Some("10.0.0.1")),
            (&nobody, "2001:db8::1:2:3:4", &[], Some("2001:db8::")),
            (
                &everybody,
                "10.0.0.1",
                &["192.0.2.1, 192.0.2.2"],
                Some("192.0.2.2"),
            ),
            (
                &everybody,
                "10.0.0.1",
                &["192.0.2.1", "10.0.0.2"],
                Some("10.0.0.2"),
            ),
            (&everybody, "10.0.0.1", &["192.0.2.1, junk"], None),
            (&everybody, "10.0.0.1", &[], None),
            (
                &named,
                "10.0.0.1",
                &["192.0.2.1,192.0.2.2,10.0.0.3"],
                Some("192.0.2.2"),
            ),
            (
                &named,
                "10.0.0.1",
                &["192.0.2.1", "192.0.2.2:4711"],
                Some("192.0.2.2"),
            ),
            (
                &named,
                "10.0.0.1",
                &["[2001:db8::1]:80, 10.0.0.3"],
                Some("2001:db8::"),
            ),
            (&named, "10.0.0.1", &["10.0.0.3"], None),
            (&named, "192.0.2.9", &["192.0.2.1"], Some("192.0.2.9")),
        ] {
            let found = client(proxies, peer, forwarded);
            assert_eq!(
                found.as_deref(),
                expected,
                "{proxies:?} {peer} {forwarded:?}"
            );
        }
    }
}
