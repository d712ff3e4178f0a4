//! PostgreSQL on this machine: where its clusters are, what a running server says of them, and what is in a dump.

pub mod archive;
pub mod cluster;
pub mod live;
pub mod server;

pub use cluster::Cluster;
pub use server::Server;
