//! How many made-up cases a property is tried with.

/// Whether this is `tests/run --all`: every version of every tool, and more cases.
pub fn is_all() -> bool {
    std::env::var_os("GUARD_TEST_ALL").is_some_and(|v| !v.is_empty())
}

/// So many cases in the gate, ten times as many in `tests/run --all`.
pub fn cases(usual: u32) -> u32 {
    usual * if is_all() { 10 } else { 1 }
}
