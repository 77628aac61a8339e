//! What every scheduler promises, and arrival order.

#![cfg(feature = "std")]

use laneway_fifo::Fifo;

laneway_testkit::conformance!(Fifo::new(), in_order);
