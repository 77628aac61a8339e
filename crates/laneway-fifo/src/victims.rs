//! Whom to steal from first: another victim each time, the same for the same seed.

/// The order in which one worker looks at the others.
///
/// ```
/// use laneway_fifo::Victims;
///
/// let mut victims = Victims::new(0, 2);
/// let mut order: Vec<usize> = victims.order(4).collect();
/// order.sort_unstable();
/// assert_eq!(order, [0, 1, 3], "everybody else, once");
/// ```
#[derive(Debug, Clone)]
pub struct Victims {
    own: usize,
    rng: Rng,
}

impl Victims {
    /// For the worker `own` of a scheduler that is seeded with `seed`.
    pub fn new(seed: u64, own: usize) -> Self {
        Self {
            own,
            rng: Rng::new(seed, own),
        }
    }

    /// The indices of all `count` workers but its own, beginning with a random one.
    pub fn order(&mut self, count: usize) -> impl Iterator<Item = usize> + use<> {
        let own = self.own;
        let start = self.rng.below(count);
        (start..count).chain(0..start).filter(move |&it| it != own)
    }
}

/// Marsaglia's xorshift64 with a multiplication at the end (xorshift64*). Not for secrets.
#[derive(Debug, Clone)]
struct Rng(u64);

impl Rng {
    /// The generator of worker `index` in a scheduler seeded with `seed`.
    fn new(seed: u64, index: usize) -> Self {
        // One step of splitmix64 tells neighbouring seeds apart. Zero would stay zero for ever.
        let mut z = seed.wrapping_add((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((z ^ (z >> 31)) | 1)
    }

    /// A number below `bound`, which is at most 2³².
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        // The upper half of a product: no division, and a bias of at most bound / 2³².
        ((high * bound as u64) >> 32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_numbers() {
        let numbers = |seed, index| {
            let mut rng = Rng::new(seed, index);
            (0..32).map(move |_| rng.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7, 0), numbers(7, 0));
        assert_ne!(numbers(7, 0), numbers(8, 0));
        assert_ne!(numbers(7, 0), numbers(7, 1));
    }

    #[test]
    fn every_number_below_comes_about_equally_often() {
        for seed in 0..8 {
            let mut rng = Rng::new(seed, 0);
            let mut counts = [0_u32; 3];
            (0..3000).for_each(|_| counts[rng.below(3)] += 1);
            assert!(
                counts.iter().all(|count| (850..1150).contains(count)),
                "{seed}: {counts:?}"
            );
        }
    }

    #[test]
    fn below_one_there_is_only_zero() {
        let mut rng = Rng::new(0, 0);
        assert!((0..100).all(|_| rng.below(1) == 0));
    }
}
