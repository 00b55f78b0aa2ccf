//! `mm-scan-master`.
