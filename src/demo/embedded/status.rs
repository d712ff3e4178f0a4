//! Answers of the API: objects, and `Status` objects in the words a real API server uses.

use serde_json::{Value, json};

/// One HTTP answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub code: u16,
    /// Content type.
    pub mime: String,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A JSON document.
    pub fn json(code: u16, value: &Value) -> Reply {
        Reply { code, mime: "application/json".into(), body: value.to_string().into_bytes() }
    }

    /// JSON that is already text.
    pub fn raw(code: u16, body: String) -> Reply {
        Reply { code, mime: "application/json".into(), body: body.into_bytes() }
    }

    /// Plain text.
    pub fn text(code: u16, text: &str) -> Reply {
        Reply { code, mime: "text/plain; charset=utf-8".into(), body: text.as_bytes().to_vec() }
    }

    fn failure(code: u16, reason: &str, message: &str, details: Value) -> Reply {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code,
        });
        if !details.is_null() {
            status["details"] = details;
        }
        Reply::json(code, &status)
    }

    /// 404 for an object. `what` is the qualified resource, for example `deployments.apps`.
    pub fn not_found(what: &str, name: &str) -> Reply {
        let (kind, group) = what.split_once('.').unwrap_or((what, ""));
        let mut details = json!({"name": name, "kind": kind});
        if !group.is_empty() {
            details["group"] = group.into();
        }
        Reply::failure(404, "NotFound", &format!("{what} {name:?} not found"), details)
    }

    /// 404 for a path nothing is served under.
    pub fn no_such_path() -> Reply {
        Reply { code: 404, mime: "text/plain; charset=utf-8".into(), body: b"404 page not found\n".to_vec() }
    }

    /// 409 for an object that is already there.
    pub fn already_exists(what: &str, name: &str) -> Reply {
        let kind = what.split('.').next().unwrap_or(what);
        Reply::failure(
            409,
            "AlreadyExists",
            &format!("{what} {name:?} already exists"),
            json!({"name": name, "kind": kind}),
        )
    }

    /// 409 for a changed object or a precondition that does not hold.
    pub fn conflict(what: &str, name: &str, why: &str) -> Reply {
        let kind = what.split('.').next().unwrap_or(what);
        let message = format!("Operation cannot be fulfilled on {what} {name:?}: {why}");
        Reply::failure(409, "Conflict", &message, json!({"name": name, "kind": kind}))
    }

    /// 403 of an authorizer: this user may not do this.
    pub fn may_not(
        user: &str,
        verb: &str,
        plural: &str,
        group: &str,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> Reply {
        let what = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
        let named = name.map(|n| format!(" {n:?}")).unwrap_or_default();
        let place = match namespace {
            Some(ns) => format!("in the namespace {ns:?}"),
            None => "at the cluster scope".to_owned(),
        };
        let message = format!(
            "{what}{named} is forbidden: User {user:?} cannot {verb} resource {plural:?} in API group {group:?} {place}"
        );
        let mut details = json!({"kind": plural});
        if let Some(name) = name {
            details["name"] = name.into();
        }
        if !group.is_empty() {
            details["group"] = group.into();
        }
        Reply::failure(403, "Forbidden", &message, details)
    }

    /// 403 of an admission check: nobody may do this to that object.
    pub fn refused(what: &str, name: &str, why: &str) -> Reply {
        let kind = what.split('.').next().unwrap_or(what);
        Reply::failure(
            403,
            "Forbidden",
            &format!("{what} {name:?} is forbidden: {why}"),
            json!({"name": name, "kind": kind}),
        )
    }

    /// 400.
    pub fn bad_request(why: &str) -> Reply {
        Reply::failure(400, "BadRequest", why, Value::Null)
    }

    /// 405.
    pub fn not_allowed() -> Reply {
        Reply::failure(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
            json!({}),
        )
    }

    /// 410: a continue token or watch that is too old.
    pub fn expired(why: &str) -> Reply {
        Reply::failure(410, "Expired", why, Value::Null)
    }

    /// 415.
    pub fn unsupported(mime: &str) -> Reply {
        let why = format!("the body of the request was in an unknown format - {mime}");
        Reply::failure(415, "UnsupportedMediaType", &why, json!({}))
    }

    /// 422.
    pub fn invalid(kind: &str, name: &str, why: &str) -> Reply {
        Reply::failure(
            422,
            "Invalid",
            &format!("{kind} {name:?} is invalid: {why}"),
            json!({"name": name, "kind": kind}),
        )
    }

    /// 429: an eviction that a PodDisruptionBudget forbids.
    pub fn too_many(why: &str, budget: &str) -> Reply {
        let cause = json!([{"reason": "DisruptionBudget", "message": format!("The disruption budget {budget} does not allow this")}]);
        Reply::failure(429, "TooManyRequests", why, json!({"causes": cause}))
    }

    /// 503: an aggregated API whose server is gone.
    pub fn unavailable() -> Reply {
        Reply { code: 503, mime: "text/plain; charset=utf-8".into(), body: b"service unavailable\n".to_vec() }
    }

    /// The `Status` a delete answers with when the object is gone at once.
    pub fn deleted(kind: &str, group: &str, name: &str, uid: &str) -> Reply {
        let mut details = json!({"name": name, "kind": kind, "uid": uid});
        if !group.is_empty() {
            details["group"] = group.into();
        }
        Reply::json(
            200,
            &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
        )
    }
}
