use super::*;

/// `path`, `-` at removal already, `?question`, in the order of the script.
fn shown(script: &str) -> String {
    let read = Script::read(format!("#!/bin/sh\n{script}\n").as_bytes(), "app-15");
    let one = |d: &Deletion| {
        let when = match (d.purge, d.remove) {
            (true, true) => "+remove",
            (true, false) => "",
            (false, true) => "-remove",
            (false, false) => "-never",
        };
        let question = d.question.as_ref().map(|q| format!("?{q}")).unwrap_or_default();
        let names = if d.names.is_empty() { String::new() } else { format!("[{}]", d.names.join(",")) };
        format!("{}{names}{when}{question}", d.path)
    };
    let mut out: Vec<String> = read.deletions.iter().map(one).collect();
    out.extend(read.unclear.iter().map(|u| format!("unclear: {u}")));
    out.extend(read.drops_clusters.map(|q| format!("clusters?{}", q.unwrap_or_else(|| "nobody".into()))));
    out.extend(read.dbconfig.then(|| "dbconfig".to_owned()));
    out.join(" ")
}

const ROWS: &[(&str, &str)] = &[
    ("if [ \"$1\" = purge ]; then rm -rf /var/lib/a /var/log/a /etc/a; fi", "/var/lib/a /etc/a"),
    ("[ \"${1}\" != purge ] || rm -fr /var/lib/a", "/var/lib/a"),
    ("if [ purge = \"$1\" -a -d /x ]; then rm -r /srv/a; fi", "/srv/a"),
    ("if [ x$1 = xpurge ] && [ -d /x ]; then rm -r /srv/a; else rm -r /srv/b; fi", "/srv/a /srv/b+remove"),
    ("test \"$1\" = purge || exit 0\nrm -rf /srv/a", "/srv/a"),
    ("[ \"$1\" = purge ] || exit 0; rm -rf /srv/a", "/srv/a"),
    ("if [ \"$1\" != purge ]; then exit 0; fi; rm -rf /srv/a", "/srv/a"),
    ("if [ -x /bin/x ]; then exit 0; fi; rm -rf /srv/a", "/srv/a+remove"),
    ("case \"$1\" in purge) rm -rf /srv/a;; remove|upgrade) rm -rf /srv/b;; esac", "/srv/a /srv/b-remove"),
    ("case $1 in remove) ;; *) rm -rf /srv/a;; esac", "/srv/a"),
    ("case $1 in upgrade) rm -rf /srv/a;; esac", ""),
    ("case $1 in\n purge )\n rm -rf /srv/a\n ;;\nesac\nrm -rf /run/a", "/srv/a"),
    ("case $1 in purge|remove) if [ $1 = purge ]; then rm -rf /srv/a; fi;; esac", "/srv/a"),
    ("rm -rf /srv/a", "/srv/a+remove"),
    ("N=a\nif [ $1 = purge ]; then rm -rf /var/lib/$N \\\n /var/lib/${N}2; fi", "/var/lib/a /var/lib/a2"),
    ("V=${DPKG_MAINTSCRIPT_PACKAGE##*-}; rm -rf \"/var/lib/app/$V/\"", "/var/lib/app/15+remove"),
    ("for d in a \"b\"; do rm -rf /var/lib/x/$d; done", "/var/lib/x/a+remove /var/lib/x/b+remove"),
    ("D='/srv/a /srv/b'; for d in $D; do rm -rf $d; done", "/srv/a+remove /srv/b+remove"),
    ("f() { rm -rf \"$2\"; }\nif [ $1 = purge ]; then f x /srv/a; fi", "/srv/a"),
    ("f() {\n rm -rf /srv/a\n}\n", "/srv/a"),
    ("[ $1 = purge ] && find /var/lib/a -mindepth 1 -not -name 'lost+found' -delete", "/var/lib/a"),
    ("[ $1 = purge ] && find /srv/a -type f -name '*.rrd' -delete", "/srv/a[*.rrd]"),
    ("[ $1 = purge ] && find /srv/a -exec rm -f '{}' \\;", "/srv/a"),
    ("[ $1 = purge ] && find /srv/a -print0 | xargs -0 rm -rf", "/srv/a"),
    ("find /srv/a -type d -empty -delete; find /srv/a -name x -print", ""),
    ("[ $1 = purge ] && rm --one-file-system -Rf /var/lib/a || true", "/var/lib/a"),
    ("[ $1 = purge ] && rm -f /var/lib/a/b.db /var/lib/a/state", "/var/lib/a/b.db"),
    ("[ $1 = purge ] && rm -rf $UNSET/data", "unclear: rm -rf $UNSET/data"),
    ("[ $1 = purge ] && rm -rf /var/lib/$UNSET", "unclear: rm -rf /var/lib/$UNSET"),
    ("[ $1 = purge ] && rm -rf /var/lib/a/$UNSET/x /var/lib/a-$U", "/var/lib/a/*/x /var/lib/a-*"),
    ("[ $1 = purge ] && rm -rf /usr/share/$UNSET /run/$X", ""),
    ("cd /usr/share/a && rm -rf $(ls)", ""),
    ("cd /srv/a && rm -rf b", "/srv/a/b+remove"),
    ("# rm -rf /srv/a\necho 'rm -rf /srv/a' # rm -rf /srv/a", ""),
    ("cat <<EOF\nrm -rf /srv/a\nEOF\n", ""),
    ("su a -c 'rm -rf /srv/a'; sh -c \"rm -rf /srv/b\"", "/srv/a+remove /srv/b+remove"),
    ("[ $1 = purge ] && deluser --system --remove-home app", "~app"),
    ("[ $1 = purge ] && userdel -r app && userdel other", "~app"),
    ("[ $1 = purge ] && psql -c 'DROP DATABASE x'", "unclear: psql -c DROP DATABASE x"),
    ("[ $1 = purge ] && zfs destroy tank/a", "unclear: zfs destroy tank/a"),
    (
        "[ -f /usr/share/dbconfig-common/dpkg/postrm ] && . /usr/share/dbconfig-common/dpkg/postrm\n",
        "dbconfig",
    ),
    // Answers.
    (
        "if [ $1 = purge ]; then db_get app/purge; if [ \"$RET\" = true ]; then rm -rf /srv/a; fi; rm -rf /srv/b; fi",
        "/srv/a?app/purge /srv/b",
    ),
    (
        "A=no\ndb_get app/rm || true\nA=\"${RET:-no}\"\n[ $1 = purge ] && [ $A = true ] && rm -rf /srv/a",
        "/srv/a?app/rm",
    ),
    (
        "ask() {\n db_get app/rm || RET=false\n if [ \"$RET\" = true ]; then return 0; else return 1; fi\n}\n\
         if [ $1 = purge ]; then\n rm -rf /srv/b\n if ask; then rm -rf /srv/a; fi\nfi",
        "/srv/b /srv/a?app/rm",
    ),
    (
        "p() {\n if [ -e /x ]; then db_get $DPKG_MAINTSCRIPT_PACKAGE/rm || :\n [ \"$RET\" = false ] && return 0\n fi\n\
         pg_dropcluster 15 main\n}\nif [ $1 = purge ]; then p; fi",
        "clusters?app-15/rm",
    ),
    ("if [ $1 = purge ]; then pg_dropcluster 15 main; fi", "clusters?nobody"),
    (
        "db_get app/rm; case $RET in true) rm -rf /srv/a;; esac; rm -rf /srv/b",
        "/srv/a+remove?app/rm /srv/b+remove",
    ),
    // What is broken is read as far as it goes.
    ("if [ $1 = purge ]; then rm -rf /srv/a", "/srv/a"),
    ("fi done esac } ) ;; rm -rf /srv/a", ""),
    ("\"", ""),
];

#[test]
fn rows() {
    let wrong: Vec<String> = ROWS
        .iter()
        .filter(|(script, want)| shown(script) != *want)
        .map(|(script, want)| format!("{script}\n   got  {}\n   want {want}", shown(script)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_languages_and_programs_are_not_taken_for_harmless() {
    let read = |text: &[u8]| Script::read(text, "p").unclear.join(" ");
    assert_eq!(read(b"#!/usr/bin/perl\nuse File::Path; rmtree('/srv/a');"), "a perl script");
    assert_eq!(read(b"#!/usr/bin/perl\nprint 1;"), "");
    assert_eq!(read(b"\x7fELF\x02\x01"), "a program");
}

#[test]
fn a_nuke_needs_its_script() {
    let read = Script::read(
        b"#!/bin/sh\ncase $1 in purge) if [ -x /var/lib/d/nuke.sh ]; then /var/lib/d/nuke.sh /var/lib/d; fi;; esac",
        "d",
    );
    assert_eq!(read.deletions.len(), 1);
    let one = read.deletions.first().unwrap();
    assert_eq!((one.path.as_str(), one.needs.as_deref()), ("/var/lib/d", Some("/var/lib/d/nuke.sh")));
}

#[test]
fn endless_scripts_end() {
    let read = Script::read(b"#!/bin/sh\nf() { f; f; f; }\nf\nrm -rf /srv/a", "p");
    assert!(read.unclear.iter().any(|u| u.contains("too long")) || !read.deletions.is_empty());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_fail(text in "(?s)[ -~\\n$\"'`(){};|&<>#\\\\]{0,200}") {
        Script::read(format!("#!/bin/sh\n{text}").as_bytes(), "p");
    }
}
