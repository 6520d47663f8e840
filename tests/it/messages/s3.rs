//! Lists in S3 that are refused.

use super::Transcript;
use crate::harness::{Bucket, Emulator, TestDir, users};

#[test]
fn refused_objects() {
    let Some(emulator) = Emulator::with_auth() else {
        return;
    };
    let bucket = Bucket::new(emulator, "messages", "us-east-1");
    let dir = TestDir::new();
    let list = bucket.put("users.csv", users(1));
    let (key, secret) = emulator.key_without_permissions("message-reader");
    let mut transcript = Transcript::default();
    for missing in ["s3://messages/missing.csv", "s3://no-such-bucket/users.csv"] {
        let check = bucket.with_endpoint(dir.cli("check").arg(missing));
        transcript.run(&dir, &format!("check {missing}"), check);
    }
    for (title, secret) in [
        ("without permission", &*secret),
        ("a wrong secret", "made-up"),
    ] {
        let check = bucket
            .with_endpoint(dir.cli("check").arg(&list))
            .env("AWS_ACCESS_KEY_ID", &key)
            .env("AWS_SECRET_ACCESS_KEY", secret);
        transcript.run(&dir, &format!("check {list} ({title})"), check);
    }
    assert_messages!("refused_objects", transcript.0);
}
