//! A program with a loop of its own: each frame polls the units that are ready, then draws.
//!
//! The units are futures that share the world through `Rc` and `RefCell`, so they are not `Send`. Time
//! is the game's: a manual clock that each frame moves by a fiftieth of a second.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use laneway::{
    LocalRuntime, Runtime,
    time::{self, ManualClock},
};

const FRAME: Duration = Duration::from_millis(20);

/// Where each unit is, on a line.
type World = Rc<RefCell<Vec<i32>>>;

fn main() -> io::Result<()> {
    let clock = ManualClock::new();
    let runtime: LocalRuntime = Runtime::builder().clock(clock.clone()).build_local()?;
    let world = World::default();
    for unit in 0..3 {
        world.borrow_mut().push(0);
        runtime.spawn_local(walk(world.clone(), unit));
    }
    for _frame in 0..100 {
        clock.advance(FRAME);
        runtime.turn();
    }
    let positions = world.borrow().clone();
    println!("after two seconds the units are at {positions:?}");
    assert_eq!(positions, [19, 9, 6]);
    Ok(())
}

/// Unit `n` makes a step each `n + 1` tenths of a second.
async fn walk(world: World, unit: usize) {
    let pause = Duration::from_millis(100) * (unit as u32 + 1);
    loop {
        time::sleep(pause).await;
        world.borrow_mut()[unit] += 1;
    }
}
