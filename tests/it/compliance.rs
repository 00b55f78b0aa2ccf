//! Tests of compliance.
