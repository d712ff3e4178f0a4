//! What `kubectl`, `aws` and `apt` link to: sees every call, lets the harmless ones through at once.

fn main() {}
