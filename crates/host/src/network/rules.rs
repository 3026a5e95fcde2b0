//! The rules, as text for `nft`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The table; its name is ours, so that it is replaced and removed as a whole.
pub(super) const TABLE: &str = "remo";

/// The bridge of the vault's network. A name of an interface has 15 bytes at most.
pub const VAULT_BRIDGE: &str = "remo-vault";

/// Where clouds hand out the credentials of a machine, beyond the link-local range: Alibaba's metadata service and the
/// host agent of Azure (168.63.129.16, which is the resolver there too).
const METADATA_IPV4: &[&str] = &["169.254.0.0/16", "100.100.100.200", "168.63.129.16"];

/// The same over IPv6: AWS (`fd00:ec2::254` and the neighbours for its container services), Google, Scaleway
/// (`fd00:42::42`, by the documentation of cloud-init), and the link-local range of IPv4 behind the well-known prefix of
/// translators (RFC 6052).
const METADATA_IPV6: &[&str] = &["fd00:ec2::/32", "fd20:ce::254", "fd00:42::42", "64:ff9b::a9fe:0/112"];

/// Refused addresses that answer for names on the clouds that have them: AWS, Google and Azure. Always let through for
/// that: the rules are put in force before the network is up, when the host may not know its resolvers yet.
const CLOUD_RESOLVERS: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 253)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x253)),
];

/// Refused, not dropped: tools that look for such a service give up at once.
const REFUSE: &str = "counter reject with icmpx admin-prohibited";

/// The whole file for `nft -f`: replaces the table in one step, whether it is there or not.
///
/// `resolvers` are the host's; those among the refused addresses, and those of the clouds, answer for names, and for
/// nothing else.
pub(super) fn text(resolvers: &[IpAddr]) -> String {
    let mut text = format!("table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n");
    text += "  chain from_containers {\n    type filter hook prerouting priority raw; policy accept;\n";
    text += "    meta iifkind != \"bridge\" accept\n";
    let resolvers: BTreeSet<&IpAddr> = CLOUD_RESOLVERS.iter().chain(resolvers).collect();
    for resolver in resolvers {
        let family = if resolver.is_ipv4() { "ip" } else { "ip6" };
        // Writing to a string does not fail.
        let _ =
            writeln!(text, "    {family} daddr {resolver} meta l4proto {{ tcp, udp }} th dport 53 accept");
    }
    let _ = writeln!(text, "    ip daddr {{ {} }} {REFUSE}", METADATA_IPV4.join(", "));
    let _ = writeln!(text, "    ip6 daddr {{ {} }} {REFUSE}", METADATA_IPV6.join(", "));
    // Neighbours are found with ICMPv6 on these addresses, which has to go on.
    let _ = writeln!(text, "    ip6 daddr fe80::/10 meta l4proto {{ tcp, udp }} {REFUSE}");
    text += "  }\n  chain to_vault {\n    type filter hook forward priority filter - 10; policy accept;\n";
    let _ = writeln!(
        text,
        "    meta iifkind \"bridge\" iifname != \"{VAULT_BRIDGE}\" oifname \"{VAULT_BRIDGE}\" {REFUSE}"
    );
    text += "  }\n}\n";
    text
}

/// The resolvers that a file of the form of `resolv.conf` names, those only that the rules would refuse otherwise.
pub(super) fn link_local_resolvers(resolv_conf: &str) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = resolv_conf
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("nameserver")).then(|| words.next()?.parse().ok()).flatten()
        })
        .filter(is_refused)
        .collect();
    found.sort();
    found.dedup();
    found
}

fn is_refused(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_link_local() || METADATA_IPV4.contains(&address.to_string().as_str())
        }
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            (first, second) == (0xfd00, 0x0ec2) || METADATA_IPV6.contains(&address.to_string().as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_that_answers_for_names_there_is_asked_for_nothing_else() {
        let found = link_local_resolvers(
            "search x\nnameserver 169.254.169.254\nnameserver 127.0.0.53\nnameserver 10.0.0.2\n\
             nameserver fd00:ec2::253\nnameserver 168.63.129.16 # Azure\nnameserver fe80::1%eth0\n",
        );
        let shown: Vec<String> = found.iter().map(IpAddr::to_string).collect();
        assert_eq!(shown, ["168.63.129.16", "169.254.169.254", "fd00:ec2::253"]);
        let text = text(&found);
        let allowed = text.lines().filter(|line| line.ends_with("dport 53 accept")).count();
        assert_eq!(allowed, 4, "{text}");
    }

    #[test]
    fn the_resolvers_of_clouds_are_asked_for_names_before_the_host_knows_its_own() {
        let text = text(&[]);
        for resolver in ["169.254.169.253", "169.254.169.254", "168.63.129.16"] {
            let allowed = format!("ip daddr {resolver} meta l4proto {{ tcp, udp }} th dport 53 accept");
            let refused = text.find("169.254.0.0/16").unwrap();
            assert!(text.find(&allowed).is_some_and(|at| at < refused), "{text}");
        }
        assert!(text.contains("fd00:42::42"), "{text}");
    }

    #[test]
    fn nothing_of_a_file_of_resolvers_gets_into_the_rules_but_addresses() {
        assert_eq!(
            link_local_resolvers("nameserver 169.254.1.1;flush\nnameserver }\nnameserver"),
            [] as [IpAddr; 0]
        );
    }
}
