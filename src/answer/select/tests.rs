//! Tests of the selection: against a table of cases, and against a naive model.

mod reference;
pub(super) mod table;
