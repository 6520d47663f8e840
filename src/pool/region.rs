//! The Region in a user pool's ID, and its AWS partition.

/// The first parts of Regions in the partition `aws`.
const COMMERCIAL: [&str; 9] = ["af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us"];

/// Returns the Region in a pool's ID. `None` for the IDs of emulators.
#[must_use]
pub fn region_of(user_pool_id: &str) -> Option<String> {
    let (region, _) = user_pool_id.split_once('_')?;
    looks_like_a_region(region).then(|| region.to_owned())
}

/// Returns whether the text looks like `us-east-1`, `us-gov-west-1` or `eusc-de-east-1`: at least
/// three parts, the first with two letters (or `eusc`), the last a number.
pub(super) fn looks_like_a_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3
        && parts
            .first()
            .is_some_and(|part| part.len() == 2 || *part == "eusc")
        && parts.last().is_some_and(|part| part.parse::<u8>().is_ok())
}

/// Returns the partition of a Region as used in ARNs. `None` if unknown. The table follows the
/// SDK's endpoint rules, which do not expose it.
#[must_use]
pub fn partition_of(region: &str) -> Option<&'static str> {
    let mut parts = region.split('-');
    let (area, second) = (parts.next()?, parts.next()?);
    match (area, second) {
        ("us", "gov") => Some("aws-us-gov"),
        ("us", "iso") => Some("aws-iso"),
        ("us", "isob") => Some("aws-iso-b"),
        ("eu", "isoe") => Some("aws-iso-e"),
        ("us", "isof") => Some("aws-iso-f"),
        (_, isolated) if isolated.starts_with("iso") => None,
        ("cn", _) => Some("aws-cn"),
        ("eusc", _) => Some("aws-eusc"),
        (area, _) => COMMERCIAL.contains(&area).then_some("aws"),
    }
}

#[cfg(test)]
mod tests {
    use super::{partition_of, region_of};

    #[test]
    fn finds_the_region_unless_the_id_is_from_an_emulator() {
        for region in [
            "eu-west-1",
            "us-gov-west-1",
            "us-isob-east-1",
            "eusc-de-east-1",
        ] {
            let id = format!("{region}_Ab1");
            assert_eq!(region_of(&id).as_deref(), Some(region));
        }
        for none in ["local_Ab1", "local-pool-1_Ab1", "Ab1", "_Ab1", ""] {
            assert_eq!(region_of(none), None, "{none}");
        }
    }

    #[test]
    fn maps_regions_to_partitions() {
        for (region, partition) in [
            ("us-east-1", Some("aws")),
            ("ap-southeast-3", Some("aws")),
            ("mx-central-1", Some("aws")),
            ("cn-north-1", Some("aws-cn")),
            ("us-gov-west-1", Some("aws-us-gov")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("us-iso-east-1", Some("aws-iso")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("us-isof-south-1", Some("aws-iso-f")),
            ("us-isog-east-1", None),
            ("zz-north-1", None),
        ] {
            assert_eq!(partition_of(region), partition, "{region}");
        }
    }
}
