//! Choices made by bytes.

/// Reads choices from an input, front to back. Past the end everything is zero, so that every input is a case and a small
/// change of the bytes is a small change of the case.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    bytes: &'a [u8],
}

impl<'a> Source<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let (taken, left) = self.bytes.split_at(N.min(self.bytes.len()));
        self.bytes = left;
        let mut array = [0; N];
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    pub(crate) fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.u8() & 1 == 1
    }

    /// True once in `n`, and never in an input that has ended.
    pub(crate) fn one_in(&mut self, n: u8) -> bool {
        self.u8() % n == n - 1
    }

    /// 0 to `most`, both included, from as few bytes as it takes.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        let raw = match most {
            0..=0xff => u64::from(self.u8()),
            0x100..=0xffff => u64::from(self.u16()),
            0x1_0000..=0xffff_ffff => u64::from(self.u32()),
            _ => self.u64(),
        };
        most.checked_add(1).map_or(raw, |choices| raw % choices)
    }

    /// `least` to `most`, both included.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.up_to(most - least)
    }

    pub(crate) fn index(&mut self, count: usize) -> usize {
        usize::from(self.u8()) % count
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// A number of any size up to `bits` bits: as many small ones as large ones.
    pub(crate) fn sized(&mut self, bits: u32) -> u64 {
        let bits = self.up_to(bits.into());
        let raw = self.u64();
        if bits == 0 {
            0
        } else {
            raw >> (64 - bits)
        }
    }

    /// As [`Source::part`], but all of it in an input that has ended.
    pub(crate) fn most_of(&mut self, whole: u64) -> u64 {
        whole - self.part(whole)
    }

    /// From nothing to all of `whole`, both included.
    pub(crate) fn part(&mut self, whole: u64) -> u64 {
        let share = u128::from(whole) * u128::from(self.u16()) / u128::from(u16::MAX);
        u64::try_from(share).expect("a part is no larger than the whole")
    }
}
