//! The benches are in `workloads`; this library is empty, because a package needs a target.
