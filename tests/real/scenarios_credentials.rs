//! Credential plugins that take their time, on a real API server: the clock of the probe starts when the credentials are
//! there, and the plugin is started once for everything that guard asks.

use crate::scenarios_real::{Scene, scene};
use crate::support::cluster;
use crate::support::ended::{Ended, ended, told};
use std::os::unix::fs::PermissionsExt;

impl Scene {
    /// A kubeconfig whose user comes from a plugin that writes down each start and then runs `body`.
    fn plugin(&mut self, body: &str, mode: &str) {
        let starts = self.stage.at("starts").display().to_string();
        let path = self.stage.file(
            "bin/sso-login",
            &format!(
                "#!/bin/sh\necho start >>'{starts}'\n{body}\n\
                 echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"{}-token\"}}}}'\n",
                cluster::ADMIN
            ),
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let text = std::fs::read_to_string(self.cluster.kubeconfig(cluster::ADMIN)).unwrap();
        let token = format!("    token: {}-token\n", cluster::ADMIN);
        assert!(text.contains(&token), "{text}");
        let exec = format!(
            "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: {path}\n      interactiveMode: {mode}\n"
        );
        let config = self.stage.file("kube/plugin.yaml", &text.replace(&token, &exec));
        self.stage.env("KUBECONFIG", config);
    }

    fn starts(&self) -> usize {
        std::fs::read_to_string(self.stage.at("starts")).unwrap_or_default().lines().count()
    }

    fn check(&self) -> Ended {
        told(&self.stage.guard(&["check", "--", "kubectl", "delete", "ns", &self.ns]))
    }
}

#[test]
fn a_plugin_that_takes_longer_than_the_probe_costs_neither_facts_nor_copy() {
    let mut s = scene!("slow");
    s.plugin("sleep 3", "Never");
    let checked = s.check();
    assert_eq!(checked.code, 3, "{}", checked.output);
    let checked = checked.says("ConfigMap").says("guard restore").not("unchecked");
    assert_eq!(s.starts(), 1, "it serves the dry run as well: {}", checked.output);
    s.stage.env("GUARD_CONFIRM", format!("real/{}", s.ns));
    told(&s.stage.pipeline(&["delete", "cm", "q", "-n", &s.ns])).is(0).says("kept the manifests of 1 object");
    assert_eq!(s.starts(), 3, "once for guard with its copy, once for kubectl itself");
    s.cluster.run(&["create", "configmap", "r", "-n", &s.ns, "--from-literal=a=b"]);
    // With the file named by a flag guard's own kubectl is given the answer as well.
    let config = s.stage.at("kube/plugin.yaml").display().to_string();
    s.stage.env("KUBECONFIG", "/nowhere");
    let words = ["check", "--", "kubectl", "--kubeconfig", &config, "delete", "ns", &s.ns];
    told(&s.stage.guard(&words)).is(3).says("guard restore").not("unchecked");
    assert_eq!(s.starts(), 4);
}

/// The way back has the plugin's own budget, too, and starts it once.
#[test]
fn the_way_back_waits_for_a_slow_plugin() {
    let mut s = scene!("back");
    s.stage.env("GUARD_CONFIRM", format!("real/{}", s.ns));
    told(&s.stage.pipeline(&["delete", "cm", "q", "-n", &s.ns])).is(0).says("kept the manifests of 1 object");
    let kept = told(&s.stage.guard(&["kept", "list", "--json"])).output;
    let kept: serde_json::Value = serde_json::from_str(kept.lines().next().unwrap()).unwrap();
    s.plugin("sleep 12", "Never");
    told(&s.stage.guard(&["restore", kept["id"].as_str().unwrap()])).is(0).says("1 created");
    assert_eq!(s.starts(), 1);
}

#[test]
fn a_slow_plugin_is_named_on_the_terminal() {
    let mut s = scene!("named");
    s.plugin("sleep 1", "IfAvailable");
    let mut terminal = s.stage.terminal(&["delete", "cm", "q", "-n", &s.ns]);
    terminal.expect("waiting for credentials from sso-login");
    terminal.expect("tries: ");
    terminal.send(format!("real/{}\n", s.ns));
    ended(terminal).is(0).says("deleted");
}

#[test]
fn a_plugin_that_never_answers_or_wants_a_terminal_leaves_the_facts_unknown() {
    let mut s = scene!("silent");
    s.stage.policy("version: 1\nprobe: {credentials_timeout_ms: 500}\n");
    for (body, mode, why) in [
        ("exec sleep 600", "Never", "did not answer in time"),
        ("true", "Always", "wants a terminal"),
        ("echo no such profile >&2; exit 1", "Never", "no such profile"),
    ] {
        s.plugin(body, mode);
        let before = s.starts();
        let checked = s.check();
        assert_eq!(checked.code, 3, "{}", checked.output);
        let said = checked.output.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(why) && said.contains("NONE: what goes could not be seen"), "{said}");
        assert_eq!(s.starts() - before, usize::from(mode != "Always"), "{mode}");
    }
    assert!(s.cluster.stays(&["namespace", &s.ns]));
}
