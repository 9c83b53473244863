//! Random numbers that are the same on every machine.
//!
//! Integers come from PCG64 (XSL-RR 128/64; M. E. O'Neill, "PCG: A Family of Simple Fast
//! Space-Efficient Statistically Good Algorithms for Random Number Generation", 2014), its state and
//! stream from the seed by SplitMix64 (Steele, Lea and Flood, 2014). Floats take the upper 53 bits.
//! Normals are Marsaglia's polar method with a logarithm of our own, made of additions,
//! multiplications and divisions only, so that no mathematics library changes a bit.

use super::{DType, Tensor, TensorError, TensorResult, array, check_size};

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u128,
    increment: u128,
    spare: Option<f64>,
}

impl Rng {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        let mut mixed = seed;
        let mut word = || {
            mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = mixed;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            u128::from(z ^ (z >> 31))
        };
        let (start, stream) = (word() << 64 | word(), word() << 64 | word());
        let mut rng = Self { state: 0, increment: stream << 1 | 1, spare: None };
        rng.step();
        rng.state = rng.state.wrapping_add(start);
        rng.step();
        rng
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    /// A number in 0..1, a multiple of 2**-53.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// An integer in 0..`below`, all equally likely (Lemire, 2019); `below` is not 0.
    pub fn below(&mut self, below: u64) -> u64 {
        let refused = below.wrapping_neg() % below.max(1);
        loop {
            let product = u128::from(self.bits()) * u128::from(below);
            if product as u64 >= refused {
                return (product >> 64) as u64;
            }
        }
    }

    /// A normal number of mean 0 and variance 1.
    pub fn gauss(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (u, v) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = u * u + v * v;
            if square > 0.0 && square < 1.0 {
                let scale = (-2.0 * logarithm(square) / square).sqrt();
                self.spare = Some(v * scale);
                return u * scale;
            }
        }
    }

    /// A float32 tensor of normal numbers.
    ///
    /// # Errors
    /// A negative scale, a tensor too large.
    pub fn normal(&mut self, loc: f64, scale: f64, shape: &[usize]) -> TensorResult<Tensor> {
        if scale < 0.0 || scale.is_nan() {
            return Err(TensorError::value(format!("the scale of a normal distribution is {scale}")));
        }
        let size = check_size(shape, DType::Float32)?;
        let data = (0..size).map(|_| (loc + scale * self.gauss()) as f32).collect();
        Ok(Tensor::Float32(array(shape, data)))
    }

    /// A float32 tensor of numbers in `low..high`, all equally likely.
    ///
    /// # Errors
    /// A tensor too large.
    pub fn uniform(&mut self, low: f64, high: f64, shape: &[usize]) -> TensorResult<Tensor> {
        let size = check_size(shape, DType::Float32)?;
        // Rounding to float32 may give `high` itself, which is left out.
        let below = if high > low { (high as f32).next_down() } else { f32::INFINITY };
        let data = (0..size).map(|_| ((low + (high - low) * self.unit()) as f32).min(below)).collect();
        Ok(Tensor::Float32(array(shape, data)))
    }

    /// An int64 tensor of numbers in `low..high`, all equally likely.
    ///
    /// # Errors
    /// Nothing between `low` and `high`, a tensor too large.
    pub fn integers(&mut self, low: i64, high: i64, shape: &[usize]) -> TensorResult<Tensor> {
        if low >= high {
            return Err(TensorError::value(format!("there are no integers from {low} up to but not {high}")));
        }
        let size = check_size(shape, DType::Int64)?;
        let span = high.wrapping_sub(low) as u64;
        let data = (0..size).map(|_| low.wrapping_add(self.below(span) as i64)).collect();
        Ok(Tensor::Int64(array(shape, data)))
    }

    /// The numbers 0..`n` in random order (Fisher and Yates).
    ///
    /// # Errors
    /// A tensor too large.
    pub fn permutation(&mut self, n: usize) -> TensorResult<Tensor> {
        check_size(&[n], DType::Int64)?;
        let mut order: Vec<i64> = (0..n as i64).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i as u64 + 1) as usize);
        }
        Ok(Tensor::Int64(array(&[n], order)))
    }

    /// `count` positions in 0..`n`; with weights `p` where given, else all equally likely.
    ///
    /// # Errors
    /// More positions than there are, without replacement; weights that are negative, of another
    /// number, or do not add up to 1.
    pub fn choice(
        &mut self,
        n: usize,
        count: usize,
        replace: bool,
        p: Option<&[f64]>,
    ) -> TensorResult<Vec<usize>> {
        if n == 0 && count > 0 {
            return Err(TensorError::value("there is nothing to choose from"));
        }
        if !replace && count > n {
            return Err(TensorError::value(format!("{count} of {n} cannot be chosen without replacement"))
                .hint("pass `replace=True`"));
        }
        let Some(p) = p else {
            if replace {
                return Ok((0..count).map(|_| self.below(n as u64) as usize).collect());
            }
            let order = self.permutation(n)?.to_i64s();
            return Ok(order.into_iter().take(count).map(|at| at as usize).collect());
        };
        let total: f64 = p.iter().sum();
        if p.len() != n || p.iter().any(|&w| w < 0.0 || w.is_nan()) || (total - 1.0).abs() > 1e-4 {
            return Err(TensorError::value(format!(
                "p has {} weights for {n} choices, and they add up to {total}",
                p.len()
            ))
            .hint("weights are not negative and add up to 1: divide them by their sum"));
        }
        if !replace && p.iter().filter(|&&w| w > 0.0).count() < count {
            return Err(TensorError::value(format!("fewer than {count} choices have a weight above 0")));
        }
        let mut weights = p.to_vec();
        let mut chosen = Vec::with_capacity(count);
        for _ in 0..count {
            let total: f64 = weights.iter().sum();
            let mut left = self.unit() * total;
            let mut at = weights.iter().rposition(|&w| w > 0.0).unwrap_or(0);
            for (i, &w) in weights.iter().enumerate() {
                if left < w {
                    at = i;
                    break;
                }
                left -= w;
            }
            if !replace {
                weights[at] = 0.0;
            }
            chosen.push(at);
        }
        Ok(chosen)
    }
}

/// The natural logarithm of a number in 0..1, by ln(m) = 2 artanh((m - 1) / (m + 1)) for a mantissa
/// m near 1.
fn logarithm(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    if m > std::f64::consts::SQRT_2 {
        m *= 0.5;
        exponent += 1;
    }
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let mut series = 0.0;
    for n in (0..12).rev() {
        series = series * square + 1.0 / f64::from(2 * n + 1);
    }
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_right() {
        for i in 1..1000 {
            let x = f64::from(i) / 1000.0;
            assert!((logarithm(x) - x.ln()).abs() < 1e-15 * (1.0 + x.ln().abs()), "{x}");
        }
    }

    #[test]
    fn moments_and_bounds() {
        let mut rng = Rng::new(1);
        let draws: Vec<f64> = (0..100_000).map(|_| rng.gauss()).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        let mut counts = [0; 7];
        (0..70_000).for_each(|_| counts[rng.below(7) as usize] += 1);
        assert!(counts.iter().all(|&count| (9_600..10_400).contains(&count)), "{counts:?}");
    }

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut rng = Rng::new(7);
        let bits = [rng.bits(), rng.bits()];
        // NumPy's PCG64 gives these from the state that SplitMix64 makes of the seed.
        assert_eq!(bits, [17_127_166_139_185_705_829, 8_612_118_057_428_368_318]);
        assert_ne!(bits[0], Rng::new(8).bits());
    }
}
