//! The one HTTP agent: limits on everything fetched.
