//! Programs that removal scripts call, and what is known of them. A program that is in no list may do anything.

/// What is known of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// It deletes nothing that a package keeps: it looks, prints, starts and stops, registers, or changes modes and owners.
    Harmless,
    /// The same as long as these words do not stand in it, in small letters.
    Unless(&'static [&'static str]),
    /// An interpreter: the words it is given are a program.
    Interprets,
    /// Anything.
    Unknown,
}
use Program::{Harmless, Interprets, Unknown, Unless};

/// Names with a blank between them, in groups that share what is known of them. Read in their manuals and, for those of Debian's own packaging
/// tools, in their scripts (Debian 12).
const ROWS: &[(&str, Program)] = &[
    // The shell's own (POSIX.1-2017, XCU 2.14 and 1.6; bash(1)).
    (
        ": true false set unset shift trap umask wait getopts type hash ulimit break continue let shopt alias \
         unalias times jobs bg fg pwd popd dirs echo printf print which kill test in local getopt caller \
         compgen",
        Harmless,
    ),
    // They look, print and count; or make something new.
    (
        "cat grep egrep fgrep zgrep cut tr head tail sort uniq wc ls dir stat file du df date id whoami \
         hostname uname arch basename dirname readlink realpath expr seq sleep diff cmp comm join paste od \
         md5sum sha1sum sha256sum sha512sum cksum env printenv getent logger tty stty clear reset more less \
         pager tput fold fmt column rev tac nl yes nproc locale getconf mktemp tempfile mkdir mknod mkfifo \
         touch chmod chown chgrp chattr lsattr setfacl getfacl chcon restorecon setsebool getenforce \
         selinuxenabled sync ps pgrep pidof fuser lsof who w users last mountpoint findmnt lsblk blkid lsmod \
         modprobe rmmod insmod depmod lspci lsusb dmesg uptime free rmdir ischroot systemd-detect-virt gzip \
         gunzip bzip2 xz base64 openssl strings ldconfig ldd mount umount swapon swapoff cp ln install sed gdbus \
         dbus-send busctl loginctl hostnamectl plymouth runlevel telinit",
        Harmless,
    ),
    // Processes, services and users.
    (
        "pkill killall start-stop-daemon systemctl service invoke-rc.d update-rc.d initctl start stop status \
         rc-service chkconfig insserv sv update-service systemd-tmpfiles-clean deb-systemd-helper \
         deb-systemd-invoke deb-user-service-helper systemd-notify udevadm adduser addgroup useradd groupadd \
         usermod groupmod gpasswd delgroup groupdel passwd chpasswd chage chsh chfn newaliases postalias \
         postmap postconf rndc nginx apachectl apache2ctl sysctl setcap getcap iptables ip6tables nft ip ifquery dkms \
         rsyslog-rotate systemd-hwdb",
        Harmless,
    ),
    // dpkg, debconf and what registers files in caches that are made again.
    (
        "dpkg dpkg-query dpkg-divert dpkg-statoverride dpkg-trigger dpkg-maintscript-helper dpkg-architecture \
         dpkg-vendor dpkg-reconfigure apt-config apt-cache update-alternatives ucf ucfq ucfr debconf-show \
         debconf-communicate debconf-set-selections install-info update-info-dir update-menus update-mime \
         update-mime-database update-desktop-database update-icon-caches gtk-update-icon-cache \
         glib-compile-schemas gconf-schemas gconftool-2 update-gconf-defaults gio-querymodules \
         update-gsettings-defaults scrollkeeper-update update-fonts-alias update-fonts-dir update-fonts-scale \
         fc-cache defoma-app defoma-font mkfontdir mkfontscale update-inetd update-xmlcatalog update-catalog \
         install-sgmlcatalog install-docs mandb update-initramfs update-grub update-grub2 grub-mkconfig \
         update-usbids update-pciids update-ca-certificates update-ca-trust py3clean pyclean pypyclean \
         py3compile pycompile pypycompile py3versions pyversions update-python-modules pysupport-movemodules \
         dh_python2 update-php php5enmod php5dismod phpenmod phpdismod phpquery a2enmod a2dismod a2ensite \
         a2dissite a2enconf a2disconf a2query apache2_invoke apache2_switch_mpm apache2_reload \
         apache2_needs_action lighty-enable-mod lighty-disable-mod lighttpd-enable-mod lighttpd-disable-mod \
         register-dtd remove-default-ispell remove-default-wordlist update-default-ispell \
         update-default-wordlist update-default-aspell update-dictcommon-aspell update-dictcommon-hunspell \
         aspell-autobuildhash ispell-autobuildhash update-java-alternatives jexec update-binfmts update-texmf \
         update-texmf-config mktexlsr texhash fmtutil-sys updmap-sys update-tmac update-exim4.conf \
         update-exim4.conf.template update-motd update-notifier update-passwd update-shells add-shell \
         remove-shell emacs-package-install emacs-package-remove emacsen-common vim-addons \
         register-common-lisp-source unregister-common-lisp-source ghc-pkg gdk-pixbuf-query-loaders \
         gtk-query-immodules gtk-query-immodules-2.0 gtk-query-immodules-3.0 apparmor_parser aa-enabled \
         aa-status dictconfig dkms-autoinstaller rcconf pam-auth-update munin-node-configure pg_lsclusters \
         pg_conftool pam_getenv pg_ctlcluster pg_updatedicts pg_getwizard udev-trigger linux-update-symlinks linux-version \
         init-d-script db_version db_set db_reset db_purge db_fset db_title db_stop db_unregister db_register \
         db_metaget db_subst db_progress db_capb db_clear db_beginblock db_endblock db_settitle \
         db_x_loadtemplatefile db_info db_get_type dbc_go runit-helper log_daemon_msg log_end_msg \
         log_action_msg log_warning_msg log_failure_msg log_success_msg log_progress_msg log_begin_msg \
         log_action_begin_msg log_action_end_msg status_of_proc pidofproc killproc start_daemon",
        Harmless,
    ),
    // A backup, or a list: unless it is told to take things away.
    ("tar cpio zip", Unless(&["--remove-files"])),
    ("crontab", Unless(&["-r", "/dev/null"])),
    ("at batch", Unknown),
    ("debconf", Harmless),
    ("awk gawk mawk nawk", Unless(&["system(", "getline", "| \"", "> \""])),
    (
        "zfs zpool btrfs lvs vgs pvs lvchange vgchange dmsetup",
        Unless(&["destroy", "delete", "remove", "wipe", "create", "receive", "rollback"]),
    ),
    ("lvdisplay vgdisplay vgscan pvscan lvscan", Harmless),
    ("snap", Unless(&["remove", "forget", "revert", "restore", "run"])),
    ("rabbitmqctl", Unless(&["delete", "reset", "forget", "purge", "clear", "eval"])),
    ("perl python python2 python3 ruby php node nodejs lua tclsh expect", Interprets),
];

/// What is known of the program of this name, without its directory.
pub fn program(name: &str) -> Program {
    let versioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let find = |name: &str| {
        ROWS.iter().find(|(names, _)| names.split(' ').any(|n| n == name)).map(|(_, what)| *what)
    };
    match find(name) {
        Some(what) => what,
        // `python3.11`, `perl5.36.0`.
        None => find(versioned).filter(|what| *what == Interprets).unwrap_or(Unknown),
    }
}

/// What stands in programs of other languages that delete, overwrite, or run something else that may.
const DOES_THINGS: &[&str] = &[
    "rmtree",
    "remove_tree",
    "rmdir",
    "removedirs",
    "unlink",
    "truncate",
    "os.remove",
    "shutil",
    "os.rename",
    "os.replace",
    "rename",
    "system",
    "exec",
    "qx",
    "popen",
    "subprocess",
    "spawn",
    "`",
    "eval",
    "require \"",
    "do \"",
    "do '",
    "rm ",
    "open",
    "fileutils",
    "file.delete",
    "dir.glob",
    "drop ",
    "delete",
    "write",
    "kill 9",
    "import ",
    "use lib",
];

/// What words ask a program for something, and change nothing.
const ASKS: &[&str] = &[
    "show",
    "list",
    "get",
    "status",
    "version",
    "info",
    "query",
    "--show",
    "--list",
    "--get",
    "--status",
    "--version",
    "--info",
    "--query",
    "--help",
    "-V",
];

/// Words that ask for something else than an answer, wherever they stand.
const DESTROYS: &[&str] = &[
    "delete",
    "remove",
    "purge",
    "wipe",
    "clean",
    "clear",
    "drop",
    "destroy",
    "erase",
    "reset",
    "prune",
    "flush",
    "rm",
    "uninstall",
    "force",
];

/// Whether a program whose output becomes a value is only asked for that.
pub fn only_asks(words: &[&str]) -> bool {
    words.iter().any(|word| ASKS.contains(word))
        && !words.iter().any(|word| DESTROYS.iter().any(|bad| word.to_ascii_lowercase().contains(bad)))
}

/// Whether a program of another language does no more than compute and print, as far as its text tells.
pub fn only_prints(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    !DOES_THINGS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_program_stands_in_one_row() {
        let mut seen = BTreeSet::new();
        let twice: Vec<_> =
            ROWS.iter().flat_map(|(names, _)| names.split(' ')).filter(|name| !seen.insert(*name)).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn what_is_in_no_row_may_do_anything() {
        for (name, want) in [
            ("systemctl", Harmless),
            ("python3.11", Interprets),
            ("perl", Interprets),
            ("frobctl", Unknown),
            ("mkfs.ext4", Unknown),
            ("rsync", Unknown),
            ("md5sum", Harmless),
            ("", Unknown),
        ] {
            assert_eq!(program(name), want, "{name}");
        }
        assert!(only_prints("print 1 + 1"));
        for text in [
            "system('rm', '-rf', '/srv/a')",
            "open(F, '>/srv/a')",
            "import shutil",
            "File.delete('a')",
            "`id`",
        ] {
            assert!(!only_prints(text), "{text}");
        }
    }
}
