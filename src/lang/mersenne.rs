//! `import random`: Python's own generator, number for number, but never seeded by the machine.
//!
//! The Mersenne twister of Matsumoto and Nishimura (1998), as CPython's `_random` has it. The module's
//! own functions share a generator that begins anew, from the cell's seed, in every cell: what a cell
//! draws never depends on the cells before it. `random.Random(seed)` makes one that goes on.

use std::cell::{Cell, RefCell};

use rustpython_vm::builtins::PyInt;
use rustpython_vm::class::PyClassImpl;
use rustpython_vm::function::OptionalArg;
use rustpython_vm::import::import_source;
use rustpython_vm::types::{Constructor, DefaultConstructor};
use rustpython_vm::{PyObjectRef, PyPayload, PyResult, VirtualMachine, pyclass};

use super::{convert, stage};

/// What is built on the generator: CPython's algorithms, in Python.
const SOURCE: &str = include_str!("random.py");

const N: usize = 624;
const M: usize = 397;

/// The state of a generator.
#[derive(Clone, Debug)]
struct Twister {
    words: [u32; N],
    at: usize,
}

impl Twister {
    fn new(key: &[u32]) -> Self {
        let mut words = [0_u32; N];
        words[0] = 19_650_218;
        for i in 1..N {
            words[i] =
                1_812_433_253_u32.wrapping_mul(words[i - 1] ^ (words[i - 1] >> 30)).wrapping_add(i as u32);
        }
        let mixed = |words: &[u32; N], i: usize, by: u32| {
            words[i] ^ (words[i - 1] ^ (words[i - 1] >> 30)).wrapping_mul(by)
        };
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            words[i] = mixed(&words, i, 1_664_525).wrapping_add(key[j]).wrapping_add(j as u32);
            (i, j) = (i + 1, (j + 1) % key.len());
            if i == N {
                words[0] = words[N - 1];
                i = 1;
            }
        }
        for _ in 1..N {
            words[i] = mixed(&words, i, 1_566_083_941).wrapping_sub(i as u32);
            i += 1;
            if i == N {
                words[0] = words[N - 1];
                i = 1;
            }
        }
        words[0] = 0x8000_0000;
        Self { words, at: N }
    }

    fn word(&mut self) -> u32 {
        if self.at == N {
            for i in 0..N {
                let y = (self.words[i] & 0x8000_0000) | (self.words[(i + 1) % N] & 0x7fff_ffff);
                let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.words[i] = self.words[(i + M) % N] ^ (y >> 1) ^ odd;
            }
            self.at = 0;
        }
        let mut y = self.words[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// 53 bits, in `[0, 1)`.
    fn unit(&mut self) -> f64 {
        let (a, b) = (f64::from(self.word() >> 5), f64::from(self.word() >> 6));
        (a * 67_108_864.0 + b) / 9_007_199_254_740_992.0
    }
}

/// A generator.
#[pyclass(module = "random", name = "Twister")]
#[derive(Debug, PyPayload)]
pub(super) struct PyTwister {
    state: RefCell<Twister>,
    /// Whether it is the module's own, which begins anew in every cell.
    shared: Cell<bool>,
    /// The cell in which it was last seeded.
    cell: Cell<Option<usize>>,
}

impl Default for PyTwister {
    fn default() -> Self {
        Self { state: RefCell::new(Twister::new(&[0])), shared: Cell::new(false), cell: Cell::new(None) }
    }
}

impl DefaultConstructor for PyTwister {}

#[pyclass(flags(BASETYPE), with(Constructor))]
impl PyTwister {
    /// `seed(n)`; without a number, the cell's own seed.
    #[pymethod]
    fn seed(&self, seed: OptionalArg<PyObjectRef>, vm: &VirtualMachine) -> PyResult<()> {
        let seed = seed.into_option().filter(|seed| !vm.is_none(seed));
        let key = match &seed {
            None => words(stage::with(|stage| stage.seed).unwrap_or_default().to_string().as_str()),
            Some(seed) => match seed.downcast_ref::<PyInt>() {
                Some(int) => words(int.to_str_radix_10().trim_start_matches('-')),
                None => {
                    let got = convert::described(seed);
                    return Err(vm.new_type_error(format!("a seed is a whole number, not {got}")));
                }
            },
        };
        *self.state.borrow_mut() = Twister::new(&key);
        self.cell.set(stage::with(|stage| stage.labels.len()));
        Ok(())
    }

    /// Makes it the module's own.
    #[pymethod]
    fn share(&self) {
        self.shared.set(true);
    }

    /// The cell since which its numbers go on.
    #[pymethod]
    fn epoch(&self) -> usize {
        self.cell.get().filter(|_| self.shared.get()).unwrap_or_default()
    }

    #[pymethod]
    fn random(&self) -> f64 {
        self.awake();
        self.state.borrow_mut().unit()
    }

    #[pymethod]
    fn getrandbits(&self, bits: usize, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        if bits > 1 << 20 {
            return Err(vm.new_value_error("that are more random bits than anybody needs"));
        }
        self.awake();
        let mut state = self.state.borrow_mut();
        let mut value: PyObjectRef = vm.ctx.new_int(0).into();
        // Little-endian words; the last one keeps its upper bits.
        let mut left = bits;
        let mut shift = 0_usize;
        while left > 0 {
            let take = left.min(32);
            let word = state.word() >> (32 - take);
            let word: PyObjectRef = vm.ctx.new_int(word).into();
            let by: PyObjectRef = vm.ctx.new_int(shift).into();
            let moved = vm._lshift(&word, &by)?;
            value = vm._or(&value, &moved)?;
            left -= take;
            shift += 32;
        }
        Ok(value)
    }
}

impl PyTwister {
    /// Begins anew where the module's generator is first used in a cell.
    fn awake(&self) {
        let now = stage::with(|stage| (stage.labels.len(), stage.seed));
        if let Some((number, seed)) = now.filter(|_| self.shared.get())
            && self.cell.get() != Some(number)
        {
            *self.state.borrow_mut() = Twister::new(&words(&seed.to_string()));
            self.cell.set(Some(number));
        }
    }
}

/// A number in decimal as words of 32 bits, the lowest first; at least one.
fn words(decimal: &str) -> Vec<u32> {
    let mut words: Vec<u32> = Vec::new();
    for digit in decimal.bytes().filter(u8::is_ascii_digit) {
        let mut carry = u64::from(digit - b'0');
        for word in &mut words {
            let value = u64::from(*word) * 10 + carry;
            *word = value as u32;
            carry = value >> 32;
        }
        if carry > 0 {
            words.push(carry as u32);
        }
    }
    if words.is_empty() {
        words.push(0);
    }
    words
}

/// Puts the module `random` in the place of Python's own, which wants the machine's randomness.
///
/// # Errors
/// Its source does not run: a fault of this build of Kiln.
pub(super) fn install(vm: &VirtualMachine) -> PyResult<()> {
    let twister = vm.new_module("_random", vm.ctx.new_dict(), None);
    twister.set_attr("Twister", PyObjectRef::from(PyTwister::make_static_type()), vm)?;
    let modules = vm.sys_module.get_attr("modules", vm)?;
    modules.set_item("_random", twister.into(), vm)?;
    import_source(vm, "random", SOURCE)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_cpython() {
        let mut zero = Twister::new(&[0]);
        assert_eq!([zero.unit(), zero.unit()], [0.844_421_851_525_048_1, 0.757_954_402_940_302_5]);
        assert_eq!(words("4294967296"), [0, 1]);
        assert_eq!(words("0"), [0]);
        let mut large = Twister::new(&words("12345678901234567890"));
        assert_eq!(large.unit(), 0.512_018_098_387_196_1);
    }
}
