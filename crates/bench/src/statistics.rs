//! Medians: what is left when the noise of single rounds is taken away.

/// The median of `values`, the mean of the middle two for an even number; `None` without values.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// The value that 95 of 100 do not exceed (nearest rank); `None` without values.
pub fn p95(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * 95).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// The median of the quotients of two series whose rounds belong together.
pub fn median_ratio(ours: &[f64], floor: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> =
        ours.iter().zip(floor).filter(|(_, floor)| **floor > 0.0).map(|(ours, floor)| ours / floor).collect();
    median(&ratios)
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53; counts here stay far below")]
pub fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn the_rank_of_95_in_100_is_a_value_that_was_seen() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(p95(&hundred), Some(95.0));
        assert_eq!(p95(&hundred[50..]), Some(48.0));
        assert_eq!(p95(&[7.0]), Some(7.0));
        assert_eq!(p95(&[]), None);
    }

    #[test]
    fn ratios_are_paired() {
        // Both were three times slower in the second round; the ratio does not care.
        assert_eq!(median_ratio(&[2.0, 6.0, 2.0], &[1.0, 3.0, 1.0]), Some(2.0));
        assert_eq!(median_ratio(&[2.0], &[0.0]), None);
    }
}
