//! What guard knows of each family of tools beyond their words: where a command goes, what would be lost, what is kept, what is
//! held until it runs. One pipeline for all ([`judge`]); a family is a folder here, one under `engine/`, and an arm below.

pub mod actor;
pub mod aws;
pub mod call;
pub mod cx;
pub mod docker;
pub mod files;
pub mod invocation;
pub mod judge;
pub mod kube;
pub mod machine;
pub mod packages;
pub mod promise;
pub mod reading;
mod situation;
pub mod trail;
pub mod units;
pub mod whereabouts;

use crate::engine::tool::FamilyId;
use crate::fail::Result;
use crate::run::exec::EnvEdit;
use crate::world::World;
use call::Call;
use reading::Reading;

/// Reads the words of a call, preferences and aliases applied: the one place of the full guard that chooses the family.
///
/// # Errors
/// Preferences that nobody can read; the tool refuses them as well.
pub fn read(call: &Call, world: &World) -> Result<Box<dyn Reading>> {
    Ok(match call.tool.family {
        FamilyId::Kube => Box::new(kube::KubeReading::of(call, world)?),
        FamilyId::Aws => Box::new(aws::AwsReading::of(call, world)?),
        FamilyId::Packages => Box::new(packages::PackagesReading::of(call)),
        FamilyId::Units => Box::new(units::UnitsReading::of(call)),
        FamilyId::Files => Box::new(files::FilesReading::of(call)),
        FamilyId::Docker => Box::new(docker::DockerReading::of(call, world)),
    })
}

/// What becomes of the variables of a call that passes unasked, so that what was read is what the tool does.
pub fn as_typed(call: &Call, world: &World) -> EnvEdit {
    match call.tool.family {
        FamilyId::Aws => aws::as_typed(call, world),
        FamilyId::Kube | FamilyId::Packages | FamilyId::Units | FamilyId::Files | FamilyId::Docker => {
            EnvEdit::default()
        }
    }
}
