//! Unix seconds as a date, UTC.

const DAY: i64 = 86_400;

/// `2024-06-25 04:37:13`; `None` outside of the years 0 to 9999.
#[must_use]
pub fn human(unix: i64) -> Option<String> {
    let [year, month, day, hour, minute, second] = parts(unix)?;
    Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
}

/// `2024-06-25T04:37:13Z`; `None` outside of the years 0 to 9999.
#[must_use]
pub fn iso8601(unix: i64) -> Option<String> {
    human(unix).map(|text| format!("{}Z", text.replace(' ', "T")))
}

/// `2024-06-25 04:37`; empty outside of the years 0 to 9999.
#[must_use]
pub fn minute(unix: i64) -> String {
    human(unix).map(|text| text[..16].to_owned()).unwrap_or_default()
}

/// `2024-06-25`; empty outside of the years 0 to 9999.
#[must_use]
pub fn day(unix: i64) -> String {
    human(unix).map(|text| text[..10].to_owned()).unwrap_or_default()
}

/// Unix seconds of `2024-06-25`, or of `2024-06-25T04:37:13Z` with a space for the `T`, without the seconds, with
/// `+00:00` or nothing for the `Z`.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).unwrap_or(text);
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let date = numbers(date, '-', &[4, 2, 2])?;
    let time = numbers(time, ':', &[2, 2, 2]).or_else(|| numbers(time, ':', &[2, 2]))?;
    let [year, month, day] = date[..] else { return None };
    let (hour, minute, second) = (time[0], time[1], time.get(2).copied().unwrap_or(0));
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let unix = days(year, month, day)? * DAY + hour * 3_600 + minute * 60 + second;
    // A day that the month does not have would come back as another one.
    (parts(unix)?[..3] == [year, month, day]).then_some(unix)
}

fn numbers(text: &str, separator: char, digits: &[usize]) -> Option<Vec<i64>> {
    let parts: Vec<&str> = text.split(separator).collect();
    let fits = |(part, digits): (&&str, &usize)| part.len() == *digits && part.bytes().all(|b| b.is_ascii_digit());
    let right = parts.len() == digits.len() && parts.iter().zip(digits).all(fits);
    right.then(|| parts.iter().map(|part| part.parse().unwrap_or(0)).collect())
}

/// Days from 1970 to a date: [`parts`] backwards.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
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
            assert_eq!(parse(printed), Some(unix));
        }
        assert_eq!(iso8601(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        for unix in [253_402_300_800, -62_167_219_201, i64::MIN, i64::MAX] {
            assert_eq!(human(unix), None);
        }
    }

    #[test]
    fn dates_of_others() {
        let same = ["2022-11-08", "2022-11-08T00:00Z", "2022-11-08 00:00:00", "2022-11-08T00:00:00+00:00"];
        for text in same {
            assert_eq!(parse(text), Some(1_667_865_600), "{text}");
        }
        for text in ["", "2022", "2022-13-01", "2022-02-30", "2022-1-01", "2022-11-08T24:00:00Z", "08.11.2022", "x"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!((day(0).as_str(), minute(60).as_str()), ("1970-01-01", "1970-01-01 00:01"));
    }
}
