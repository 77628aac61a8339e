//! The floor: no runtime at all, a plain thread for each thing to do.
//!
//! The threads that press have the policy of a background lane. So this is what the kernel itself
//! takes; a runtime can be no faster, but for luck.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Instant;

use laneway::task::Priority;

use super::contestant::{Contestant, MESSAGE, Ticks};
use super::os;
use super::work::{Meter, spin};
use crate::runtime::WORKERS;

/// Plain threads.
#[derive(Debug)]
pub struct Floor;

impl Contestant for Floor {
    fn serve(&self, steps: u64, address: Sender<SocketAddr>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let local = listener.local_addr().expect("the port is known");
        address.send(local).expect("somebody asked");
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A connection ends when the generator closes it; how, does not matter.
                thread::spawn(move || drop(answer(stream, steps)));
            }
        });
    }

    fn tick(&self, ticks: Arc<Ticks>) {
        thread::spawn(move || {
            // Otherwise the kernel adds up to 50 µs, to save wake-ups.
            rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1))
                .expect("slack can be less");
            for deadline in ticks.deadlines() {
                // why: the kernel's own timer is what is measured.
                thread::sleep(deadline.saturating_duration_since(Instant::now()));
                ticks.note(deadline);
            }
        });
    }

    /// As many threads as there are cores, however many the jobs: one that is no runtime has no use
    /// for more.
    fn press(&self, _: Priority, steps: u64, meter: &Arc<Meter>) {
        for job in meter.jobs().take(WORKERS) {
            thread::spawn(move || {
                os::enter_background().expect("less urgent is always allowed");
                loop {
                    job.work(steps);
                }
            });
        }
    }
}

fn answer(mut stream: TcpStream, steps: u64) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut message = [0; MESSAGE];
    loop {
        stream.read_exact(&mut message)?;
        spin(steps);
        stream.write_all(&message)?;
    }
}
