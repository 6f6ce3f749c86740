//! Refuses requests that change something and that another site makes a browser send.
//!
//! A browser says where a request comes from: in `Sec-Fetch-Site`, and in `Origin`, which must
//! name the host that is asked. Programs say neither, and pass. Judged first, before who asks and
//! whether there is what they ask for.

use std::fmt;
use std::str::FromStr;

use axum::http::{HeaderMap, Method, header};

/// A scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no origin, such as https://console.example.org");
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let scheme = scheme.to_ascii_lowercase();
        let default = default_port(&scheme).ok_or_else(wrong)?;
        let (host, port) = host_and_port(rest).ok_or_else(wrong)?;
        Ok(Self { scheme, host, port: port.unwrap_or(default) })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

/// A request as far as it tells where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Whether a proxy that is believed passed it on, so that what it says of the host counts.
    pub proxied: bool,
}

/// Whether it changes something and was sent by another site.
pub fn is_cross(sent: Sent<'_>, allowed: &[Origin]) -> bool {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(sent.method) {
        return false;
    }
    let mut origins = sent.headers.get_all(header::ORIGIN).iter();
    let (origin, second) = (origins.next(), origins.next());
    if second.is_some() {
        return true;
    }
    if let Some(origin) = origin {
        let Some(origin) = origin.to_str().ok().and_then(|text| text.parse::<Origin>().ok()) else {
            return true;
        };
        if allowed.contains(&origin) {
            return false;
        }
        if asked_host(sent, &origin).is_none_or(|own| own != (origin.host, origin.port)) {
            return true;
        }
    }
    let mut sites = sent.headers.get_all("sec-fetch-site").iter();
    sites.any(|site| site != "same-origin" && site != "none")
}

/// The host and port that were asked, as the browser saw them.
fn asked_host(sent: Sent<'_>, origin: &Origin) -> Option<(String, u16)> {
    let forwarded = |name| if sent.proxied { last(sent.headers, name) } else { None };
    let mut hosts = sent.headers.get_all(header::HOST).iter();
    let (host, second) = (hosts.next(), hosts.next());
    if second.is_some() {
        return None;
    }
    let host = forwarded("x-forwarded-host").or_else(|| host.and_then(|host| host.to_str().ok()));
    let (host, port) = host_and_port(host?)?;
    // Whether TLS ended before us is not known unless a proxy says so.
    let scheme = forwarded("x-forwarded-proto").unwrap_or(&origin.scheme).to_ascii_lowercase();
    Some((host, port.or_else(|| default_port(&scheme))?))
}

/// What the nearest proxy said.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim)
}

/// Reads `host`, `host:port` or `[address]:port`; the host in small letters.
pub fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (
                &text[..address.len() + 2],
                rest.strip_prefix(':').or(Some(rest).filter(|r| r.is_empty()))?,
            )
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "-._".contains(sign);
    if host.is_empty() || !(host.starts_with('[') || host.chars().all(is_sign)) {
        return None;
    }
    let colon = text.len() > host.len();
    let port = match (colon, port) {
        (false, _) => None,
        (true, port) if port.bytes().all(|digit| digit.is_ascii_digit()) => {
            Some(port.parse().ok()?)
        }
        (true, _) => return None,
    };
    Some((host.to_ascii_lowercase(), port))
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(said: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn is_refused(method: &Method, said: &[(&'static str, &str)], proxied: bool) -> bool {
        let allowed = ["https://elsewhere.example".parse().unwrap()];
        is_cross(Sent { method, headers: &headers(said), proxied }, &allowed)
    }

    #[test]
    fn b2_a_write_of_another_site_is_refused() {
        let host = ("host", "sexton.example");
        for (said, refused) in [
            (&[][..], false),
            (&[("origin", "http://sexton.example")], false),
            (&[("origin", "https://sexton.example")], false),
            (&[("origin", "https://sexton.example:443")], false),
            (&[("origin", "HTTPS://Sexton.Example")], false),
            (&[("origin", "http://sexton.example:80")], false),
            (&[("origin", "https://elsewhere.example")], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "http://evil.example")], true),
            (&[("origin", "http://elsewhere.example")], true),
            (&[("origin", "http://sexton.example:8080")], true),
            (&[("origin", "http://sexton.example.evil.example")], true),
            (&[("origin", "http://sexton.example@evil.example")], true),
            (&[("origin", "http://sexton.example/")], true),
            (&[("origin", "null")], true),
            (&[("origin", "")], true),
            (&[("origin", "file://sexton.example")], true),
            (&[("origin", "sexton.example")], true),
            (&[("origin", "http://sexton.example"), ("origin", "http://evil.example")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("origin", "http://sexton.example"), ("sec-fetch-site", "cross-site")], true),
        ] {
            let said: Vec<_> = said.iter().copied().chain([host]).collect();
            for method in [Method::POST, Method::DELETE, Method::PUT, Method::PATCH] {
                assert_eq!(is_refused(&method, &said, false), refused, "{method} {said:?}");
            }
            for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
                assert!(!is_refused(&method, &said, false), "{method} {said:?}");
            }
        }
    }

    #[test]
    fn b2_what_a_proxy_forwards_counts_if_it_is_trusted() {
        let said = [
            ("host", "10.0.0.7:8080"),
            ("x-forwarded-host", "sexton.example"),
            ("x-forwarded-proto", "https"),
            ("origin", "https://sexton.example"),
        ];
        assert!(is_refused(&Method::DELETE, &said, false));
        assert!(!is_refused(&Method::DELETE, &said, true));
        let other_port = [said[1], said[2], ("origin", "http://sexton.example")];
        assert!(is_refused(&Method::DELETE, &other_port, true), "port 80 is not port 443");
    }

    #[test]
    fn a_port_is_a_part_of_the_host() {
        for (text, read) in [
            ("a.example", Some(("a.example", None))),
            ("A.example:8080", Some(("a.example", Some(8080)))),
            ("[::1]", Some(("[::1]", None))),
            ("[::1]:80", Some(("[::1]", Some(80)))),
            ("", None),
            (":80", None),
            ("a:", None),
            ("a:b", None),
            ("a:99999", None),
            ("[::1", None),
            ("[::1]80", None),
            ("[x]:80", None),
            ("a b", None),
            ("a/b", None),
            ("u@a", None),
        ] {
            let read = read.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(host_and_port(text), read, "{text}");
        }
    }

    #[test]
    fn two_hosts_are_none() {
        let said = [("host", "a.example"), ("host", "b.example"), ("origin", "http://a.example")];
        assert!(is_refused(&Method::DELETE, &said, false));
    }
}
