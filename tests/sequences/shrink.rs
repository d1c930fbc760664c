//! Shortening a list that fails: leave out halves, quarters and at last single items, then halve what can be halved.

/// The shortest list found that still fails. `fails` answers with how many items it took, at most all: what comes after them
/// is dropped at once.
pub(crate) fn shortest<T: Copy>(
    items: &[T],
    halved: impl Fn(&T) -> Option<T>,
    mut fails: impl FnMut(&[T]) -> Option<usize>,
) -> Vec<T> {
    let mut items = items.to_vec();
    loop {
        let before = items.len();
        leave_out(&mut items, &mut fails);
        if items.len() == before {
            break;
        }
    }
    for at in 0..items.len() {
        while let Some(half) = items.get(at).and_then(&halved) {
            let mut shorter = items.clone();
            shorter[at] = half;
            let Some(taken) = fails(&shorter) else { break };
            shorter.truncate(taken);
            items = shorter;
        }
    }
    items
}

/// Leaves out what is not needed, in ever smaller pieces, from the end: what is late depends on what is early.
fn leave_out<T: Copy>(items: &mut Vec<T>, fails: &mut impl FnMut(&[T]) -> Option<usize>) {
    let mut size = items.len().next_power_of_two() / 2;
    while size > 0 {
        let mut end = items.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            let mut shorter = items[..start].to_vec();
            shorter.extend_from_slice(&items[end..]);
            if let Some(taken) = fails(&shorter) {
                shorter.truncate(taken);
                *items = shorter;
            }
            end = start.min(items.len());
        }
        size /= 2;
    }
}

#[test]
fn finds_the_two_items_that_matter() {
    let items: Vec<u32> = (0..100).map(|n| if n == 17 { 1_000 } else { n }).collect();
    let mut asked = 0;
    let found = shortest(
        &items,
        |n| (*n > 100).then(|| n / 2),
        |items| {
            asked += 1;
            let first = items.iter().position(|n| *n > 200)?;
            let second = items.iter().position(|n| *n == 60)?;
            (first < second).then_some(second + 1)
        },
    );
    assert_eq!(found, [250, 60]);
    assert!(asked < 80, "{asked}");
}

#[test]
fn keeps_what_cannot_be_left_out() {
    let found = shortest(&[1, 2, 3], |_| None, |items| (items == [1, 2, 3]).then_some(3));
    assert_eq!(found, [1, 2, 3]);
}
