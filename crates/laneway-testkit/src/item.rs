//! What the kit puts into schedulers.

use std::sync::Arc;

use laneway_scheduler::Priority;

/// Something that cannot be copied, knows its number, and is missed when it is gone.
#[derive(Debug)]
pub struct Item {
    number: u32,
    priority: Priority,
    /// Counted by the [`Mint`].
    _alive: Arc<()>,
}

impl Item {
    /// Its number: no other item of the same [`Mint`] has it.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Its class, for schedulers that look at such things.
    pub fn priority(&self) -> Priority {
        self.priority
    }
}

/// Makes items, numbered from 0, and knows how many exist.
///
/// ```
/// use laneway_testkit::Mint;
///
/// let mut mint = Mint::new();
/// let (first, second) = (mint.item(), mint.item());
/// assert_eq!((first.number(), second.number()), (0, 1));
/// drop(first);
/// assert_eq!(mint.living(), 1);
/// ```
#[derive(Debug, Default)]
pub struct Mint {
    next: u32,
    alive: Arc<()>,
}

impl Mint {
    /// A mint that has made nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next item, of class [`Normal`](Priority::Normal).
    pub fn item(&mut self) -> Item {
        self.item_of(Priority::Normal)
    }

    /// The next item, of the given class.
    pub fn item_of(&mut self, priority: Priority) -> Item {
        let number = self.next;
        self.next += 1;
        Item {
            number,
            priority,
            _alive: self.alive.clone(),
        }
    }

    /// How many items were made.
    pub fn made(&self) -> u32 {
        self.next
    }

    /// How many of them have not been dropped.
    pub fn living(&self) -> usize {
        Arc::strong_count(&self.alive) - 1
    }
}
