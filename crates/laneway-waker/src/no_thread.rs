//! The same without std: there are no thread-locals, so no budget and no lanes.

use crate::budget::{UNLIMITED, YieldFlag};

pub(crate) fn units() -> u32 {
    UNLIMITED
}

pub(crate) fn replace_units(_units: u32) -> u32 {
    UNLIMITED
}

pub(crate) fn lane() -> u8 {
    0
}

pub(crate) fn replace_lane(_lane: u8) -> u8 {
    0
}

pub(crate) fn with_flag<R>(_flag: Option<&YieldFlag>, f: impl FnOnce() -> R) -> R {
    f()
}

pub(crate) fn flag(_ask: fn(&YieldFlag) -> bool) -> bool {
    false
}
