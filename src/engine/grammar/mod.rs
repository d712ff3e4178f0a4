//! How command lines are written, whatever they say: one reader for each way of writing options, and the shape of the tables it
//! reads by.

pub mod cobra;
pub mod getopt;
pub mod inline;
pub mod table;
