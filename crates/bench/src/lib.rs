//! Measures the quality bars of the product, each against a floor that runs side by side with it.
//!
//! A figure from one machine says little about another, and even on one machine the floor alone moves by
//! tens of percent between runs. So what is judged is a ratio: rounds of ours and of each floor follow each
//! other in one run, every round gives one ratio, and the median counts.

pub mod arguments;
pub mod failure;
pub mod histogram;
pub mod instance;
pub mod load;
pub mod measure;
pub mod placement;
pub mod process;
pub mod report;
pub mod statistics;
