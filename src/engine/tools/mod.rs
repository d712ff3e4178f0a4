//! One file per tool, data only.

pub mod apt;
pub mod aptitude;
pub mod aws;
pub mod dpkg;
pub mod host;
pub mod inline;
pub mod kubectl;
pub mod programs;
