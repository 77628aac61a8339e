//! One thread that runs tasks of its own: futures that are not [`Send`].

mod executor;
mod lane;
#[cfg(test)]
mod loom;
mod root;

pub use executor::LocalExecutor;
