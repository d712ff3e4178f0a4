//! The policy as data, and the built-in one. Reading and merging files is `crate::policy`'s work.
