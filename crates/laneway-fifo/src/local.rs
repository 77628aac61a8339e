//! A queue for one thread: no atomics, no locks, nothing to steal.

use alloc::collections::VecDeque;

/// Items in arrival order, for an executor that lives on one thread.
///
/// ```
/// use laneway_fifo::local::Queue;
///
/// let mut queue = Queue::new();
/// queue.push("first");
/// queue.push("second");
/// assert_eq!(queue.pop(), Some("first"));
/// assert_eq!(queue.len(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Queue<T> {
    items: VecDeque<T>,
}

impl<T> Queue<T> {
    /// An empty queue; allocates nothing yet.
    pub const fn new() -> Self {
        Self {
            items: VecDeque::new(),
        }
    }

    /// Adds an item behind all others.
    #[inline]
    pub fn push(&mut self, item: T) {
        self.items.push_back(item);
    }

    /// Takes the item that has waited longest.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop_front()
    }

    /// How many items wait.
    #[inline]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether none waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}
