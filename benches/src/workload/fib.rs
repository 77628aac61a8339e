//! Many small tasks that wait for each other: Fibonacci numbers, a task for each call.

use std::pin::Pin;

use crate::runtime::Runtime;
use crate::sample::{Sample, Stopwatch};

/// A task spawns two for the numbers before, and adds them; for each task.
pub fn fib<R: Runtime>(tasks: usize) -> Sample {
    let (n, calls, expected) = number_of(tasks);
    R::run_task(async move {
        let watch = Stopwatch::start();
        let number = R::spawn(call::<R>(n)).await;
        assert_eq!(number, expected);
        watch.per_op(calls)
    })
}

/// Boxed, since it calls itself.
fn call<R: Runtime>(n: u32) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if n < 2 {
            return n.into();
        }
        let (one, two) = (R::spawn(call::<R>(n - 1)), R::spawn(call::<R>(n - 2)));
        one.await + two.await
    })
}

/// The last Fibonacci number that takes no more calls than `most`, or the second: which it is, how many
/// calls it takes, and the number.
pub fn number_of(most: usize) -> (u32, usize, u64) {
    let mut n = 2;
    let (mut calls, mut numbers) = ([1, 3], [1, 1]);
    loop {
        let next = calls[0] + calls[1] + 1;
        if next > most {
            return (n, calls[1], numbers[1]);
        }
        n += 1;
        calls = [calls[1], next];
        numbers = [numbers[1], numbers[0] + numbers[1]];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted() {
        fn count(n: u32) -> (usize, u64) {
            if n < 2 {
                return (1, n.into());
            }
            let (one, two) = (count(n - 1), count(n - 2));
            (one.0 + two.0 + 1, one.1 + two.1)
        }
        for most in [0, 3, 4, 5, 100, 1500] {
            let (n, calls, number) = number_of(most);
            assert_eq!((calls, number), count(n));
            assert!(calls <= most.max(3) && count(n + 1).0 > most, "{most}");
        }
    }
}
