//! Published ports: which address they are reachable at.

use std::net::IpAddr;

/// A published port, split into its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The address of the host; none means all of them.
    pub address: Option<IpAddr>,
    /// The port or range of the host; empty for one that the engine chooses.
    pub host: String,
    /// The port or range of the container.
    pub container: String,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// Reads `[[address:]host:]container[/protocol]`.
pub fn parse(text: &str) -> Result<Published, String> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    if !matches!(protocol, "tcp" | "udp" | "sctp") {
        return Err("has a protocol that is none of tcp, udp and sctp".to_owned());
    }
    let (before, container) = ports.rsplit_once(':').map_or((None, ports), |(a, b)| (Some(a), b));
    let (address, host) = match before {
        None => (None, ""),
        Some(before) => before.rsplit_once(':').map_or((None, before), |(a, b)| (Some(a), b)),
    };
    let address = match address.map(|it| it.trim_start_matches('[').trim_end_matches(']')) {
        None | Some("") => None,
        Some(text) => Some(text.parse().map_err(|_| "has an address that is no IP address".to_owned())?),
    };
    if !is_range(container) || !(host.is_empty() || is_range(host)) {
        return Err("has a port that is no number or range".to_owned());
    }
    Ok(Published {
        address,
        host: host.to_owned(),
        container: container.to_owned(),
        protocol: protocol.to_owned(),
    })
}

fn is_range(text: &str) -> bool {
    let is_port = |text: &str| text.parse::<u16>().is_ok() && !text.starts_with('+');
    match text.split_once('-') {
        Some((low, high)) => is_port(low) && is_port(high),
        None => is_port(text),
    }
}

impl Published {
    /// Whether only the host itself reaches it.
    pub fn is_local(&self) -> bool {
        self.address.is_some_and(|address| address.is_loopback())
    }

    /// The one form in which it is approved.
    pub fn canonical(&self) -> String {
        let address = match self.address {
            Some(address) if !address.is_unspecified() => format!("{address}:"),
            _ => String::new(),
        };
        format!("{address}{}:{}/{}", self.host, self.container, self.protocol)
    }
}
