//! Where the ticks of an axis stand, and what they say.

/// The largest magnitude that is drawn; what lies beyond is drawn there. It keeps differences finite.
pub(super) const LIMIT: f64 = 1e300;

/// Round numbers in `low..=high` (finite, `low < high`), about `wanted` of them: steps are 1, 2 or 5
/// times a power of ten.
pub(super) fn linear(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let step = step(high - low, wanted);
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let count = (last - first) as usize;
    // Multiples, not sums: no tick drifts off its round number.
    (0..=count.min(64))
        .map(|i| (first + i as f64) * step)
        .map(|tick| if tick == 0.0 { 0.0 } else { tick })
        .collect()
}

/// The round step that cuts `span` (> 0) into about `wanted` pieces.
pub(super) fn step(span: f64, wanted: usize) -> f64 {
    let raw = (span / wanted.max(1) as f64).max(f64::MIN_POSITIVE);
    let power = 10f64.powi(raw.log10().floor() as i32).max(f64::MIN_POSITIVE);
    let factor = match raw / power {
        f if f < 1.5 => 1.0,
        f if f < 3.5 => 2.0,
        f if f < 7.5 => 5.0,
        _ => 10.0,
    };
    factor * power
}

/// Ticks of a base-10 logarithmic axis over `low..=high` (both > 0): decades, thinned to about `wanted`;
/// 1, 2 and 5 times the decades where there are fewer than three.
pub(super) fn logarithmic(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let (first, last) = ((low.log10() - 1e-9).ceil() as i32, (high.log10() + 1e-9).floor() as i32);
    let decades = (last - first + 1).max(0) as usize;
    if decades >= 3 {
        let every = decades.div_ceil(wanted.max(2)).max(1);
        return (first..=last).step_by(every).map(|power| 10f64.powi(power)).collect();
    }
    let inside = |tick: &f64| *tick >= low * (1.0 - 1e-9) && *tick <= high * (1.0 + 1e-9);
    let ticks: Vec<f64> = (first - 1..=last)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|f| f * 10f64.powi(power)))
        .filter(inside)
        .collect();
    if ticks.len() >= 2 { ticks } else { linear(low, high, wanted) }
}

/// The labels of `ticks`, all with the decimals that the finest of them needs.
pub(super) fn labels(ticks: &[f64]) -> Vec<String> {
    let largest = ticks.iter().fold(0.0, |most: f64, tick| most.max(tick.abs()));
    let smallest =
        ticks.iter().map(|tick| tick.abs()).filter(|tick| *tick > 0.0).fold(f64::INFINITY, f64::min);
    if largest >= 1e6 || (largest > 0.0 && largest < 1e-3) {
        return ticks.iter().map(|tick| scientific(*tick)).collect();
    }
    let even = ticks.windows(3).all(|w| ((w[2] - w[1]) - (w[1] - w[0])).abs() <= 1e-6 * largest);
    if !even && smallest < 1e-3 {
        return ticks.iter().map(|tick| short(*tick)).collect();
    }
    if !even {
        return ticks.iter().map(|tick| minus(&tick.to_string())).collect();
    }
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let decimals = if step.is_finite() && step > 0.0 {
        (-(step.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize
    } else {
        2
    };
    ticks.iter().map(|tick| minus(&format!("{tick:.decimals$}"))).collect()
}

/// A single number with three significant digits: `0.64`, `1234`, `3.1×10⁻⁵`.
pub fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if !(-3.0..6.0).contains(&magnitude) {
        return scientific(value);
    }
    // The magnitude lies between -3 and 5 here.
    let decimals = (2.0 - magnitude).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    minus(if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text })
}

/// `value` with `decimals` digits after the point.
pub(super) fn fixed(value: f64, decimals: u8) -> String {
    if value.abs() >= 1e7 {
        scientific(value)
    } else {
        minus(&format!("{value:.*}", usize::from(decimals.min(9))))
    }
}

/// Powers of ten as readers write them: `2×10⁻⁵`, `10⁸`.
fn scientific(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let text = format!("{value:.2e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    let exponent: String = exponent.chars().map(superscript).collect();
    match digits {
        "1" => format!("10{exponent}"),
        "-1" => format!("−10{exponent}"),
        _ => format!("{}×10{exponent}", minus(digits)),
    }
}

fn superscript(c: char) -> char {
    match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' => '⁰',
        // The other superscript digits stand in order.
        _ => c.to_digit(10).and_then(|digit| char::from_u32(0x2070 + digit)).unwrap_or(c),
    }
}

/// A real minus sign, and none before zero.
fn minus(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(low: f64, high: f64, wanted: usize, expected: &[&str]) {
        assert_eq!(labels(&linear(low, high, wanted)), expected);
    }

    #[test]
    fn linear_ticks_are_round() {
        check(0.0, 1.0, 5, &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        check(-3.0, 7.0, 5, &["−2", "0", "2", "4", "6"]);
        check(0.5, 1.0, 5, &["0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]);
        check(0.0, 1234.0, 5, &["0", "200", "400", "600", "800", "1000", "1200"]);
        check(0.0, 5e6, 5, &["0", "10⁶", "2×10⁶", "3×10⁶", "4×10⁶", "5×10⁶"]);
        check(0.0, 2e-5, 2, &["0", "10⁻⁵", "2×10⁻⁵"]);
    }

    #[test]
    fn linear_ticks_survive_the_extremes() {
        for (low, high) in [(-LIMIT, LIMIT), (0.0, f64::MIN_POSITIVE), (1.0, 1.0 + f64::EPSILON)] {
            let ticks = linear(low, high, 5);
            assert!(ticks.iter().all(|tick| tick.is_finite()), "{ticks:?}");
            assert!(ticks.len() <= 65);
        }
    }

    #[test]
    fn logarithmic_ticks_are_decades_or_parts_of_them() {
        assert_eq!(labels(&logarithmic(1.0, 1000.0, 5)), ["1", "10", "100", "1000"]);
        assert_eq!(labels(&logarithmic(1.0, 60.0, 5)), ["1", "2", "5", "10", "20", "50"]);
        assert_eq!(labels(&logarithmic(0.01, 10.0, 5)), ["0.01", "0.1", "1", "10"]);
        assert_eq!(labels(&logarithmic(1e-8, 1.0, 5)), ["10⁻⁸", "10⁻⁶", "10⁻⁴", "0.01", "1"]);
        assert!(logarithmic(3.0, 4.0, 5).len() >= 2);
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (0.6401, "0.64"),
            (-0.5, "−0.5"),
            (12_345.0, "12345"),
            (3.14e-5, "3.14×10⁻⁵"),
            (1e12, "10¹²"),
        ] {
            assert_eq!(short(number), text);
        }
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(0.125, 2), "0.12");
    }
}
