//! Latencies in a fixed table: recording one is an index and an addition, never an allocation.

/// Buckets for each doubling, so that a bucket is at most 1/64 (1.6%) wide.
const STEPS: u64 = 64;
/// `log2(STEPS)`.
const STEP_BITS: u32 = 6;
/// Doublings above the first [`STEPS`] values: up to 2^36 ns, over a minute, longer than any time limit here.
const DOUBLINGS: usize = 30;

/// Counts of latencies in nanoseconds.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Box<[u32]>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; usize::try_from(STEPS).unwrap_or(0) * (DOUBLINGS + 1)].into(), total: 0 }
    }
}

impl Histogram {
    /// Counts one latency. What is beyond the table counts as its end.
    pub fn record(&mut self, nanoseconds: u64) {
        let bucket = bucket(nanoseconds).min(self.counts.len() - 1);
        self.counts[bucket] += 1;
        self.total += 1;
    }

    /// How many latencies were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The latency that `permille` of all do not exceed, in nanoseconds, to the width of a bucket; zero
    /// when nothing was counted.
    pub fn quantile(&self, permille: u64) -> u64 {
        let wanted = (self.total * permille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted {
                return middle(index);
            }
        }
        0
    }
}

/// The bucket of a value: values below [`STEPS`] have one each, then each doubling has [`STEPS`].
fn bucket(value: u64) -> usize {
    if value < STEPS {
        return usize::try_from(value).unwrap_or(0);
    }
    let doubling = value.ilog2() - STEP_BITS;
    let step = (value >> doubling) - STEPS;
    usize::try_from(u64::from(doubling + 1) * STEPS + step).unwrap_or(usize::MAX)
}

/// The middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or(u64::MAX);
    if bucket < STEPS {
        return bucket;
    }
    let doubling = bucket / STEPS - 1;
    let low = (STEPS + bucket % STEPS) << doubling;
    low + ((1 << doubling) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lands_within_a_64th_of_itself() {
        for value in (0..40).flat_map(|shift| [1_u64 << shift, (1 << shift) + (1 << shift) / 3]) {
            if value >> 36 > 0 {
                continue;
            }
            let mut histogram = Histogram::default();
            histogram.record(value);
            let found = histogram.quantile(500);
            assert!(found.abs_diff(value) <= value / 64 + 1, "{value} became {found}");
        }
    }

    #[test]
    fn quantiles_split_the_counts() {
        let mut histogram = Histogram::default();
        for _ in 0..990 {
            histogram.record(10);
        }
        for _ in 0..10 {
            histogram.record(5000);
        }
        assert_eq!(histogram.total(), 1000);
        assert_eq!(histogram.quantile(500), 10);
        assert_eq!(histogram.quantile(990), 10);
        assert!(histogram.quantile(991).abs_diff(5000) < 100);
    }

    #[test]
    fn what_is_beyond_the_table_counts_at_its_end() {
        let mut histogram = Histogram::default();
        histogram.record(u64::MAX);
        assert!(histogram.quantile(500) > 1 << 35);
        assert_eq!(Histogram::default().quantile(500), 0);
    }
}
