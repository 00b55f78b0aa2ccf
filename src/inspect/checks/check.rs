//! The result of a check.

use std::time::Duration;

use serde::Serialize;
use strum::{Display, IntoStaticStr};

/// The severity of a check, with the words of monitoring plugins. The order is that of `max_state_alt` in Monitoring Plugins:
/// <https://www.monitoring-plugins.org/doc/guidelines.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Display, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Severity {
    Ok,
    /// The check cannot be performed.
    Unknown,
    Warning,
    /// Clients are affected now, or within a day.
    Critical,
}

impl Severity {
    /// The number of the plugin interface, which is the exit status of a plugin.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Seconds,
    Percent,
    Count,
}

/// A measured value with its limits. If `critical` is less than `warning`, low values are problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Measurement {
    pub(crate) value: u64,
    pub(crate) unit: Unit,
    pub(crate) warning: u64,
    pub(crate) critical: u64,
}

impl Measurement {
    /// An age with the limits above which it is a problem.
    pub(crate) fn age(age: Duration, limits: AgeLimits) -> Self {
        Self {
            value: age.as_secs(),
            unit: Unit::Seconds,
            warning: limits.warning.as_secs(),
            critical: limits.critical.as_secs(),
        }
    }

    /// Compares the value with the limits.
    pub(crate) fn severity(self) -> Severity {
        let exceeds = |limit: u64| {
            if self.critical < self.warning {
                self.value < limit
            } else {
                self.value > limit
            }
        };
        if exceeds(self.critical) {
            Severity::Critical
        } else if exceeds(self.warning) {
            Severity::Warning
        } else {
            Severity::Ok
        }
    }
}

/// The ages above which a check has the severity warning or critical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AgeLimits {
    pub(crate) warning: Duration,
    pub(crate) critical: Duration,
}

impl AgeLimits {
    pub(crate) const fn hours(warning: u64, critical: u64) -> Self {
        Self {
            warning: Duration::from_hours(warning),
            critical: Duration::from_hours(critical),
        }
    }
}

/// The result of a check. `name` is also the value of a label in metrics, so it has no changing parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    /// The command that fixes the problem, as it is typed; `None` if the message describes what to do.
    pub(crate) command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) measurement: Option<Measurement>,
}

impl Check {
    pub(crate) fn new(name: impl Into<String>, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            severity,
            message: message.into(),
            command: None,
            measurement: None,
        }
    }

    pub(crate) fn ok(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(name, Severity::Ok, message)
    }

    pub(crate) fn warning(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(name, Severity::Warning, message)
    }

    pub(crate) fn critical(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(name, Severity::Critical, message)
    }

    /// The result of a check that cannot be performed.
    pub(crate) fn unknown(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(name, Severity::Unknown, message)
    }

    /// A check with the severity of a measured value.
    pub(crate) fn measured(name: impl Into<String>, measurement: Measurement, message: impl Into<String>) -> Self {
        Self {
            measurement: Some(measurement),
            ..Self::new(name, measurement.severity(), message)
        }
    }

    /// Adds the command that fixes the problem. A check without a problem needs none.
    #[must_use]
    pub(crate) fn with_command(mut self, command: impl Into<String>) -> Self {
        if self.severity != Severity::Ok {
            self.command = Some(command.into());
        }
        self
    }

    /// Raises the severity to at least `severity`.
    #[must_use]
    pub(crate) fn at_least(mut self, severity: Severity) -> Self {
        self.severity = self.severity.max(severity);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_as_monitoring_plugins_combine_them() {
        let mut all = [Severity::Critical, Severity::Unknown, Severity::Ok, Severity::Warning];
        all.sort_unstable();
        assert_eq!(all.map(Severity::code), [0, 3, 1, 2]);
    }

    #[test]
    fn a_limit_itself_is_not_exceeded() {
        let severity = |value, warning, critical| {
            let measurement = Measurement {
                value,
                unit: Unit::Percent,
                warning,
                critical,
            };
            measurement.severity()
        };
        for (value, high, low) in [
            (2, Severity::Ok, Severity::Critical),
            (3, Severity::Ok, Severity::Warning),
            (9, Severity::Warning, Severity::Warning),
            (10, Severity::Warning, Severity::Ok),
            (11, Severity::Critical, Severity::Ok),
        ] {
            assert_eq!(severity(value, 3, 10), high, "{value}");
            assert_eq!(severity(value, 10, 3), low, "{value}");
        }
    }

    #[test]
    fn only_a_problem_has_a_command() {
        assert_eq!(Check::ok("disk", "free").with_command("df").command, None);
        let full = Check::critical("disk", "full").with_command("df");
        assert_eq!(full.command.as_deref(), Some("df"));
    }
}
