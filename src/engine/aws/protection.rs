//! Options and keys that protect something from deletion, by their names.

/// Names of protections, as options, members and attributes have them.
pub(super) fn is_protection(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("protect") && !name.contains("protectedresource") && !name.contains("unprotect")
        || name.contains("disableapitermination")
        || name.contains("disable-api-termination")
        || name.contains("disable-api-stop")
        || name.contains("disableapistop")
}
