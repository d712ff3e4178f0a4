//! What `kubectl`, `aws` and `apt` link to: sees every call, lets the harmless ones through at once.
//!
//! There is no Rust `main`: the runtime's start-up would set SIGPIPE to ignored and open closed standard streams, and
//! the tool would inherit both.
#![cfg_attr(not(test), no_main)]

#[global_allocator]
static ALLOCATOR: guard::run::bump_alloc::Bump = guard::run::bump_alloc::Bump::new();

/// The C entry point.
///
/// # Safety
/// Called by the C library alone, with the list of words the system made.
#[cfg(not(test))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(
    _argc: std::ffi::c_int,
    argv: *const *const std::ffi::c_char,
) -> std::ffi::c_int {
    // SAFETY: `argv` comes from the system: C strings, ended by a null pointer.
    std::ffi::c_int::from(unsafe { guard::run::shim::main(argv) })
}
