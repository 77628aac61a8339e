//! Instructions of one operation with each of laneway's schedulers: one class, one worker.

use super::observed::Observed;
use crate::{Result, callgrind};

/// The operations.
pub const OPERATIONS: [&str; 2] = ["spawn_join", "yield"];

/// Counts for one scheduler, `one_lane` or `fifo`.
///
/// # Errors
///
/// If there is no such scheduler, or no valgrind.
pub fn measure(scheduler: &str) -> Result<Observed> {
    let contestant = match scheduler {
        "one_lane" => "laneway_priorities",
        "fifo" => "laneway_fifo",
        _ => return Err(format!("no scheduler {scheduler}").into()),
    };
    let mut observed = Observed::default();
    for name in OPERATIONS {
        let operation = callgrind::find(name).ok_or_else(|| format!("no operation {name}"))?;
        observed = observed.figure(name, operation.count(contestant)?);
    }
    Ok(observed)
}
