use super::*;

/// `path`, `@` through the link that it may be, `@@` through every link below it, `-` at removal already, `?question`, in the order of the script.
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
        let single = if d.single { "(one)" } else { "" };
        let links = match d.links {
            Links::Not => "",
            Links::Itself => "@",
            Links::Every => "@@",
        };
        format!("{}{links}{single}{names}{when}{question}", d.path)
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
    ("V=${DPKG_MAINTSCRIPT_PACKAGE##*-}; rm -rf \"/var/lib/app/$V/\"", "/var/lib/app/15@+remove"),
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
    ("[ $1 = purge ] && rm -f /var/lib/a/b.db /var/lib/a/state", "/var/lib/a/b.db /var/lib/a/state(one)"),
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
    // More than the action: either way.
    ("[ \"$1 $2\" = 'remove in-favour' ] && rm -rf /srv/a", "/srv/a+remove"),
    ("case \"$1 $2\" in 'remove '*) rm -rf /srv/a;; esac", "/srv/a+remove"),
    ("[ \"$1$2\" = purge ] && rm -rf /srv/a", "/srv/a+remove"),
    // Emptied is as good as deleted.
    ("[ $1 = purge ] && : > /var/lib/a/log", "/var/lib/a/log@(one)"),
    ("[ $1 = remove ] && >/srv/a/book", "/srv/a/book@(one)-remove"),
    ("cat /dev/null >| /srv/a/book", "/srv/a/book@(one)+remove"),
    ("echo x >> /srv/a/book; echo y >/etc/a.conf; ls >/dev/null 2>&1", ""),
    ("truncate -s 0 /srv/a/book /srv/a/b", "/srv/a/book@(one)+remove /srv/a/b@(one)+remove"),
    ("truncate --size=0 $X/book", "unclear: > $X/book"),
    ("dd if=/dev/zero of=/srv/a/book bs=1M count=1 2>/dev/null", "/srv/a/book@(one)+remove"),
    ("echo | tee /srv/a/book >/dev/null; echo | tee -a /srv/a/b", "/srv/a/book@(one)+remove"),
    ("cp /dev/null /srv/a/book; cp /srv/a/x /srv/a/y", "/srv/a/book@(one)+remove"),
    ("mv /srv/a /tmp/x; mv /srv/b /srv/c", "/srv/a+remove"),
    ("T=$(mktemp); echo x > $T; rm -rf $T", ""),
    // Through others.
    ("timeout 10 rm -rf /srv/a; nice -n 5 rm -rf /srv/b", "/srv/a+remove /srv/b+remove"),
    ("sudo -u x rm -rf /srv/a; runuser -u x -- rm -rf /srv/b", "/srv/a+remove /srv/b+remove"),
    ("env -u X A=b rm -rf /srv/a; exec rm -rf /srv/b", "/srv/a+remove /srv/b+remove"),
    ("trap 'rm -rf /srv/a' EXIT; eval \"rm -rf /srv/b\"", "/srv/a+remove /srv/b+remove"),
    ("flock /run/x rm -rf /srv/a; chroot / rm -rf /srv/b", "/srv/a+remove /srv/b+remove"),
    // What nobody knows.
    ("perl -e 'system(\"rm\", \"-rf\", \"/srv/a\")'", "unclear: perl -e system(\"rm\", \"-rf\", \"/srv/a\")"),
    ("perl -e 'print 1'; python3 -c 'print(1)'", ""),
    (
        "python3 -c 'import shutil; shutil.rmtree(\"/srv/a\")'",
        "unclear: python3 -c import shutil; shutil.rmtree(\"/srv/a\")",
    ),
    ("python3 - <<E\nimport os\nE\n", "unclear: python3 -"),
    ("/usr/share/a/cleanup purge", "unclear: /usr/share/a/cleanup purge"),
    ("[ $1 = purge ] && actl wipe --all", "unclear: actl wipe --all"),
    ("[ $1 = upgrade ] && actl wipe --all", ""),
    ("$CLEAN /srv/a", "unclear: $CLEAN /srv/a"),
    ("eval \"$X\"", "unclear: eval $X"),
    (". \"$X\"; . /usr/share/a/functions", "unclear: . $X unclear: . /usr/share/a/functions"),
    (". /etc/default/$X; [ -f /etc/a ]", ""),
    (". /usr/share/debconf/confmodule; . /etc/default/a", ""),
    ("sh \"$X\"; echo 'rm -rf /srv/a' | sh", "unclear: sh $X unclear: sh"),
    ("find /srv/a -exec wipe {} +; find /srv/a -exec chmod 600 {} +", "unclear: find /srv/a -exec wipe {} +"),
    ("ls /srv | xargs wipe; ls /srv | xargs -n 1 echo", "unclear: xargs wipe"),
    ("psql <<E\nDROP DATABASE x\nE\n", "unclear: psql"),
    ("mysql -e 'SELECT 1'; psql -Atc 'select 1'", ""),
    (
        "rsync -a --delete /x/ /srv/a/; crontab -u a -r; crontab -l",
        "unclear: rsync -a --delete /x/ /srv/a/ unclear: crontab -u a -r",
    ),
    ("mkfs.ext4 /dev/sdb; redis-cli flushall", "unclear: mkfs.ext4 /dev/sdb unclear: redis-cli flushall"),
    (
        "tar czf /srv/b.tgz /srv/a; tar cf /x --remove-files /srv/a",
        "unclear: tar cf /x --remove-files /srv/a",
    ),
    // Its own files, whatever is made of their names.
    ("dpkg -L a | awk '{print $0\"c\"}' | xargs --max-chars=$m echo | xargs -r rm -rf", ""),
    ("dpkg -L a | perl -ne 's,x,y, or next; unlink $_'", ""),
    ("perl -ne 'unlink $_'; cat x | xargs rm -rf", "unclear: perl -ne unlink $_ unclear: xargs rm -rf"),
    ("deb-systemd-helper purge a.service; ucf --purge /etc/a; update-rc.d a remove", ""),
    ("/etc/init.d/$X reload; /etc/init.d/a stop", ""),
    ("set -e; if which a >/dev/null; then echo x; fi; exit 0", ""),
    // Inside words.
    ("ERR=$(rm -rf /var/lib/a 2>&1) || log \"$ERR\"; log() { echo; }", "/var/lib/a+remove unclear: log $ERR"),
    ("[ -n \"$(wipe --all)\" ]; echo `userdel -r app`", "~app+remove unclear: wipe --all"),
    ("[ $1 = purge ] && echo \"$(cd /srv/a && rm -rf b)\"; rm -rf c", "/srv/a/b /c+remove"),
    (
        "for f in $(rm -rfv /srv/a); do :; done; case `rm -rfv /srv/b` in *) ;; esac",
        "/srv/a+remove /srv/b+remove",
    ),
    ("echo x > \"$(rm -rfv /srv/a)\"; X=${Y:-$(rm -rfv /srv/b)}", "/srv/a+remove /srv/b+remove"),
    ("case $1 in purge) X=\"$(echo $(rm -rfv /srv/a))\";; esac", "/srv/a"),
    ("[ $1 = upgrade ] && X=$(rm -rf /srv/a); X='$(rm -rf /srv/b)'; echo $((1 + 2))", ""),
    ("D=/srv/a; X=$(D=/srv/b; cd /srv); rm -rf $D", "/srv/a+remove"),
    ("X=$(getent passwd a | cut -d: -f6); Y=`dirname \"$(readlink -f /srv/a)\"`", ""),
    ("X=$(actl show dir); Y=$(actl list --wipe); Z=$(actl)", "unclear: actl list --wipe unclear: actl"),
    (
        "if ! ERR=$(rm -rf /srv/a 2>&1); then echo \"$ERR\"; fi; f() { rm -rf /srv/b; }; X=$(f)",
        "/srv/a+remove /srv/b+remove",
    ),
    // find, as it may be called.
    ("find -L /var/lib/a -delete; find -P -O3 -D tree /srv/b -delete", "/var/lib/a@@+remove /srv/b+remove"),
    ("cd /var/lib/a && find -mindepth 1 -delete", "/var/lib/a@+remove"),
    (
        "find /srv/a -type f ! -empty -delete; find /srv/b -not -lname x -delete",
        "/srv/a+remove /srv/b+remove",
    ),
    ("find -H /srv/a -empty -delete; find -L /srv/a -lname x -delete; find -L /srv/a -name x", ""),
    // A value of several words, or of none.
    ("RM=\"rm -rf\"; $RM /var/lib/a; W=\"find /srv/a -delete\"; $W", "/var/lib/a+remove /srv/a+remove"),
    ("S=; [ -x /x ] && S='nice -n 5'; $S rm -rf /srv/a; E='echo x'; $E rm -rf /srv/b", "/srv/a+remove"),
    ("C=\"echo $X\"; $C /srv/a; $X /srv/b", "unclear: $X /srv/b"),
    ("R=\"rm -rf\"; \"$R\" /srv/a; sudo $R /srv/b", "/srv/b+remove unclear: $R /srv/a"),
    // Functions and variables.
    ("f() ( rm -rf /srv/a ); [ $1 = purge ] && f", "/srv/a"),
    (
        "function f() ( case $1 in x) ;; esac; rm -rf /srv/a ); [ $1 = purge ] && f; rm -rf /srv/b",
        "/srv/a /srv/b+remove",
    ),
    ("f() ( echo case; ls ); f; [ $1 = purge ] && rm -rf /srv/b", "/srv/b"),
    ("D=/var/lib; D+=/a; rm -rf $D", "/var/lib/a+remove"),
    (
        "a(){ b; };b(){ c; };c(){ d; };d(){ e; };e(){ f; };f(){ g; };g(){ h; };h(){ i; };i(){ rm -rf /srv/a; }\n\
         [ $1 = purge ] && a",
        "unclear: a script too deep to follow",
    ),
    ("Q=\"DROP DATABASE x\"; psql -c \"$Q\"; mysql -e \"$X\"", "unclear: psql -c $Q unclear: mysql -e $X"),
    ("Q='select 1'; psql -U \"$X\" -Atc \"$Q\"; mysql -e \"SELECT '$X'\"", ""),
    (
        "rm -rf /var/lib/a/{db,cache}; rm -rf /srv/{1..3}/x /srv/b/{}",
        "/var/lib/a/db+remove /var/lib/a/cache+remove /srv/b/{}+remove unclear: rm -rf /srv/{1..3}/x /srv/b/{}",
    ),
    ("install -m600 /dev/null /srv/a/book; install -m600 /srv/a/x /srv/a/y", "/srv/a/book@(one)+remove"),
    ("crontab -u a /dev/null; crontab -l 2>/dev/null", "unclear: crontab -u a /dev/null"),
    (
        "python3 -m app.cleanup purge; python3 -Im app; python3 -mapp; python3 -m compileall /usr/lib/x",
        "unclear: python3 -m app.cleanup purge unclear: python3 -Im app unclear: python3 -mapp",
    ),
    (
        "run-parts /usr/lib/a/purge.d; run-parts --arg=$1 /etc/kernel/postrm.d; run-parts --list /usr/lib/a/b.d",
        "unclear: run-parts /usr/lib/a/purge.d",
    ),
    // Signs inside `[[ ]]`.
    ("[[ -d /x && $1 == purge ]] && rm -rf /srv/a; [[ a > b || $1 = purge ]] && ls", "/srv/a"),
    ("if [[ $1 != purge ]]; then exit 0; fi; rm -rf /srv/a", "/srv/a"),
    ("[[ -d /x || $1 == purge ]] && rm -rf /srv/a; echo [[ && rm -rf /srv/b", "/srv/a+remove /srv/b+remove"),
    // Links that are gone through, and links that are not.
    ("[ $1 = purge ] && rm -rf /srv/a/ /srv/b && rm -rf /srv/c/.", "/srv/a@ /srv/b /srv/c@"),
    ("[ $1 = purge ] && find /srv/a/ -type f -delete", "/srv/a@"),
    ("[ $1 = purge ] && find -L /srv/a -delete; find -H -P /srv/b -delete", "/srv/a@@ /srv/b+remove"),
    (
        "[ $1 = purge ] && find -P -H /srv/a -delete && find /srv/b -follow -exec rm -f {} +",
        "/srv/a@ /srv/b@@",
    ),
    ("[ $1 = purge ] && find -L /srv/a -name '*.d' -print0 | xargs -0 rm -rf", "/srv/a@"),
    ("[ $1 = purge ] && { cd /srv/a && find . -delete; }", "/srv/a@"),
    (
        "[ $1 = purge ] && > /srv/a/b && shred /srv/c.db && unlink /srv/d.db",
        "/srv/a/b@(one) /srv/c.db@ /srv/d.db",
    ),
    ("dkms remove a/1 --all; umount /srv/a; ip6tables -F; nft flush ruleset", ""),
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
fn a_prerm_runs_at_removal_and_never_at_a_purge() {
    let read = |text: &str| {
        Script::read_as(format!("#!/bin/sh\n{text}").as_bytes(), "p", Which::Prerm, &|_| Held::Missing)
    };
    for (text, removes) in [
        ("rm -rf /srv/a", true),
        ("if [ \"$1\" = remove ]; then rm -rf /srv/a; fi", true),
        ("case $1 in remove|deconfigure) rm -rf /srv/a;; esac", true),
        ("[ \"$1\" != upgrade ] && rm -rf /srv/a", true),
        ("[ $DPKG_MAINTSCRIPT_NAME = prerm ] && rm -rf /srv/a", true),
        ("wipe() { rm -rf /srv/a; }\n[ $1 = remove ] && wipe", true),
        ("[ $1 = purge ] && rm -rf /srv/a", false),
        ("[ $1 = upgrade ] && rm -rf /srv/a", false),
        ("case $1 in upgrade|failed-upgrade) rm -rf /srv/a;; esac", false),
        ("[ $1 = remove ] || exit 0; echo rm -rf /srv/a", false),
    ] {
        let deletions = read(text).deletions;
        assert_eq!(deletions.iter().any(|d| d.remove), removes, "{text}");
        assert!(deletions.iter().all(|d| !d.purge), "{text}");
    }
    let unclear = read("wipe --all /srv/a; $X");
    assert_eq!(
        (unclear.unclear.as_slice(), unclear.unclear_at_removal.as_slice()),
        (&["$X".to_owned()][..], &["$X".to_owned()][..])
    );
    let purge = Script::read(b"#!/bin/sh\n[ $1 = purge ] && wipe", "p");
    assert!(purge.unclear == ["wipe"] && purge.unclear_at_removal.is_empty());
}

#[test]
fn both_scripts_count() {
    let one = |which, text: &str| {
        Script::read_as(format!("#!/bin/sh\n{text}").as_bytes(), "p", which, &|_| Held::Unknown)
    };
    let both = one(Which::Prerm, "rm -rf /srv/a; wipe")
        .and(one(Which::Postrm, "[ $1 = purge ] && rm -rf /srv/b; pg_dropcluster 15 a"));
    let paths: Vec<&str> = both.deletions.iter().map(|d| d.path.as_str()).collect();
    assert_eq!(paths, ["/srv/a", "/srv/b"]);
    assert_eq!(both.unclear_at_removal, ["wipe"]);
    assert!(both.drops_at_removal && both.drops_clusters == Some(None));
}

#[test]
fn helper_scripts_are_followed() {
    let files = |path: &str| match path {
        "/usr/share/a/cleanup" => {
            Held::Text("#!/bin/sh\n[ \"$1\" = all ] && rm -rf /srv/a\nexit 0\n".to_owned())
        }
        "/usr/share/a/own" => Held::Text("if [ \"$1\" = purge ]; then rm -rf /srv/c; fi".to_owned()),
        "/usr/share/a/functions" => Held::Text("wipe() { rm -rf \"/srv/$1\"; }\n".to_owned()),
        "/usr/share/a/clean.pl" => Held::Text("#!/usr/bin/perl\nunlink glob('/srv/a/*');\n".to_owned()),
        "/usr/lib/a/binary" | "/usr/sbin/actl" => Held::Program,
        _ => Held::Missing,
    };
    for (text, want) in [
        ("/usr/share/a/cleanup all", "/srv/a"),
        ("sh /usr/share/a/cleanup all", "/srv/a"),
        ("exec /usr/share/a/cleanup all", "/srv/a"),
        (". /usr/share/a/functions\nwipe b", "/srv/b"),
        ("/usr/share/a/clean.pl", "unclear: /usr/share/a/clean.pl"),
        ("perl /usr/share/a/clean.pl", "unclear: perl /usr/share/a/clean.pl"),
        ("/usr/lib/a/binary --purge", "unclear: /usr/lib/a/binary --purge"),
        ("actl purge", "unclear: actl purge"),
        // What is not there does not run.
        ("/usr/share/a/gone; gonectl purge", ""),
        ("X=/usr/share/a; [ -x $X/own ] && $X/own \"$@\"", "/srv/c"),
        ("/usr/share/a/own $1", "/srv/c"),
    ] {
        let read = Script::read_as(format!("#!/bin/sh\n{text}\n").as_bytes(), "p", Which::Postrm, &files);
        let mut shown: Vec<String> = read.deletions.iter().map(|d| d.path.clone()).collect();
        shown.extend(read.unclear.iter().map(|u| format!("unclear: {u}")));
        assert_eq!(shown.join(" "), want, "{text}");
    }
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
