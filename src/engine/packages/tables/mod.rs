//! The commands and options of apt, aptitude and dpkg. Data only.

pub mod apt;
pub mod aptitude;
pub mod dpkg;
