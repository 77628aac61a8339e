//! One thread that runs tasks of its own: futures that are not [`Send`].

mod executor;
mod lane;
mod root;

pub use executor::LocalExecutor;
