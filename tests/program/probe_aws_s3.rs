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
    // One rule that does both: what expires today is gone tomorrow.
    assert_eq!(
        fate_of(&seen, "every object of s3-api older than 30 days"),
        (Fate::Erased, "its lifecycle erases older versions 1 day after")
    );
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
    // Whoever may not read locks is refused like somebody else's account: whose it is, another question tells.
    let gaps = |operation: &str| {
        desk.aws.mend(&desk.person);
        desk.aws.fault(
            &desk.person,
            json!({"service": "s3", "operation": operation, "code": "AccessDenied", "message": "no", "status": 403}),
        );
        let seen = desk.ask(&["s3", "rm", "s3://s3-denied", "--recursive"]).impact;
        seen.gaps.iter().map(|g| format!("{}: {}", g.what, g.why)).collect::<Vec<_>>()
    };
    assert_eq!(gaps("GetObjectLockConfiguration"), ["Object Lock of s3-denied: forbidden"]);
    assert_eq!(
        gaps("Get*"),
        [
            "versioning of s3-denied: forbidden",
            "owner of s3-denied: forbidden",
            "Object Lock of s3-denied: forbidden"
        ]
    );
}

#[test]
fn versions_that_the_lifecycle_erases_keep_nothing() {
    let Some(desk) = Desk::of("s3-lifecycle") else { return };
    bucket(&desk, "s3-lifecycle", &["logs/1", "logs-old/1", "logs-old/2", "x/1"]);
    versioned(&desk, "s3-lifecycle");
    let rules = |rules: serde_json::Value| {
        let args = json!({"Bucket": "s3-lifecycle", "LifecycleConfiguration": {"Rules": rules}});
        desk.make("s3", "put_bucket_lifecycle_configuration", args);
    };
    let erasing = json!({
        "ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs"},
        "Expiration": {"Days": 90}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    });
    let transition = json!({
        "ID": "x", "Status": "Enabled", "Filter": {"Prefix": "x/"},
        "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}],
    });
    rules(json!([erasing, transition]));
    let end = "its lifecycle erases older versions 1 day after";
    // The CLI adds the slash: `logs-old` stays.
    let seen = desk.ask(&["s3", "rm", "s3://s3-lifecycle/logs", "--recursive"]).impact;
    assert_eq!(fate_of(&seen, "1 object, 5 B in s3-lifecycle/logs/"), (Fate::Erased, end));
    assert_eq!((moves(&seen).as_str(), seen.gaps.len()), ("", 0), "{seen:#?}");
    assert_eq!(
        protections(&seen),
        format!("versioning keeps deleted objects as older versions, but {end}\n")
    );
    let seen = desk.ask(&["s3", "rm", "s3://s3-lifecycle/logs/1"]).impact;
    assert_eq!(fate_of(&seen, "1 object"), (Fate::Erased, end));
    let one = ["s3api", "delete-object", "--bucket", "s3-lifecycle", "--key", "logs/1"];
    assert_eq!(fate_of(&desk.ask(&one).impact, "object logs/1").0, Fate::Erased);
    // Elsewhere nothing erases them.
    let seen = desk.ask(&["s3", "rm", "s3://s3-lifecycle/x/1"]).impact;
    assert_eq!(moves(&seen), "- disrupt: versioning keeps what is deleted\n");
    let many = "Objects=[{Key=x/1},{Key=logs/1}]";
    let seen = desk.ask(&["s3api", "delete-objects", "--bucket", "s3-lifecycle", "--delete", many]).impact;
    assert_eq!((fate_of(&seen, "2 objects"), moves(&seen).as_str()), ((Fate::Erased, end), ""));
    let many = "Objects=[{Key=x/1}]";
    let seen = desk.ask(&["s3api", "delete-objects", "--bucket", "s3-lifecycle", "--delete", many]).impact;
    assert_eq!(fate_of(&seen, "1 object").0, Fate::Kept);
    let part = "its lifecycle erases older versions of some prefixes 1 day after";
    let seen = desk.ask(&["s3", "rb", "s3://s3-lifecycle", "--force"]).impact;
    assert_eq!((fate_of(&seen, "4 objects"), moves(&seen).as_str()), ((Fate::Erased, part), ""));
    let site = desk.path().join("none");
    std::fs::create_dir_all(&site).unwrap();
    let site = site.display().to_string();
    for (goal, fate) in [("s3://s3-lifecycle/logs", Fate::Erased), ("s3://s3-lifecycle/x", Fate::Kept)] {
        let seen = desk.ask(&["s3", "sync", site.as_str(), goal, "--delete"]).impact;
        assert_eq!(fate_of(&seen, "1 object in").0, fate, "{goal}");
    }
    // The rules in force afterwards count: these new ones erase no version.
    let put = |rules: serde_json::Value| {
        let text = json!({"Rules": rules}).to_string();
        let words = ["s3api", "put-bucket-lifecycle-configuration", "--bucket", "s3-lifecycle"];
        let words: Vec<&str> =
            words.into_iter().chain(["--lifecycle-configuration", text.as_str()]).collect();
        desk.ask(&words).impact
    };
    let expiring =
        json!({"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 7}});
    let seen = put(json!([expiring]));
    assert_eq!(
        fate_of(&seen, "every object under s3-lifecycle/x/ older than 7 days"),
        (Fate::Kept, "older versions, by versioning")
    );
    let all = json!({"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3}});
    let seen = put(json!([expiring, all]));
    assert_eq!(fate_of(&seen, "every object under s3-lifecycle/x/").0, Fate::Erased);
    assert_eq!(
        fate_of(&seen, "older versions in s3-lifecycle/"),
        (Fate::Erased, "unattended, 3 days after they are replaced")
    );
    // What may not be read lowers nothing.
    desk.aws.fault(
        &desk.person,
        json!({"service": "s3", "operation": "GetBucketLifecycle*", "code": "AccessDenied", "message": "no", "status": 403}),
    );
    let seen = desk.ask(&["s3", "rm", "s3://s3-lifecycle/x", "--recursive"]).impact;
    assert_eq!((fate_of(&seen, "1 object").0, moves(&seen).as_str()), (Fate::Unknown, ""));
    assert!(seen.gaps.iter().any(|g| g.what == "lifecycle rules of s3-lifecycle"), "{:#?}", seen.gaps);
}

#[test]
fn numbers_that_are_not_known_are_not_said() {
    let Some(desk) = Desk::of("s3-numbers") else { return };
    bucket(&desk, "s3-numbers", &["a/1"]);
    desk.aws.fault(
        &desk.person,
        json!({"service": "s3", "operation": "HeadObject", "code": "AccessDenied", "message": "no", "status": 403}),
    );
    let seen = desk.ask(&["s3", "rm", "s3://s3-numbers/a/1"]).impact;
    assert_eq!(fate_of(&seen, "1 object of unknown size in s3-numbers/a/1").0, Fate::Erased);
    // Without `--recursive` only the empty objects that stand for directories go.
    let seen = desk.ask(&["s3", "rm", "s3://s3-numbers"]).impact;
    assert_eq!(moves(&seen), "- read: by its own --dryrun it deletes nothing\n");
}
