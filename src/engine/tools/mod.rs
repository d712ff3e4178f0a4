//! One file per tool, data only.
