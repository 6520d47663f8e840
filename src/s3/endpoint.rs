//! The URLs of buckets at AWS. The SDK's endpoint rules, which `object_store` does not have.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The bytes of a key that are escaped in its URL, as the signature requires. A slash is not.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The domains of Regions whose names begin like this. The others are in `amazonaws.com`.
const DOMAINS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
];

/// Returns the URL of a bucket in this Region, without a slash at its end.
pub(super) fn bucket_url(bucket: &str, region: &str, is_fips: bool, is_dual_stack: bool) -> String {
    let service = if is_fips { "s3-fips" } else { "s3" };
    let network = if is_dual_stack { ".dualstack" } else { "" };
    let domain = DOMAINS
        .into_iter()
        .find(|(beginning, _)| region.starts_with(beginning))
        .map_or("amazonaws.com", |(_, domain)| domain);
    let host = format!("{service}{network}.{region}.{domain}");
    if is_host_label(bucket) {
        format!("https://{bucket}.{host}")
    } else {
        format!("https://{host}/{}", encode(bucket))
    }
}

/// Returns whether a bucket can be part of the host name. Certificates do not cover names with
/// dots.
fn is_host_label(bucket: &str) -> bool {
    let is_label_byte =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&bucket.len())
        && bucket.bytes().all(is_label_byte)
        && !bucket.starts_with('-')
        && !bucket.ends_with('-')
}

/// Escapes a bucket or key for its URL.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, &ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::{bucket_url, encode};

    #[test]
    fn a_bucket_has_a_host_name_in_the_domain_of_its_partition() {
        for (region, url) in [
            ("us-east-1", "https://lists.s3.us-east-1.amazonaws.com"),
            (
                "us-gov-west-1",
                "https://lists.s3.us-gov-west-1.amazonaws.com",
            ),
            ("cn-north-1", "https://lists.s3.cn-north-1.amazonaws.com.cn"),
            (
                "eusc-de-east-1",
                "https://lists.s3.eusc-de-east-1.amazonaws.eu",
            ),
            ("us-iso-east-1", "https://lists.s3.us-iso-east-1.c2s.ic.gov"),
            (
                "us-isob-east-1",
                "https://lists.s3.us-isob-east-1.sc2s.sgov.gov",
            ),
        ] {
            assert_eq!(bucket_url("lists", region, false, false), url);
        }
    }

    #[test]
    fn fips_and_dual_stack_have_endpoints_of_their_own() {
        for (is_fips, is_dual_stack, url) in [
            (true, false, "https://lists.s3-fips.us-east-1.amazonaws.com"),
            (
                false,
                true,
                "https://lists.s3.dualstack.us-east-1.amazonaws.com",
            ),
            (
                true,
                true,
                "https://lists.s3-fips.dualstack.us-east-1.amazonaws.com",
            ),
        ] {
            assert_eq!(
                bucket_url("lists", "us-east-1", is_fips, is_dual_stack),
                url
            );
        }
    }

    #[test]
    fn a_bucket_that_is_not_a_host_label_is_part_of_the_path() {
        for bucket in ["li.sts", "Lists", "-lists", "lists-", "ab"] {
            let url = bucket_url(bucket, "us-east-1", false, false);
            assert_eq!(url, format!("https://s3.us-east-1.amazonaws.com/{bucket}"));
        }
    }

    #[test]
    fn escapes_everything_but_unreserved_characters_and_slashes() {
        assert_eq!(encode("a-b._~/c//d"), "a-b._~/c//d");
        assert_eq!(encode("%20 ä?x#y+"), "%2520%20%C3%A4%3Fx%23y%2B");
    }
}
