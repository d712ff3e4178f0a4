//! What a person sees, reviewed as text and as pictures. The made-up facts are those of `examples/prompt`.

use crate::scenes;
use guard::ui::{Colours, Hint, Look, Refusal, render_notice, render_refusal, view};
use snapbox::{assert_data_eq, file};

const COLOUR: Look = Look { width: 80, colours: Colours::Many, utf8: true };
const ASCII: Look = Look { width: 80, colours: Colours::None, utf8: false };

fn at(width: usize) -> Look {
    Look { width, ..Look::PLAIN }
}

fn shown(scene: &scenes::Scene, look: Look) -> String {
    view::screen_to_ask(&scene.view(&scene.sight())).render(look)
}

fn refused(scene: &scenes::Scene, look: Look) -> String {
    let screen = view::screen(&scene.view(&scene.sight()));
    let refusal = Refusal {
        screen: Some(&screen),
        what: "refused: nobody could be asked",
        because: &["there is no terminal to ask on".to_owned()],
        hint: Hint::Confirm(&scene.challenge),
    };
    render_refusal(&refusal, look)
}

fn alarmed(scene: &scenes::Scene, look: Look) -> String {
    let sight = scene.sight();
    let alarm =
        "the last 14 commands here went to standby; this one goes to main (current-context changed 40 s ago)";
    view::screen_to_ask(&view::View { alarm: Some(alarm), ..scene.view(&sight) }).render(look)
}

fn notice(scene: &scenes::Scene) -> String {
    render_notice(&scene.view(&scene.sight()), at(80))
}

#[test]
fn pictures() {
    assert_data_eq!(shown(&scenes::delete(), COLOUR), file!["../../examples/prompt.svg": TermSvg]);
    assert_data_eq!(shown(&scenes::scale(), COLOUR), file!["snapshots/scale.term.svg": TermSvg]);
    assert_data_eq!(shown(&scenes::staging(), COLOUR), file!["snapshots/staging.term.svg": TermSvg]);
    assert_data_eq!(shown(&scenes::gaps(), COLOUR), file!["snapshots/gaps.term.svg": TermSvg]);
    let narrow = Look { width: 60, ..COLOUR };
    assert_data_eq!(shown(&scenes::delete(), narrow), file!["snapshots/delete_60_columns.term.svg": TermSvg]);
    let sixteen = Look { colours: Colours::Sixteen, ..COLOUR };
    assert_data_eq!(
        shown(&scenes::delete(), sixteen),
        file!["snapshots/delete_16_colours.term.svg": TermSvg]
    );
    assert_data_eq!(refused(&scenes::delete(), COLOUR), file!["snapshots/refused.term.svg": TermSvg]);
    assert_data_eq!(shown(&scenes::delete(), ASCII), file!["snapshots/delete_ascii.term.svg": TermSvg]);
    assert_data_eq!(
        shown(&scenes::aws::stack(), COLOUR),
        file!["../../examples/prompt-aws.svg": TermSvg].raw()
    );
    assert_data_eq!(
        shown(&scenes::host::purge(), COLOUR),
        file!["../../examples/prompt-host.svg": TermSvg].raw()
    );
    assert_data_eq!(alarmed(&scenes::delete(), COLOUR), file!["snapshots/moved.term.svg": TermSvg]);
    let mismatch = shown(&scenes::aws::mismatch(), COLOUR);
    assert_data_eq!(mismatch, file!["snapshots/aws_mismatch.term.svg": TermSvg].raw());
    assert_data_eq!(
        shown(&scenes::aws::stack(), ASCII),
        file!["snapshots/aws_stack_ascii.term.svg": TermSvg].raw()
    );
}

#[test]
fn texts() {
    for (name, scene) in [
        ("delete", scenes::delete()),
        ("scale", scenes::scale()),
        ("staging", scenes::staging()),
        ("gaps", scenes::gaps()),
        ("lookalike", scenes::lookalike()),
        ("backups", scenes::backups::every_end()),
        ("backup", scenes::backups::usable()),
    ] {
        insta::assert_snapshot!(format!("{name}_80"), shown(&scene, at(80)));
    }
    insta::assert_snapshot!("delete_40", shown(&scenes::delete(), at(40)));
    insta::assert_snapshot!("delete_120", shown(&scenes::delete(), at(120)));
    insta::assert_snapshot!("backups_40", shown(&scenes::backups::every_end(), at(40)));
    insta::assert_snapshot!("backup_ascii", shown(&scenes::backups::usable(), ASCII));
    insta::assert_snapshot!("lookalike_ascii", shown(&scenes::lookalike(), ASCII));
    insta::assert_snapshot!("refused_80", refused(&scenes::delete(), at(80)));
    insta::assert_snapshot!("notice", notice(&scenes::staging()));
}

#[test]
fn many_objects_keep_their_count() {
    let mut scene = scenes::scale();
    scene.verb = "delete";
    let pod = scene.impact.subjects[0].clone();
    let named = |i: usize| guard::engine::impact::Subject {
        kind: "Pod".into(),
        name: format!("worker-{i}"),
        ..pod.clone()
    };
    scene.impact.subjects = (0..20).map(named).collect();
    scene.impact.subjects_total = 12_345;
    insta::assert_snapshot!("many_pods_80", shown(&scene, at(80)));
}

/// The scenes of AWS, each under the name of its snapshots.
#[test]
fn texts_of_hosts() {
    for (name, scene) in [
        ("host_purge", scenes::host::purge()),
        ("host_install", scenes::host::swap()),
        ("host_restart", scenes::host::restart()),
        ("host_elsewhere", scenes::host::elsewhere()),
        ("host_remote", scenes::host::remote()),
    ] {
        insta::assert_snapshot!(format!("{name}_80"), shown(&scene, at(80)));
    }
    insta::assert_snapshot!("host_purge_40", shown(&scenes::host::purge(), at(40)));
    insta::assert_snapshot!("host_purge_ascii", shown(&scenes::host::purge(), ASCII));
    insta::assert_snapshot!("host_refused_80", refused(&scenes::host::purge(), at(80)));
    insta::assert_snapshot!("host_notice", notice(&scenes::host::swap()));
}

fn of_aws() -> Vec<(&'static str, scenes::Scene)> {
    vec![
        ("aws_stack", scenes::aws::stack()),
        ("aws_mismatch", scenes::aws::mismatch()),
        ("aws_instances", scenes::aws::instances()),
        ("aws_stop", scenes::aws::stop()),
        ("aws_staging", scenes::aws::staging()),
        ("aws_local", scenes::aws::local()),
        ("aws_unknown", scenes::aws::unknown()),
        ("aws_lookalike", scenes::aws::lookalike()),
    ]
}

#[test]
fn accounts() {
    for (name, scene) in of_aws() {
        // Nothing is asked about an account nobody knows.
        let shown = match scene.cluster.as_str() {
            "" => |scene: &scenes::Scene, look| view::screen(&scene.view(&scene.sight())).facts(look),
            _ => shown,
        };
        insta::assert_snapshot!(format!("{name}_80"), shown(&scene, at(80)));
    }
    insta::assert_snapshot!("aws_stack_24", shown(&scenes::aws::stack(), at(24)));
    insta::assert_snapshot!("aws_stack_40", shown(&scenes::aws::stack(), at(40)));
    insta::assert_snapshot!("aws_stack_120", shown(&scenes::aws::stack(), at(120)));
    insta::assert_snapshot!("aws_stack_ascii", shown(&scenes::aws::stack(), ASCII));
    insta::assert_snapshot!("aws_lookalike_ascii", shown(&scenes::aws::lookalike(), ASCII));
    insta::assert_snapshot!("aws_refused_80", refused(&scenes::aws::stack(), at(80)));
    insta::assert_snapshot!("aws_several_refused_80", refused(&scenes::aws::instances(), at(80)));
    insta::assert_snapshot!("aws_stop_refused_80", refused(&scenes::aws::stop(), at(80)));
    insta::assert_snapshot!("aws_notice", notice(&scenes::aws::staging()));
}

#[test]
fn a_count_that_was_cut_off_is_said_to_be_one() {
    let mut scene = scenes::aws::instances();
    let group = |more| guard::engine::impact::Group {
        kind: "object".into(),
        count: 5000,
        more,
        ..guard::engine::impact::Group::default()
    };
    for more in [true, false] {
        scene.impact.groups = vec![group(more)];
        let text = shown(&scene, at(80));
        assert_eq!(text.contains("more than 5,000 objects"), more, "{text}");
        assert!(text.contains("5,000 objects"), "{text}");
    }
}
