//! A random generator whose numbers are the same in every run and with every version of any library.

/// The generator that is known as `SplitMix64` (<https://doi.org/10.1145/2660193.2660195>).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// Each caller has a seed of its own, so that a change of one caller does not change the numbers of the others.
    pub(super) fn from_seed(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// Returns true with a probability of `percent`.
    pub(super) fn chance_percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Returns a value of a list of (weight, value) pairs.
    pub(super) fn weighted<'a, T>(&mut self, list: &'a [(usize, T)]) -> &'a T {
        let mut offset = self.below(list.iter().map(|(weight, _)| weight).sum());
        for (weight, value) in list {
            if offset < *weight {
                return value;
            }
            offset -= weight;
        }
        &list[0].1
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }

    /// Returns `digits` hexadecimal digits.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        let mut out = String::new();
        while out.len() < digits {
            out.push_str(&format!("{:016x}", self.next()));
        }
        out.truncate(digits);
        out
    }
}

/// Countries of hosts and addresses: (weight, country), as frequent as among the mirrors of Fedora.
pub(super) const COUNTRIES: [(usize, &str); 64] = [
    (170, "US"),
    (80, "DE"),
    (42, "FR"),
    (30, "GB"),
    (30, "CN"),
    (28, "JP"),
    (28, "CA"),
    (25, "BR"),
    (24, "RU"),
    (22, "NL"),
    (20, "AU"),
    (20, "IN"),
    (18, "SE"),
    (17, "CZ"),
    (16, "PL"),
    (15, "ES"),
    (15, "IT"),
    (14, "TW"),
    (13, "CH"),
    (12, "KR"),
    (11, "UA"),
    (10, "AT"),
    (10, "BG"),
    (10, "RO"),
    (9, "DK"),
    (9, "NO"),
    (8, "FI"),
    (8, "ZA"),
    (8, "HU"),
    (8, "GR"),
    (7, "SG"),
    (7, "HK"),
    (7, "TR"),
    (7, "BE"),
    (6, "PT"),
    (6, "ID"),
    (6, "IR"),
    (5, "TH"),
    (5, "VN"),
    (5, "MX"),
    (5, "AR"),
    (5, "CL"),
    (5, "NZ"),
    (5, "LT"),
    (4, "LV"),
    (4, "EE"),
    (4, "IE"),
    (4, "SK"),
    (4, "SI"),
    (4, "HR"),
    (4, "RS"),
    (3, "KE"),
    (3, "EC"),
    (3, "CR"),
    (3, "KZ"),
    (3, "IL"),
    (3, "MD"),
    (3, "BY"),
    (2, "NC"),
    (2, "UZ"),
    (2, "BD"),
    (2, "UY"),
    (2, "IS"),
    (2, "AM"),
];
