//! The words with their secrets replaced, for records and screens.

use super::grammar::{At, parse};
use crate::engine::redact::{REDACTED, without_userinfo};
use std::borrow::Cow;

/// Names, or parts of names between dashes, of options whose value must never be written down.
const SECRET: [&str; 11] = [
    "password",
    "passwords",
    "passphrase",
    "secret-string",
    "secret-binary",
    "client-secret",
    "private-key",
    "auth-token",
    "access-token",
    "secret-access-key",
    "plaintext",
];

/// Options with secrets under names that say nothing of it: `SERVICE OPERATION`, the option.
const ELSEWHERE: [(&[u8], &str); 6] = [
    (b"ssm put-parameter", "value"),
    (b"apigateway create-api-key", "value"),
    (b"lambda invoke", "client-context"),
    (b"kms import-key-material", "encrypted-key-material"),
    (b"stepfunctions start-execution", "input"),
    (b"stepfunctions start-sync-execution", "input"),
];

/// Options, and members of documents, whose values are settings of programs: what is handed to them as environment,
/// arguments, parameters of templates or commands is where passwords stand.
const SETTINGS: [&str; 41] = [
    "args",
    "arguments",
    "auth-parameters",
    "basic-auth-credentials",
    "command",
    "commands",
    "connection-properties",
    "container-definitions",
    "container-overrides",
    "copy-source-sse-customer-key",
    "credentials",
    "custom-headers",
    "default-arguments",
    "env",
    "env-vars",
    "environment",
    "environment-overrides",
    "environment-variable-overrides",
    "environment-variables",
    "environment-variables-override",
    "execution-parameters",
    "external-parameters",
    "fi-auth-key",
    "headers",
    "node-overrides",
    "option-settings",
    "overrides",
    "parameter-overrides",
    "parameter-sets",
    "parameter-value",
    "parameters",
    "payload",
    "runtime-environment-variables",
    "saml-assertion",
    "sql-parameters",
    "sse-c-copy-source-key",
    "sse-c-key",
    "sse-customer-key",
    "token-code",
    "user-data",
    "variables",
];

/// Tokens that let somebody in; others say where a list goes on.
const TOKENS: [&str; 14] = [
    "access",
    "api",
    "auth",
    "authentication",
    "bearer",
    "device",
    "id",
    "identity",
    "oauth",
    "personal-access",
    "refresh",
    "security",
    "session",
    "web-identity",
];

/// The words after `aws` with every secret replaced. Words are never added or removed, so that the record still says what
/// was typed where. An option that may be an abbreviation of a secret's counts as one.
pub fn redact<'a>(words: &'a [&'a [u8]]) -> Vec<Cow<'a, [u8]>> {
    let mut out: Vec<Cow<'a, [u8]>> = words.iter().map(|word| Cow::Borrowed(*word)).collect();
    for major in [1, 2] {
        let parsed = parse(words, major);
        let command = parsed.command();
        for given in &parsed.options {
            let name = String::from_utf8_lossy(given.name);
            let whole = is_listed(&command, &name)
                || (is_private(&name) && !names_a_key(&command, &name))
                || (!given.sure && may_be_private(&name));
            for value in &given.values {
                if whole && !is_file(value.1) {
                    hide(&mut out, words, *value, pair(value.1).unwrap_or_else(|| REDACTED.to_vec()));
                } else if let Some(hidden) = inside(value.1) {
                    hide(&mut out, words, *value, hidden);
                }
            }
        }
        // A word that fits nowhere may still be one of these.
        for operand in &parsed.operands {
            if let Some(hidden) = inside(operand.1) {
                hide(&mut out, words, *operand, hidden);
            }
        }
        // `configure set aws_secret_access_key VALUE`
        if command == b"configure set"
            && let [(_, key), value, ..] = parsed.operands.as_slice()
            && [b"secret".as_slice(), b"token", b"access_key_id", b"password"]
                .iter()
                .any(|part| key.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part)))
        {
            hide(&mut out, words, *value, REDACTED.to_vec());
        }
    }
    for slot in &mut out {
        if let Some(word) = without_userinfo(slot).filter(|word| **slot != **word) {
            *slot = Cow::Owned(word);
        }
    }
    out
}

/// A text of the person's own (the shell line of an alias), or nothing of it where it holds a secret.
pub fn redact_text(text: &str) -> String {
    if inside(text.as_bytes()).is_some() {
        return String::from_utf8_lossy(REDACTED).into_owned();
    }
    let word = without_userinfo(text.as_bytes());
    word.map_or_else(|| text.to_owned(), |word| String::from_utf8_lossy(&word).into_owned())
}

/// The value of an option by its full name, without what must not be shown.
pub fn redact_value(option: &str, value: &str) -> String {
    if is_private(option) {
        return String::from_utf8_lossy(&pair(value.as_bytes()).unwrap_or_else(|| REDACTED.to_vec()))
            .into_owned();
    }
    redact_text(value)
}

/// The same where it is known whose option it is: `SERVICE OPERATION`.
pub fn redact_option(command: &str, option: &str, value: &str) -> String {
    let command = command.as_bytes();
    if names_a_key(command, option) {
        return redact_text(value);
    }
    if is_listed(command, option) && !is_file(value.as_bytes()) {
        return String::from_utf8_lossy(&pair(value.as_bytes()).unwrap_or_else(|| REDACTED.to_vec()))
            .into_owned();
    }
    redact_value(option, value)
}

/// Whether an option holds a secret under a name that says nothing of it: `SERVICE OPERATION`, its full name.
pub fn holds_secret(command: &str, option: &str) -> bool {
    is_listed(command.as_bytes(), option)
}

/// Whether an option, or what may be its abbreviation, holds a secret under a name that says nothing of it.
fn is_listed(command: &[u8], name: &str) -> bool {
    ELSEWHERE.iter().any(|(of, option)| *of == command && !name.is_empty() && option.starts_with(name))
}

/// `apigateway delete-api-key --api-key`: the key's identifier, not the key.
fn names_a_key(command: &[u8], name: &str) -> bool {
    command.starts_with(b"apigateway ") && name == "api-key"
}

/// Whether what stands under this name is never written down.
fn is_private(name: &str) -> bool {
    is_secret(name)
        || SETTINGS.contains(&name)
        || name.strip_suffix("-token").is_some_and(|kind| TOKENS.contains(&kind))
}

/// Whether the name of an option says that its value is a secret.
pub fn is_secret(name: &str) -> bool {
    let whole = |part: &str| {
        name.match_indices(part).any(|(at, _)| {
            let before = name.get(..at).is_some_and(|head| head.is_empty() || head.ends_with('-'));
            let after =
                name.get(at + part.len()..).is_some_and(|tail| tail.is_empty() || tail.starts_with('-'));
            before && after
        })
    };
    // Flags and rules about passwords are none.
    let about =
        ["policy", "expiry", "reuse", "age", "length", "manage", "arn", "id", "type", "reset", "source"];
    SECRET.iter().any(|part| whole(part)) && !name.split('-').any(|word| about.contains(&word))
        || matches!(name, "token" | "session-token")
        || holds_key(name)
}

/// Whether a name speaks of a key or of what proves something: `secret-key`, `pre-shared-key`, `registry-credential`,
/// `x-amz-signature`, `cak` (MACsec). A last word that says what is told about it makes it none: `secret-arn`.
fn holds_key(name: &str) -> bool {
    const ABOUT: &str = "alias algorithm arn arns date description enabled encoding expiry format id identifier ids \
        length list name names policy provider ref required source state status tags type types usage version";
    let words: Vec<&str> = name.split('-').collect();
    if words.last().is_none_or(|last| ABOUT.split_ascii_whitespace().any(|about| about == *last)) {
        return false;
    }
    words.iter().any(|word| {
        matches!(
            *word,
            "secret" | "credential" | "cak" | "signature" | "presharedkey" | "apikey" | "secretkey"
        )
    }) || words.windows(2).any(|pair| {
        matches!(
            pair,
            ["secret" | "api" | "access" | "private" | "shared" | "preshared" | "symmetric", "key"]
        )
    })
}

/// Whether an abbreviation may stand for one: `--pass`, `--master-user-p`, `--secret-s`, `--param`.
fn may_be_private(name: &str) -> bool {
    const FULL: [&str; 9] = [
        "password",
        "passphrase",
        "secret-string",
        "secret-binary",
        "master-user-password",
        "old-password",
        "new-password",
        "private-key",
        "admin-password",
    ];
    name.len() > 3 && FULL.iter().chain(&SETTINGS).any(|full| full.starts_with(name))
}

fn is_file(value: &[u8]) -> bool {
    value.starts_with(b"file://") || value.starts_with(b"fileb://")
}

/// `ParameterKey=Size,ParameterValue=…` and `Size=…`: the name may be read, what it is set to may not.
fn pair(value: &[u8]) -> Option<Vec<u8>> {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:".contains(b);
    let key = value.strip_prefix(b"ParameterKey=");
    let at = key.unwrap_or(value).iter().position(|b| !is_name(b))?;
    let (name, rest) = key.unwrap_or(value).split_at_checked(at)?;
    let keeps: &[u8] = match key {
        Some(_) if rest == b",UsePreviousValue=true" => return Some(value.to_vec()),
        Some(_) if rest.starts_with(b",ParameterValue=") => b",ParameterValue=",
        None if rest.starts_with(b"=") && !name.is_empty() => b"=",
        _ => return None,
    };
    let head: &[u8] = if key.is_some() { b"ParameterKey=" } else { b"" };
    Some([head, name, keeps, REDACTED].concat())
}

/// A value with members whose names say that they are secrets or settings (`{"MasterUserPassword": "x"}`, `Password=x`,
/// `environment=[…]`), or with the words of SQL and shells that are followed by one (`PASSWORD 'x'`, `--password x`): the
/// whole value is hidden, so that nothing rests on reading it right.
fn inside(value: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(value);
    let named = text.match_indices([':', '=']).any(|(at, _)| {
        let head = text.get(..at).unwrap_or_default().trim_end_matches(['"', '\'', ' ', '\\', '\t']);
        let (before, name) = last_name(head);
        // `arn:aws:secretsmanager:eu-west-1:111111111111:secret:app`
        let of_arn = text.get(at..).is_some_and(|rest| rest.starts_with(':')) && before.ends_with(':');
        !of_arn && is_private_member(name)
    });
    // `SECRET_ACCESS_KEY 'x'`, `password'x'`
    let mut quoted = false;
    let literal = text.match_indices('\'').any(|(at, _)| {
        quoted = !quoted;
        quoted && is_secret_member(last_name(text.get(..at).unwrap_or_default().trim_end()).1)
    });
    let mut words = text.split([' ', '\t', '\n', '(', '"']).filter(|word| !word.is_empty()).peekable();
    let (mut spoken, mut identified) = (false, false);
    while let Some(word) = words.next() {
        let Some(next) = words.peek() else { break };
        let plain = word.trim_start_matches(['-', '\'']).to_ascii_lowercase();
        spoken |=
            matches!(plain.as_str(), "password" | "passwd" | "pass" | "pwd" | "passphrase") && *next != "=";
        // `identified with caching_sha2_password by '…'`, `identified via x using '…'`
        identified |= plain == "identified";
        spoken |= identified && ["by", "as", "using"].iter().any(|word| next.eq_ignore_ascii_case(word));
    }
    (named || literal || spoken).then(|| REDACTED.to_vec())
}

/// The name at the end of a text, and what stands before it.
fn last_name(text: &str) -> (&str, &str) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let start = text
        .rfind(|c| !is_name(c))
        .and_then(|at| text.get(at..))
        .map_or(0, |rest| text.len() - rest.len() + rest.chars().next().map_or(0, char::len_utf8));
    text.split_at_checked(start).unwrap_or((text, ""))
}

/// The same for a member's name as documents spell it: `MasterUserPassword`, `containerOverrides`, `DB_PASSWORD`, `PGPASSWORD`.
fn is_private_member(name: &str) -> bool {
    is_secret_member(name) || is_private(plain_member(name).trim_matches('-'))
}

/// Whether it is a secret, and not only a setting that may hold one.
fn is_secret_member(name: &str) -> bool {
    const SHORT: &str =
        "credentials dbpassword mysql-pwd mysqlpwd pgpassword pwd sig token x-amz-security-token";
    let plain = plain_member(name);
    let plain = plain.trim_matches('-');
    !plain.is_empty() && (is_secret(plain) || SHORT.split(' ').any(|short| short == plain))
}

/// `MasterUserPassword` as options spell it.
fn plain_member(name: &str) -> String {
    let mut plain = String::new();
    let mut low = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && low {
            plain.push('-');
        }
        low = c.is_ascii_lowercase() || c.is_ascii_digit();
        plain.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
    }
    plain
}

fn hide<'a>(out: &mut [Cow<'a, [u8]>], words: &[&'a [u8]], (at, value): At<'a>, hidden: Vec<u8>) {
    let Some(word) = words.get(at) else { return };
    // A value of its own word, or the tail of the word that names the option.
    let mut text = word.get(..word.len().saturating_sub(value.len())).unwrap_or(&[]).to_vec();
    text.extend_from_slice(&hidden);
    if let Some(slot) = out.get_mut(at) {
        *slot = Cow::Owned(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let out = redact(&words);
        out.iter().map(|w| String::from_utf8_lossy(w)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        for (line, want) in [
            (
                "rds modify-db-instance --db-instance-identifier d --master-user-password p",
                "rds modify-db-instance --db-instance-identifier d --master-user-password [redacted]",
            ),
            (
                "rds modify-db-instance --master-user-password=p",
                "rds modify-db-instance --master-user-password=[redacted]",
            ),
            (
                "rds modify-db-instance --master-user-pass p",
                "rds modify-db-instance --master-user-pass [redacted]",
            ),
            (
                "secretsmanager put-secret-value --secret-id s --secret-string x",
                "secretsmanager put-secret-value --secret-id s --secret-string [redacted]",
            ),
            (
                "secretsmanager put-secret-value --secret-string file://s",
                "secretsmanager put-secret-value --secret-string file://s",
            ),
            ("ssm put-parameter --name n --value v", "ssm put-parameter --name n --value [redacted]"),
            ("configure set aws_secret_access_key k", "configure set aws_secret_access_key [redacted]"),
            ("configure set region eu-west-1", "configure set region eu-west-1"),
            ("x create-y --cli-input-json {\"Password\":\"x\"}", "x create-y --cli-input-json [redacted]"),
            (
                "iam update-account-password-policy --max-password-age 3",
                "iam update-account-password-policy --max-password-age 3",
            ),
            (
                "iam create-login-profile --user-name u --password p --no-password-reset-required",
                "iam create-login-profile --user-name u --password [redacted] --no-password-reset-required",
            ),
            ("secretsmanager delete-secret --secret-id s", "secretsmanager delete-secret --secret-id s"),
            (
                "cloudformation update-stack --stack-name app --parameters ParameterKey=Db,ParameterValue=s3cr3t ParameterKey=Size,UsePreviousValue=true",
                "cloudformation update-stack --stack-name app --parameters ParameterKey=Db,ParameterValue=[redacted] ParameterKey=Size,UsePreviousValue=true",
            ),
            (
                "cloudformation update-stack --stack-name app --parameters [{\"ParameterKey\":\"Db\",\"ParameterValue\":\"s3cr3t\"}]",
                "cloudformation update-stack --stack-name app --parameters [redacted]",
            ),
            (
                "cloudformation deploy --stack-name app --template-file t --parameter-overrides Db=s3cr3t Size=3",
                "cloudformation deploy --stack-name app --template-file t --parameter-overrides Db=[redacted] Size=[redacted]",
            ),
            (
                "ecs run-task --overrides {\"containerOverrides\":[{\"environment\":[{\"name\":\"A\",\"value\":\"s3cr3t\"}]}]}",
                "ecs run-task --overrides [redacted]",
            ),
            (
                "ssm send-command --document-name AWS-RunShellScript --parameters commands=s3cr3t",
                "ssm send-command --document-name AWS-RunShellScript --parameters commands=[redacted]",
            ),
            (
                "x y --cli-input-json {\"Environment\":{\"Variables\":{\"A\":\"b\"}}}",
                "x y --cli-input-json [redacted]",
            ),
            (
                "ecs execute-command --cluster c --command s3cr3t",
                "ecs execute-command --cluster c --command [redacted]",
            ),
            (
                "glue create-connection --connection-input ConnectionProperties={PASSWORD=s3cr3t}",
                "glue create-connection --connection-input [redacted]",
            ),
            ("s3 cp https://anna:s3cr3t@h/x s3://b", "s3 cp https://[redacted]@h/x s3://b"),
            (
                "sns publish --topic-arn t --message https://anna:s3/cr3t@h/x",
                "sns publish --topic-arn t --message https://[redacted]@h/x",
            ),
            (
                "ec2 create-tags --resources i-1 --tags Key=Env,Value=prod",
                "ec2 create-tags --resources i-1 --tags Key=Env,Value=prod",
            ),
            (
                "ecs update-service --cluster c --service s --desired-count 0",
                "ecs update-service --cluster c --service s --desired-count 0",
            ),
            ("ec2 terminate-instances --instance-ids i-1", "ec2 terminate-instances --instance-ids i-1"),
            ("ec2 create-vpc --client-token t", "ec2 create-vpc --client-token t"),
            ("x put-y --secret-key k --cak c", "x put-y --secret-key [redacted] --cak [redacted]"),
            ("x put-y --registry-credential k", "x put-y --registry-credential [redacted]"),
            (
                "x put-y --pre-shared-key k --secret s",
                "x put-y --pre-shared-key [redacted] --secret [redacted]",
            ),
            ("x put-y --tunnel-options PreSharedKey=s3cr3t", "x put-y --tunnel-options [redacted]"),
            (
                "s3 cp https://b.s3.amazonaws.com/x?X-Amz-Credential=a&X-Amz-Signature=b s3://b",
                "s3 cp [redacted] s3://b",
            ),
            ("s3 cp https://h/x?sv=1&sig=abc s3://b", "s3 cp [redacted] s3://b"),
            ("apigateway delete-api-key --api-key a1b2", "apigateway delete-api-key --api-key a1b2"),
            ("x put-y --api-key a1b2", "x put-y --api-key [redacted]"),
            ("iam delete-access-key --access-key-id AKIA1", "iam delete-access-key --access-key-id AKIA1"),
            (
                "rds-data execute-statement --secret-arn arn:aws:secretsmanager:eu-west-1:111111111111:secret:app-1",
                "rds-data execute-statement --secret-arn arn:aws:secretsmanager:eu-west-1:111111111111:secret:app-1",
            ),
            (
                "iot delete-role-alias --credential-provider-arn a --secret-name n --kms-key-id k --key-pair-name p",
                "iot delete-role-alias --credential-provider-arn a --secret-name n --kms-key-id k --key-pair-name p",
            ),
            (
                "x put-y --api-key-required true --signature-version 4",
                "x put-y --api-key-required true --signature-version 4",
            ),
        ] {
            assert_eq!(shown(line), want);
        }
    }

    #[test]
    fn text_of_sql_and_shells_with_a_password_is_hidden() {
        for text in [
            "CREATE USER anna PASSWORD 's3cr3t'",
            "ALTER USER anna IDENTIFIED BY s3cr3t",
            "mysql -u root --password s3cr3t -e 'DROP TABLE x'",
            "PGPASSWORD=s3cr3t psql",
            "ALTER USER anna IDENTIFIED WITH caching_sha2_password BY 's3cr3t'",
            "CREATE USER anna IDENTIFIED VIA mysql_native_password USING 's3cr3t'",
            "ALTER USER anna PASSWORD's3cr3t'",
            "COPY t FROM 's3://b/x' ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 's3cr3t'",
            "COPY t FROM 's3://b/x' CREDENTIALS 's3cr3t'",
            "create secret (type s3, secret 's3cr3t')",
            "DB_PASSWORD=s3cr3t run",
            "curl -H 'Authorization: x' https://anna:s3cr3t@host/",
        ] {
            let line = ["rds-data", "execute-statement", "--resource-arn", "a", "--sql", text];
            let words: Vec<&[u8]> = line.iter().map(|w| w.as_bytes()).collect();
            let shown = redact(&words).concat();
            assert!(!String::from_utf8_lossy(&shown).contains("s3cr3t"), "{text}");
            assert!(!redact_text(text).contains("s3cr3t"), "{text}");
        }
        for text in [
            "DELETE FROM passwords WHERE id = 1",
            "DROP TABLE orders",
            "a: b",
            "DELETE FROM t WHERE kind = 'signature' AND id = 'x'",
            "DELETE FROM identified_users ORDER BY id",
            "arn:aws:secretsmanager:eu-west-1:111111111111:secret:app",
        ] {
            assert_eq!(redact_text(text), text);
        }
    }

    #[test]
    fn an_option_is_judged_with_its_command() {
        for (command, option, value, want) in [
            ("ssm put-parameter", "value", "v", "[redacted]"),
            ("ssm put-parameter", "name", "v", "v"),
            ("sns publish", "value", "v", "v"),
            ("apigateway create-api-key", "value", "v", "[redacted]"),
            ("apigateway delete-api-key", "api-key", "v", "v"),
            ("rds modify-db-instance", "master-user-password", "v", "[redacted]"),
        ] {
            assert_eq!(redact_option(command, option, value), want, "{command} --{option}");
        }
    }

    /// Every reviewed command with each of its options holding a secret in the shapes that documents have.
    #[cfg(feature = "cli")]
    #[test]
    fn no_shape_of_a_secret_is_shown_of_any_reviewed_command() {
        use crate::engine::aws::tables;
        let shapes = [
            r#"{"MasterUserPassword":"s3cr3t"}"#,
            r#"{"a":{"Environment":{"Variables":{"A":"s3cr3t"}}}}"#,
            r#"{"containerOverrides":[{"environment":[{"name":"A","value":"s3cr3t"}]}]}"#,
            r#"[{"ParameterKey":"K","ParameterValue":"s3cr3t"}]"#,
            "ParameterKey=K,ParameterValue=s3cr3t",
            "Variables={A=s3cr3t}",
            "environment=[{name=A,value=s3cr3t}]",
            r#"commands=["echo s3cr3t"]"#,
            "https://anna:s3cr3t@example.com/x",
            "postgres://anna:s3/cr3t@db:5432/x",
            "ALTER USER anna PASSWORD 's3cr3t'",
            r#"{"UserData":"s3cr3t"}"#,
        ];
        let mut wrong = Vec::new();
        for row in tables::all_reviewed() {
            let command = row.split('\t').next().unwrap_or_default();
            let options = tables::options(command.as_bytes()).unwrap_or_default();
            for option in options.split(' ').filter(|o| !matches!(*o, "" | "~") && !o.ends_with('!')) {
                let option = format!("--{}", option.trim_end_matches('*'));
                for shape in shapes {
                    for joined in [false, true] {
                        let mut words: Vec<String> = command.split(' ').map(str::to_owned).collect();
                        if joined {
                            words.push(format!("{option}={shape}"));
                        } else {
                            words.extend([option.clone(), shape.to_owned()]);
                        }
                        let slices: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
                        let shown = redact(&slices).concat();
                        let shown = String::from_utf8_lossy(&shown).into_owned();
                        if shown.contains("s3cr3t") || shown.contains("cr3t@") {
                            wrong.push(format!("{command} {option} {shape}: {shown}"));
                        }
                    }
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "{} of them: {:#?}",
            wrong.len(),
            wrong.iter().take(20).collect::<Vec<_>>()
        );
    }
}
