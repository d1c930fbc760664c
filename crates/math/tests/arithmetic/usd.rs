use ballast_math::Usd;

#[test]
fn dollars() {
    assert_eq!(Usd::from_dollars(3).unwrap(), Usd(3 << 20));
    assert_eq!(Usd::from_dollars((1 << 44) - 1).unwrap(), Usd(((1 << 44) - 1) << 20));
    assert!(Usd::from_dollars(1 << 44).is_err());
}

#[test]
fn sums_and_differences() {
    assert!(Usd(u64::MAX).add(Usd(1)).is_err());
    assert!(Usd(1).sub(Usd(2)).is_err());
    assert_eq!(Usd(5).sub(Usd(2)).unwrap(), Usd(3));
    assert_eq!(Usd(1).excess_over(Usd(2)), Usd::ZERO);
    assert_eq!(Usd(5).excess_over(Usd(2)), Usd(3));
}

#[test]
fn signed_differences_reach_both_ends() {
    assert_eq!(Usd(2).signed_difference(Usd(5)).unwrap(), -3);
    assert_eq!(Usd(i64::MAX.unsigned_abs()).signed_difference(Usd(0)).unwrap(), i64::MAX);
    assert_eq!(Usd(0).signed_difference(Usd(i64::MAX.unsigned_abs())).unwrap(), -i64::MAX);
    // i64::MIN is never made: one more is an error on both sides.
    assert!(Usd(0).signed_difference(Usd(1 << 63)).is_err());
    assert!(Usd(1 << 63).signed_difference(Usd(0)).is_err());
}
