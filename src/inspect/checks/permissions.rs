//! The check of paths that other users can write.

use itertools::Itertools as _;

use super::{Check, Environment};
use crate::inspect::permissions::find_open_paths;

const NAME: &str = "permissions";

pub(super) fn check(environment: &Environment<'_>) -> Vec<Check> {
    let open = find_open_paths(environment.config, environment.config_path);
    if open.is_empty() {
        return vec![Check::ok(NAME, "other users can write no path of the config")];
    }
    let message = open
        .iter()
        .map(|path| format!("{}: {}", path.key, path.problem))
        .join("; ");
    let command = open.iter().map(|path| path.command.as_str()).join(" && ");
    vec![Check::warning(NAME, message).with_command(command)]
}
