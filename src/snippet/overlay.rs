//! What is found in an image, as data: boxes and masks over it.

use serde::{Deserialize, Serialize};

use super::output::Image;

/// Boxes or masks over an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// The image.
    pub image: Image,
    /// Boxes, back to front.
    pub boxes: Vec<Outline>,
    /// Masks, back to front.
    pub masks: Vec<Mask>,
}

/// A box, in pixels of the stored image from its upper left corner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    /// Left side.
    pub xmin: f64,
    /// Upper side.
    pub ymin: f64,
    /// Right side.
    pub xmax: f64,
    /// Lower side.
    pub ymax: f64,
    /// What is in it; may be empty.
    pub label: String,
    /// How sure the model is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// Which pixels of the image something covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mask {
    /// What covers them; may be empty.
    pub label: String,
    /// Row by row, how many pixels lie outside, then inside, then outside again, and so on.
    pub runs: Vec<u32>,
}

impl Mask {
    /// The mask of `pixels`, row by row.
    pub fn new(label: String, pixels: impl IntoIterator<Item = bool>) -> Self {
        let (mut runs, mut inside) = (vec![0], false);
        for pixel in pixels {
            if pixel != inside {
                runs.push(0);
                inside = pixel;
            }
            if let Some(run) = runs.last_mut() {
                *run += 1;
            }
        }
        Self { label, runs }
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> impl Iterator<Item = bool> + '_ {
        self.runs.iter().enumerate().flat_map(|(at, run)| std::iter::repeat_n(at % 2 == 1, *run as usize))
    }

    /// How many pixels it covers.
    pub fn area(&self) -> u64 {
        self.runs.iter().skip(1).step_by(2).map(|run| u64::from(*run)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_come_back_from_their_runs() {
        for pixels in [vec![], vec![true, true, false], vec![false, true, false, false, true]] {
            let mask = Mask::new("cat".into(), pixels.clone());
            assert_eq!(mask.pixels().collect::<Vec<_>>(), pixels);
            assert_eq!(mask.area() as usize, pixels.iter().filter(|pixel| **pixel).count());
        }
    }
}
