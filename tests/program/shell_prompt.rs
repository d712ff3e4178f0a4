//! Shells as people have them: rc files, version managers, terminals.
