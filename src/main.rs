//! The full `guard`: its own command line, and what the shim hands over.

// What the caller left ignored, blocked or closed goes to the tool as it came.
guard::record_inherited!();

fn main() -> std::process::ExitCode {
    guard::app::main()
}
