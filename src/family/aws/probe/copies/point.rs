//! Recovery points of AWS Backup, and what the vault they lie in keeps from being taken away. Shapes and the meaning of `LockDate`:
//! botocore 1.44.5, data/backup/2018-11-15.

use super::{Cli, Copies, Copy};
use crate::engine::backup::{Amount, Expiry, Fate, Outcome, Read, Record, Unit};
use crate::engine::fact::Why;
use crate::family::aws::probe::json;
use serde_json::Value;

/// The source, as it calls itself.
const NAME: &str = "AWS Backup";
const DAY: i64 = 86_400;
/// The kind of vault that lies in an account of AWS's own.
const AIR_GAPPED: &str = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT";

/// Where a recovery point is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    vault: String,
    arn: String,
    made_at: Option<i64>,
}

/// What a vault does for a recovery point in it. What could not be asked does nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Vault {
    air_gapped: bool,
    /// Until when nobody can take it away.
    locked_until: Option<i64>,
    /// When it goes by itself.
    goes_at: Option<i64>,
}

impl Vault {
    /// Writes it down.
    pub(super) fn apply(&self, record: &mut Record) {
        if self.air_gapped {
            record.stored.fate = Fate::Nothing;
        }
        if let Some(at) = self.goes_at {
            record.expires = Expiry::At(at);
        }
        record.immutable_until = self.locked_until;
    }

    /// By what the service says of both. A lock without a date, or with one to come, can be taken off again; `point` is asked for
    /// where it cannot.
    fn of(vault: &Value, point: Option<&Value>, made_at: Option<i64>) -> Vault {
        let goes_at = point.and_then(|point| json::moment(point, "/CalculatedLifecycle/DeleteAt"));
        // One that has no end of its own is kept for as long as the vault demands at least.
        let least = || {
            let days = i64::try_from(json::number(vault, "/MinRetentionDays")?).ok()?;
            Some(made_at?.saturating_add(days.saturating_mul(DAY)))
        };
        let locked_until = point.filter(|_| is_final(vault)).and_then(|_| goes_at.or_else(least));
        Vault { air_gapped: json::text(vault, "/VaultType") == Some(AIR_GAPPED), locked_until, goes_at }
    }
}

/// Whether nobody can take the lock off any more.
fn is_final(vault: &Value) -> bool {
    json::truth(vault, "/Locked") == Some(true) && json::age_s(vault, "/LockDate").is_some()
}

impl Point {
    /// Asks the vault, and for the point itself where the vault is locked for good.
    pub(super) async fn ask(&self, cli: &Cli<'_>) -> Vault {
        let vault = cli.json(&["backup", "describe-backup-vault", "--backup-vault-name", &self.vault]).await;
        let vault = vault.unwrap_or_default();
        let point = if is_final(&vault) {
            let words = ["backup", "describe-recovery-point", "--backup-vault-name", &self.vault];
            cli.json(&[&words[..], &["--recovery-point-arn", &self.arn]].concat()).await.ok()
        } else {
            None
        };
        Vault::of(&vault, point.as_ref(), self.made_at)
    }
}

impl Copies {
    /// Asks AWS Backup for the recovery points of this ARN.
    pub(in crate::family::aws::probe) async fn recovery_points(&mut self, cli: &Cli<'_>, arn: Option<&str>) {
        let Some(arn) = arn else {
            return self.source(NAME, Read::Not(Why::Failed("the answer has no ARN".to_owned())));
        };
        let answer = cli.ask(&["backup", "list-recovery-points-by-resource", "--resource-arn", arn]).await;
        let answer = match answer {
            Ok(out) => serde_json::from_slice(&out).map_err(|e| Why::Failed(e.to_string())),
            // By this code alone it says that it knows nothing of the thing; a bare 404 may be anybody's.
            Err(refusal) if refusal.code.as_deref() == Some("ResourceNotFoundException") => Ok(Value::Null),
            Err(refusal) => Err(refusal.why),
        };
        match answer {
            Ok(answer) => self.points(&answer),
            Err(why) => self.source(NAME, Read::Not(why)),
        }
    }

    fn points(&mut self, answer: &Value) {
        let copies = json::list(answer, "/RecoveryPoints").iter().filter_map(|one| self.of_point(one));
        let copies = copies.collect();
        self.page(NAME, copies, answer);
    }

    fn of_point(&self, one: &Value) -> Option<Copy> {
        let vault = json::text(one, "/BackupVaultName").unwrap_or_default();
        let arn = json::text(one, "/RecoveryPointArn")?;
        let object = format!("{vault}/{}", json::tail(arn));
        let mut record = self.record(NAME, &object, json::age_s(one, "/CreationDate"));
        record.outcome = match json::text(one, "/Status") {
            Some("COMPLETED" | "AVAILABLE") => Outcome::Ok,
            Some("CREATING") => Outcome::Running,
            Some("PARTIAL") => Outcome::Partial("PARTIAL".to_owned()),
            Some(other) => Outcome::Failed(other.to_owned()),
            None => Outcome::Unknown,
        };
        // Its plan may take it away; this list does not say.
        record.expires = Expiry::Unknown;
        let size = json::number(one, "/BackupSizeBytes").filter(|n| *n > 0);
        record.amounts.extend(size.map(|n| Amount { n, unit: Unit::Bytes, live: None }));
        if json::text(one, "/VaultType") == Some(AIR_GAPPED) {
            record.stored.fate = Fate::Nothing;
        }
        let owned_by_aws = json::text(one, "/EncryptionKeyType") == Some("AWS_OWNED_KMS_KEY");
        let key = json::text(one, "/EncryptionKeyArn").filter(|_| !owned_by_aws).map(str::to_owned);
        let made_at = record.finished_at;
        let point = Point { vault: vault.to_owned(), arn: arn.to_owned(), made_at };
        Some(Copy { key, point: Some(point).filter(|point| !point.vault.is_empty()), ..record.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::backup::standing::Standing;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn vault(more: Value) -> Value {
        let mut vault = json!({"BackupVaultName": "v", "VaultType": "BACKUP_VAULT"});
        more.as_object().unwrap().iter().for_each(|(k, v)| vault[k] = v.clone());
        vault
    }

    #[test]
    fn a_lock_holds_when_its_date_has_passed_and_not_before() {
        let past = 1_600_000_000;
        let future = jiff::Timestamp::now().as_second() + DAY;
        let point = json!({"CalculatedLifecycle": {"DeleteAt": NOW}});
        let endless = json!({});
        let until = |vault: Value, point: Option<&Value>| Vault::of(&vault, point, Some(past)).locked_until;
        let locked = |date: i64| vault(json!({"Locked": true, "LockDate": date, "MinRetentionDays": 7}));
        assert_eq!(until(locked(past), Some(&point)), Some(NOW));
        assert_eq!(until(locked(past), Some(&endless)), Some(past + 7 * DAY));
        // The point gave no answer: it may be older than the lock, and shorter.
        assert_eq!(until(locked(past), None), None);
        assert_eq!(until(locked(future), Some(&point)), None);
        assert_eq!(until(vault(json!({"Locked": true, "MinRetentionDays": 7})), Some(&point)), None);
        assert_eq!(until(vault(json!({"Locked": false, "LockDate": past})), Some(&point)), None);
        let bare = vault(json!({"Locked": true, "LockDate": past}));
        assert_eq!(until(bare, Some(&endless)), None);
        assert_eq!(Vault::of(&Value::Null, None, None), Vault::default());
    }

    #[test]
    fn a_vault_that_nobody_here_owns_is_elsewhere() {
        let mut record = Copies::of(String::new(), None).record(NAME, "v/1", Some(60));
        assert_eq!(record.stored.fate, Fate::Account);
        Vault::of(&vault(json!({"VaultType": AIR_GAPPED})), None, None).apply(&mut record);
        assert_eq!((record.stored.fate, record.immutable_until), (Fate::Nothing, None));
    }

    #[test]
    fn only_what_is_whole_is_usable() {
        let now = jiff::Timestamp::now().as_second();
        for (status, word) in [
            (json!("COMPLETED"), "usable"),
            (json!("AVAILABLE"), "usable"),
            (json!("PARTIAL"), "none"),
            (json!("EXPIRED"), "none"),
            (json!("STOPPED"), "none"),
            (json!("CREATING"), "none"),
            (json!("DELETING"), "none"),
            (Value::Null, "unknown"),
        ] {
            let one = json!({"RecoveryPointArn": "arn:aws:backup:r:1:recovery-point:p", "BackupVaultName": "v",
                "CreationDate": now - 60, "Status": status, "VaultType": "BACKUP_VAULT",
                "EncryptionKeyArn": "arn:aws:kms:r:1:key/k"});
            let mut copies = Copies::of("bucket b".to_owned(), None);
            copies.points(&json!({"RecoveryPoints": [one]}));
            assert_eq!(copies.copies[0].key.as_deref(), Some("arn:aws:kms:r:1:key/k"));
            let all = copies.done();
            let standing = all.standing(&all.holders[0]);
            assert_eq!(standing.word(), word, "{status}");
            if let Standing::Usable { record, .. } = standing {
                assert_eq!((record.object.as_str(), record.stored.fate), ("v/p", Fate::Account));
            }
        }
    }

    #[test]
    fn a_key_of_awss_own_is_not_asked() {
        let one = json!({"RecoveryPointArn": "a:b", "BackupVaultName": "v", "Status": "COMPLETED",
            "EncryptionKeyArn": "arn:aws:kms:r:2:key/k", "EncryptionKeyType": "AWS_OWNED_KMS_KEY",
            "VaultType": AIR_GAPPED});
        let copy = Copies::of(String::new(), None).of_point(&one).unwrap();
        assert_eq!((copy.key, copy.record.stored.fate), (None, Fate::Nothing));
    }
}
