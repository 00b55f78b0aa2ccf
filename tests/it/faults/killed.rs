//! SIGKILL at calls that change files, spread evenly over a run. `scan::killed`, `crawl::crash` and `sync::killed` go further for these
//! programs.

use std::os::unix::process::ExitStatusExt as _;

use super::{Case, Lab, spread, tests_of_cases, trace};

mod server;

const FEW: usize = 3;
const MANY: usize = 32;

/// The calls that change files, for strace.
pub(super) const CHANGES: &str = "pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,\
                                  link,linkat,symlink,symlinkat,rmdir,chmod,fchmod";

fn check(case: &Case, kills: usize) {
    let lab = Lab::new(case, CHANGES);
    let calls = &lab.calls;
    assert!(calls.len() >= kills, "{} calls are too few moments", calls.len());
    let (mut killed, mut in_time) = (0, 0);
    for call in spread(calls.len(), kills).map(|n| &calls[n]) {
        lab.restore();
        let what = format!("{} killed at {call}", case.program);
        let (output, _) = trace::fail(lab.env(), case, call, trace::Fault::Kill);
        // strace ends as the program does.
        killed += usize::from(output.status.signal() == Some(9));
        let is_new = lab.check(&what);
        in_time += usize::from(!is_new);
    }
    // A thread need not make the call that another one made in the recorded run.
    assert!(killed * 3 >= kills * 2, "only {killed} of {kills} were killed");
    assert!(in_time > 0, "every kill came too late");
}

tests_of_cases!(super::check, super::FEW, super::MANY);
