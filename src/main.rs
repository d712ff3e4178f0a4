//! The full `guard`: its own command line, and what the shim hands over.

fn main() -> std::process::ExitCode {
    guard::app::main()
}
