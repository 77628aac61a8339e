//! What the types promise.

use laneway_stall::{Frame, OsThread, Sampler, Stack};

const fn is_shared<T: Send + Sync + Unpin>() {}

const _: () = {
    is_shared::<Sampler>();
    is_shared::<Stack>();
    is_shared::<Frame>();
    is_shared::<OsThread>();
};
