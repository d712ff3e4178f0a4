//! What `guard demo` runs: the story that shows guard at work, with everything that it needs inside.

#[path = "../demo/mod.rs"]
mod demo;

fn main() -> std::process::ExitCode {
    demo::main()
}
