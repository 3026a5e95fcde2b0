//! Addresses of a network that is made: the engine gives the host a route to them.

use std::net::IpAddr;

use super::Judge;

/// Private by RFC 1918 and RFC 4193; what is outside of these is somebody's: loopback, link-local with the metadata
/// services, shared and public addresses.
const PRIVATE: &[(&str, u32)] = &[("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16), ("fc00::", 7)];

/// Metadata services of hosting companies at private addresses: Amazon's, and Google's.
const METADATA: &[(&str, u32)] = &[("fd00:ec2::", 32), ("fd20:ce::", 32)];

/// A range as its first address, aligned to the left of 128 bits, and the number of its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    four: bool,
    bits: u128,
    length: u32,
}

impl Range {
    /// Reads `address` or `address/length`.
    fn read(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/').map_or((text, None), |(it, length)| (it, Some(length)));
        let (four, bits, most) = match address.parse().ok()? {
            IpAddr::V4(address) => (true, u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (false, address.to_bits(), 128),
        };
        let length = match length {
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => length.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (length <= most).then_some(Self { four, bits, length })
    }

    fn share(self, other: Self, length: u32) -> bool {
        let apart = (self.bits ^ other.bits).leading_zeros();
        self.four == other.four && apart >= length
    }

    fn is_in(self, other: Self) -> bool {
        self.length >= other.length && self.share(other, other.length)
    }

    fn overlaps(self, other: Self) -> bool {
        self.share(other, self.length.min(other.length))
    }
}

fn any(of: &[(&str, u32)], fits: impl Fn(Range) -> bool) -> bool {
    of.iter().any(|(address, length)| Range::read(&format!("{address}/{length}")).is_some_and(&fits))
}

impl Judge<'_> {
    pub(super) fn addresses(&mut self, kind: &str, text: &str, origin: &str) {
        let Some(range) = Range::read(text) else {
            return self
                .verdict
                .never(format!("the {kind} {text} is no address that the gate can read"), origin);
        };
        if !any(PRIVATE, |private| range.is_in(private)) {
            let words = format!("the {kind} {text} takes addresses that are not private away from the host");
            return self.verdict.never(words, origin);
        }
        if any(METADATA, |metadata| range.overlaps(metadata)) {
            let words =
                format!("the {kind} {text} takes the address of a metadata service away from the host");
            return self.verdict.never(words, origin);
        }
        let words =
            format!("makes a network with the {kind} {text}: the host no longer reaches what else is there");
        self.ask("network-addresses", &[("kind", kind), ("addresses", text)], origin, words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_apart_by_their_bits() {
        let read = |text: &str| Range::read(text).unwrap();
        assert!(read("10.1.0.0/16").is_in(read("10.0.0.0/8")));
        assert!(!read("10.0.0.0/7").is_in(read("10.0.0.0/8")));
        assert!(!read("0.0.0.0/0").is_in(read("10.0.0.0/8")));
        assert!(!read("172.32.0.0/16").is_in(read("172.16.0.0/12")));
        // Not the same bits in the other family.
        assert!(!read("0a00::/8").overlaps(read("10.0.0.0/8")));
        assert!(read("fd00::/8").overlaps(read("fd00:ec2::/32")));
        assert!(read("fd00:ec2::254").overlaps(read("fd00:ec2::/32")));
        assert!(!read("fd01::/16").overlaps(read("fd00:ec2::/32")));
        for text in [
            "",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "010.0.0.0/8",
            "10/8",
            "fe80::1%eth0/64",
            "::/129",
        ] {
            assert_eq!(Range::read(text), None, "{text}");
        }
    }
}
