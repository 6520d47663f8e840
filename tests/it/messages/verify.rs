//! Verification: what is refused, noted and reported.

use super::{Transcript, prepared};
use crate::harness::{TestEndpoint, TestReply};

#[test]
fn verify() {
    let (dir, pool) = prepared();
    let mut transcript = Transcript::default();
    transcript.run(&dir, "verify run (missing)", dir.verify(&pool));
    let rehearse = dir.rehearse("users.csv").args(["--run-dir", "run"]);
    rehearse.run().exits(0);
    transcript.run(&dir, "verify run (a rehearsal)", dir.verify(&pool));
    std::fs::remove_dir_all(dir.path("run")).unwrap();
    dir.import(&pool, "users.csv").run().exits(0);
    let other = dir.file("other.csv", "username,password\nzoe,Passw0rd!\n");
    let verify = dir.verify(&pool).arg(other);
    transcript.run(&dir, "verify run other.csv", verify);
    let verify = dir.verify(&pool).arg("users.csv");
    transcript.run(&dir, "verify run users.csv", verify);
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "AdminDeleteUser" if request.username() != "user0001" => {
            TestReply::error("InvalidParameterException", "no")
        }
        _ => TestReply::Forward,
    });
    let undo = dir.undo(&pool).without_flag("--endpoint-url");
    let undo = undo.args(["--endpoint-url", &endpoint.url()]);
    undo.run().exits(1);
    transcript.run(&dir, "verify run (undo not finished)", dir.verify(&pool));
    dir.undo(&pool).run().exits(0);
    transcript.run(&dir, "verify run (undone)", dir.verify(&pool));
    assert_messages!("verify", transcript.0);
}
