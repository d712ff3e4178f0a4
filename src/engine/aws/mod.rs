//! Command lines of the AWS CLI: its own grammar (argparse, three parsers in a row), not that of the cobra tools in
//! [`parse`](super::parse). Pure: words and documents in, data out.

pub mod hit;

pub use hit::Hit;
