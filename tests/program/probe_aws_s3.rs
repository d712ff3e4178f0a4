//! What `aws s3 …` and `aws s3api …` would do, asked of a real server through the real CLI.

use crate::support::aws_probe::{Desk, fate_of, goes, moves, protections};
use guard::engine::fact::Why;
use guard::engine::impact::Fate;
use serde_json::json;

fn bucket(desk: &Desk, name: &str, keys: &[&str]) {
    let here = json!({"LocationConstraint": desk.person.region});
    desk.make("s3", "create_bucket", json!({"Bucket": name, "CreateBucketConfiguration": here}));
    for key in keys {
        desk.make("s3", "put_object", json!({"Bucket": name, "Key": key, "Body": "12345"}));
    }
}

fn versioned(desk: &Desk, name: &str) {
    desk.make(
        "s3",
        "put_bucket_versioning",
        json!({"Bucket": name, "VersioningConfiguration": {"Status": "Enabled"}}),
    );
}

#[test]
fn rm_counts_what_goes_and_versioning_keeps_it() {
    let Some(desk) = Desk::of("s3-rm") else { return };
    bucket(&desk, "s3-rm", &["logs/1", "logs/2", "other"]);
    let seen = desk.ask(&["s3", "rm", "s3://s3-rm/logs/", "--recursive"]);
    assert_eq!((seen.error.as_ref(), &seen.impact.gaps), (None, &vec![]));
    assert_eq!(seen.impact.subjects[0].name, "s3-rm/logs/");
    assert_eq!(goes(&seen.impact, "object"), 2);
    let (fate, because) = fate_of(&seen.impact, "2 objects, 10 B in s3-rm/logs/");
    assert!(
        fate == Fate::Erased && because.starts_with("no versioning; the newest was written "),
        "{because}"
    );
    assert!(protections(&seen.impact).starts_with(
        "versioning is OFF; turn on: aws s3api put-bucket-versioning --bucket s3-rm --versioning-configuration Status=Enabled"
    ));
    assert_eq!(seen.safer.as_deref(), Some("aws s3 rm s3://s3-rm/logs/ --recursive --dryrun"));

    versioned(&desk, "s3-rm");
    let seen = desk.ask(&["s3", "rm", "s3://s3-rm", "--recursive"]).impact;
    assert_eq!(fate_of(&seen, "3 objects"), (Fate::Kept, "older versions, by versioning"));
    assert_eq!(moves(&seen), "- disrupt: versioning keeps what is deleted\n");
    assert!(seen.whole_scope);

    let filtered =
        desk.ask(&["s3", "rm", "s3://s3-rm", "--recursive", "--quiet", "--exclude", "logs/*"]).impact;
    assert_eq!((goes(&filtered, "object"), filtered.gaps.len()), (1, 0), "{filtered:#?}");

    let one = desk.ask(&["s3", "rm", "s3://s3-rm/other"]).impact;
    assert_eq!(fate_of(&one, "1 object, 5 B in s3-rm/other").0, Fate::Kept);
    for (uri, why) in [
        ("s3://s3-rm/nothing", "- read: no such object: nothing\n"),
        ("s3://s3-no-such/x", "- read: no such bucket: s3-no-such\n"),
    ] {
        assert_eq!(moves(&desk.ask(&["s3", "rm", uri]).impact), why);
    }
    let none = desk.ask(&["s3", "rm", "--recursive", "s3://s3-rm/nothing/"]).impact;
    assert_eq!(moves(&none), "- read: nothing lies under s3-rm/nothing/\n");
}

#[test]
fn rb_and_delete_bucket_tell_empty_from_full() {
    let Some(desk) = Desk::of("s3-rb") else { return };
    bucket(&desk, "s3-rb", &[]);
    for words in [&["s3", "rb", "s3://s3-rb"][..], &["s3api", "delete-bucket", "--bucket", "s3-rb"]] {
        let seen = desk.ask(words).impact;
        assert_eq!(
            moves(&seen),
            "- disrupt: the bucket is empty: its name and configuration go\n",
            "{seen:#?}"
        );
    }
    versioned(&desk, "s3-rb");
    desk.make("s3", "put_object", json!({"Bucket": "s3-rb", "Key": "a", "Body": "x"}));
    let seen = desk.ask(&["s3", "rb", "s3://s3-rb"]).impact;
    assert_eq!(seen.refused.as_deref(), Some("the bucket is not empty: 1 object, 1 B"));
    let seen = desk.ask(&["s3", "rb", "s3://s3-rb", "--force"]).impact;
    assert_eq!(seen.refused, None);
    assert!(seen.also.iter().any(|a| a.starts_with("older versions stay")), "{:?}", seen.also);
    desk.make("s3", "delete_object", json!({"Bucket": "s3-rb", "Key": "a"}));
    let seen = desk.ask(&["s3api", "delete-bucket", "--bucket", "s3-rb"]).impact;
    assert_eq!(seen.refused.as_deref(), Some("the bucket is not empty"));
}

#[test]
fn sync_is_asked_by_its_own_dry_run() {
    let Some(desk) = Desk::of("s3-sync") else { return };
    bucket(&desk, "s3-sync", &["a", "b", "new"]);
    let site = desk.path().join("site");
    std::fs::create_dir_all(&site).unwrap();
    let site = site.display().to_string();
    let words = ["s3", "sync", site.as_str(), "s3://s3-sync", "--delete", "--only-show-errors"];
    let seen = desk.ask(&words).impact;
    assert_eq!(fate_of(&seen, "3 objects in s3://s3-sync"), (Fate::Erased, "no versioning"));
    assert!(seen.also.iter().any(|a| a.contains("empty or wrong")), "{:?}", seen.also);
    std::fs::write(format!("{site}/new"), "longer than before").unwrap();
    let seen = desk.ask(&words).impact;
    assert_eq!(goes(&seen, "object"), 2);
    assert_eq!(seen.groups[0].names, ["a", "b"]);
    let seen = desk.ask(&["s3", "sync", site.as_str(), "s3://s3-sync"]).impact;
    assert_eq!(moves(&seen), "- mutate: by its own --dryrun it deletes nothing\n");
    let back = desk.ask(&["s3", "sync", "s3://s3-sync/none", site.as_str(), "--delete"]).impact;
    assert_eq!(fate_of(&back, "1 local file").0, Fate::Erased);
    let moved = desk.ask(&["s3", "mv", "s3://s3-sync/a", "s3://s3-sync/c"]).impact;
    assert_eq!(fate_of(&moved, "1 object"), (Fate::Kept, "under its new name"));
}

#[test]
fn single_objects_versions_and_configuration() {
    let Some(desk) = Desk::of("s3-api") else { return };
    bucket(&desk, "s3-api", &["k", "l"]);
    let of = |words: &[&str]| desk.ask(words).impact;
    let one = of(&["s3api", "delete-object", "--bucket", "s3-api", "--key", "k"]);
    assert_eq!(fate_of(&one, "object k (5 B)"), (Fate::Erased, "no versioning"));
    versioned(&desk, "s3-api");
    let put = desk.make("s3", "put_object", json!({"Bucket": "s3-api", "Key": "k", "Body": "2"}));
    let version = put["VersionId"].as_str().unwrap();
    let kept = of(&["s3api", "delete-object", "--bucket", "s3-api", "--key", "k"]);
    assert_eq!(fate_of(&kept, "object k").0, Fate::Kept);
    let gone = of(&["s3api", "delete-object", "--bucket", "s3-api", "--key", "k", "--version-id", version]);
    assert_eq!(fate_of(&gone, "object k (1 B)").0, Fate::Erased);
    let many = format!(r#"{{"Objects": [{{"Key": "k", "VersionId": "{version}"}}, {{"Key": "l"}}]}}"#);
    let seen = of(&["s3api", "delete-objects", "--bucket", "s3-api", "--delete", &many]);
    assert_eq!(fate_of(&seen, "1 object version").0, Fate::Erased);
    assert_eq!(fate_of(&seen, "1 object in").0, Fate::Kept);
    let short = of(&[
        "s3api",
        "delete-objects",
        "--bucket",
        "s3-api",
        "--delete",
        "Objects=[{Key=k},{Key=l}],Quiet=true",
    ]);
    assert_eq!(goes(&short, "object"), 2);
    let off = of(&[
        "s3api",
        "put-bucket-versioning",
        "--bucket",
        "s3-api",
        "--versioning-configuration",
        "Status=Suspended",
    ]);
    assert_eq!(protections(&off), "versioning is removed by this command: deletions become final\n");
    let rules = r#"{"Rules": [{"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Expiration": {"Days": 30}}]}"#;
    let seen = of(&[
        "s3api",
        "put-bucket-lifecycle-configuration",
        "--bucket",
        "s3-api",
        "--lifecycle-configuration",
        rules,
    ]);
    assert_eq!(fate_of(&seen, "every object of s3-api older than 30 days").0, Fate::Kept);
    let none = of(&["s3api", "delete-bucket-policy", "--bucket", "s3-api"]);
    assert_eq!(moves(&none), "- mutate: the bucket has no bucket policy\n");
}

#[test]
fn denied_reads_and_other_peoples_buckets_are_said() {
    let Some(desk) = Desk::of("s3-denied") else { return };
    bucket(&desk, "s3-denied", &["x"]);
    desk.aws.fault(
        &desk.person,
        json!({"service": "s3", "operation": "ListObjects*", "code": "AccessDenied", "message": "no", "status": 403}),
    );
    let seen = desk.ask(&["s3", "rm", "s3://s3-denied", "--recursive"]).impact;
    assert_eq!(fate_of(&seen, "objects in s3-denied").0, Fate::Unknown);
    assert!(
        seen.gaps.iter().any(|g| g.what == "objects in s3-denied" && g.why == Why::Forbidden),
        "{:#?}",
        seen.gaps
    );
    desk.aws.mend(&desk.person);
    desk.aws.fault(
        &desk.person,
        json!({"service": "s3", "operation": "GetBucketVersioning", "code": "AccessDenied", "message": "no", "status": 403}),
    );
    let seen = desk.ask(&["s3", "rm", "s3://s3-denied", "--recursive"]).impact;
    assert_eq!(fate_of(&seen, "1 object").0, Fate::Unknown);
    assert!(seen.gaps.iter().any(|g| g.what == "versioning of s3-denied"), "{:#?}", seen.gaps);
    assert_eq!(seen.consequences, []);
}
