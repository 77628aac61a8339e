//! Which class an item is of.

use laneway_scheduler::Priority;

/// Tells the class of an item.
///
/// Closures and functions do, see [`Priorities::by_key`](crate::Priorities::by_key). A type of its own can be
/// named, as part of another type, and is called directly where a function pointer is not:
///
/// ```
/// use laneway_priority::{Key, Priorities};
/// use laneway_scheduler::Priority;
///
/// #[derive(Clone)]
/// struct ByParity;
///
/// impl Key<u32> for ByParity {
///     fn priority(&self, number: &u32) -> Priority {
///         if number % 2 == 1 { Priority::Critical } else { Priority::Normal }
///     }
/// }
///
/// let _: Priorities<u32, ByParity> = Priorities::new(ByParity);
/// ```
pub trait Key<T>: Clone + Send + Sync + 'static {
    /// The class of `item`. Asked once each time the item goes in.
    fn priority(&self, item: &T) -> Priority;
}

impl<T, F> Key<T> for F
where
    F: Fn(&T) -> Priority + Clone + Send + Sync + 'static,
{
    #[inline]
    fn priority(&self, item: &T) -> Priority {
        self(item)
    }
}
