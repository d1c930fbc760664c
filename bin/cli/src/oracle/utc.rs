//! Unix seconds as a date, UTC.

const DAY: i64 = 86_400;

/// `2024-06-25 04:37:13`; `None` outside of the years 0 to 9999.
pub(super) fn human(unix: i64) -> Option<String> {
    let [year, month, day, hour, minute, second] = parts(unix)?;
    Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
}

/// `2024-06-25T04:37:13Z`; `None` outside of the years 0 to 9999.
pub(super) fn iso8601(unix: i64) -> Option<String> {
    human(unix).map(|text| format!("{}Z", text.replace(' ', "T")))
}

/// Year to second. Days are counted in eras of 400 years that begin on the first of March, so that the leap day is
/// the last of a year and of an era.
fn parts(unix: i64) -> Option<[i64; 6]> {
    let (days, time) = (unix.div_euclid(DAY), unix.rem_euclid(DAY));
    let since_march_0 = days.checked_add(719_468)?;
    let (era, day) = (since_march_0.div_euclid(146_097), since_march_0.rem_euclid(146_097));
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (0..=9_999).contains(&year).then_some([year, month, day_of_month, time / 3_600, time / 60 % 60, time % 60])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (unix, printed) in [
            (0, "1970-01-01 00:00:00"),
            (-1, "1969-12-31 23:59:59"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (951_868_800, "2000-03-01 00:00:00"),
            (1_719_290_233, "2024-06-25 04:37:13"),
            (1_735_984_087, "2025-01-04 09:48:07"),
            (4_107_542_399, "2100-02-28 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
            (253_402_300_799, "9999-12-31 23:59:59"),
            (-62_167_219_200, "0000-01-01 00:00:00"),
        ] {
            assert_eq!(human(unix).as_deref(), Some(printed));
        }
        assert_eq!(iso8601(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        for unix in [253_402_300_800, -62_167_219_201, i64::MIN, i64::MAX] {
            assert_eq!(human(unix), None);
        }
    }
}
