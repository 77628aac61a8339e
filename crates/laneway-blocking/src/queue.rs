//! The jobs of one class, in the order of their arrival.

use std::collections::VecDeque;

/// Jobs per piece. The queue is locked while it grows; pieces keep that as short as allocating one
/// of them, where a single buffer would move every job in it.
const PIECE: usize = 128;

/// Jobs that wait for a thread.
#[derive(Debug)]
pub(crate) struct Queue<J> {
    /// None is empty; all but the first and the last are full.
    pieces: VecDeque<VecDeque<J>>,
    /// One that became empty, for next time.
    spare: Option<VecDeque<J>>,
    len: usize,
}

impl<J> Queue<J> {
    pub(crate) fn new() -> Self {
        Self {
            pieces: VecDeque::new(),
            spare: None,
            len: 0,
        }
    }

    pub(crate) fn push(&mut self, job: J) {
        self.len += 1;
        match self.pieces.back_mut().filter(|last| last.len() < PIECE) {
            Some(last) => last.push_back(job),
            None => {
                let mut piece = self
                    .spare
                    .take()
                    .unwrap_or_else(|| VecDeque::with_capacity(PIECE));
                piece.push_back(job);
                self.pieces.push_back(piece);
            }
        }
    }

    pub(crate) fn pop(&mut self) -> Option<J> {
        let first = self.pieces.front_mut()?;
        let job = first.pop_front();
        if first.is_empty() {
            self.spare = self.pieces.pop_front();
        }
        self.len -= usize::from(job.is_some());
        job
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl<J> IntoIterator for Queue<J> {
    type Item = J;
    type IntoIter = std::iter::Flatten<std::collections::vec_deque::IntoIter<VecDeque<J>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.pieces.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_come_first_served_over_many_pieces() {
        let mut queue = Queue::new();
        let (mut pushed, mut popped) = (0, 0);
        for round in 0..50 {
            for _ in 0..round * 7 {
                queue.push(pushed);
                pushed += 1;
            }
            for _ in 0..round * 5 {
                assert_eq!(queue.pop(), Some(popped));
                popped += 1;
            }
            assert_eq!(queue.len(), pushed - popped);
        }
        assert!(queue.len() > 2 * PIECE);
        assert!(queue.into_iter().eq(popped..pushed));
    }

    #[test]
    fn steady_traffic_needs_one_piece() {
        let mut queue = Queue::new();
        for job in 0..10 * PIECE {
            queue.push(job);
            assert_eq!(queue.pieces.len(), 1);
            assert_eq!(queue.pop(), Some(job));
        }
        assert!(queue.is_empty() && queue.pop().is_none());
        assert_eq!(queue.spare.map(|piece| piece.capacity()), Some(PIECE));
    }
}
