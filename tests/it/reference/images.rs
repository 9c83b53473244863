//! Pictures: the terrain UNet and the ImageNet classifier.

use std::collections::BTreeMap;

use kiln::runtime::pipelines::image_processing::imagenet;
use kiln::runtime::pipelines::{image_classification, labels};
use kiln::runtime::schedulers::{Consistency, ConsistencyConfig, Prediction};
use kiln::tensor::{Array, Tensor};
use ndarray::{ArcArray, IxDyn};

use super::{FLOAT, PARITY, check, close, floats, model, noise, open, recorded, uniform};

fn f32s(shape: &[usize], values: impl IntoIterator<Item = f64>) -> Array<f32> {
    ArcArray::from_shape_vec(IxDyn(shape), values.into_iter().map(|v| v as f32).collect()).unwrap()
}

fn denoise(unet: &mut kiln::runtime::onnx::Model, noisy: Array<f32>, sigma: f64, difficulty: f64) -> Tensor {
    let feeds = BTreeMap::from([
        ("noisy".to_owned(), Tensor::Float32(noisy)),
        ("sigma".to_owned(), Tensor::Float32(f32s(&[1], [sigma]))),
        ("difficulty".to_owned(), Tensor::Float32(f32s(&[1], [difficulty]))),
    ]);
    unet.run(&feeds, &[]).unwrap().remove(0).1
}

#[test]
fn terrain() {
    let mut unet = open("terrain-unet");
    for case in recorded("terrain-unet")["cases"].as_array().unwrap() {
        let [sigma, difficulty] = ["sigma", "difficulty"].map(|key| case[key].as_f64().unwrap());
        let noisy = f32s(&[1, 1, 128, 128], noise(128 * 128).into_iter().map(|v| v * sigma));
        check(&Tensor::Float32(noisy.clone()), &case["noisy"], FLOAT);
        check(&denoise(&mut unet, noisy, sigma, difficulty), &case["denoised"], FLOAT);
    }
}

/// The faces of TensorFlow.js; with other numbers they are others.
#[test]
fn progan_equals_tensorflow_js() {
    let mut generator = open("progan-128");
    for case in recorded("progan-128")["cases"].as_array().unwrap() {
        let pictures = case["pictures"].as_u64().unwrap() as usize;
        let mut draw = |latents: Array<f32>| {
            let feeds = [("latent_vector".to_owned(), Tensor::Float32(latents))].into();
            generator.run(&feeds, &[]).unwrap().remove(0)
        };
        let latents = f32s(&[pictures, 512], noise(pictures * 512));
        let (name, made) = draw(latents.clone());
        check(&made, &case["outputs"][&name], PARITY);
        let (faces, others) = (floats(&made), floats(&draw(latents.mapv(|v| -v).into_shared()).1));
        let apart = faces.iter().zip(&others).map(|(a, b)| (a - b).abs()).sum::<f64>() / faces.len() as f64;
        assert!(apart > 0.05, "{apart}");
    }
}

#[test]
fn noise_becomes_a_height_map_in_four_steps() {
    let config = ConsistencyConfig { prediction: Prediction::Sample, ..ConsistencyConfig::default() };
    let mut scheduler = Consistency::new(config).unwrap();
    scheduler.set_timesteps(4).unwrap();
    let mut unet = open("terrain-unet");
    let mut values = noise(5 * 128 * 128).into_iter();
    let mut fresh = || f32s(&[1, 1, 128, 128], values.by_ref().take(128 * 128));
    let mut sample = fresh().mapv(|v| v * scheduler.init_noise_sigma() as f32).into_shared();
    for (&t, &sigma) in scheduler.timesteps().iter().zip(scheduler.sigmas()) {
        let Tensor::Float32(denoised) = denoise(&mut unet, sample.clone(), sigma, 0.5) else {
            unreachable!()
        };
        sample = scheduler.step(&denoised, t, &sample, &fresh()).unwrap();
    }
    let map = floats(&Tensor::Float32(sample));
    assert!(map.iter().all(|v| (-1.1..=1.1).contains(v)));
    // Neighbours of a landscape are alike; those of noise are not.
    let step = map.windows(2).map(|w| (w[1] - w[0]).abs()).sum::<f64>() / map.len() as f64;
    let mean = map.iter().sum::<f64>() / map.len() as f64;
    let spread = map.iter().map(|v| (v - mean).abs()).sum::<f64>() / map.len() as f64;
    assert!(step < spread, "{step} {spread}");
}

/// Made as `picture` of `make.py` makes it.
fn picture(height: usize, width: usize) -> Tensor {
    let mut pixels = Vec::with_capacity(height * width * 3);
    for y in 0..height {
        for x in 0..width {
            let grain = (uniform(y * width + x, 0) * 32.0).floor() as usize;
            let blue = if (x / 16 + y / 24) % 2 == 0 { 200 } else { 40 };
            let colours = [x * 223 / (width - 1), y * 223 / (height - 1), blue];
            pixels.extend(colours.map(|c| (c + grain) as u8));
        }
    }
    Tensor::Uint8(ArcArray::from_shape_vec(IxDyn(&[height, width, 3]), pixels).unwrap())
}

#[test]
fn classification() {
    let mut net = open("mobilenetv2");
    for case in recorded("mobilenetv2")["cases"].as_array().unwrap() {
        let [height, width] = ["height", "width"].map(|key| case[key].as_u64().unwrap() as usize);
        let image = picture(height, width);
        let data = imagenet(&image, 224).unwrap();
        check(&data, &case["data"], 1e-6);
        let logits = net.run(&[("data".to_owned(), data)].into(), &[]).unwrap();
        check(&logits[0].1, &case["logits"], FLOAT);
        let found = image_classification(&mut net, &image, &[], 5).unwrap();
        for (class, expected) in found.iter().zip(case["top"].as_array().unwrap()) {
            assert_eq!(class.label, format!("LABEL_{}", expected["index"]));
            close(&[class.score], &[expected["score"].as_f64().unwrap()], FLOAT);
        }
    }
}

#[test]
fn classes_have_names() {
    let names = labels(&model("mobilenetv2")).unwrap();
    assert_eq!(names.len(), 1000);
    assert!(names[285].to_lowercase().contains("egyptian"), "{}", names[285]);
    let found = image_classification(&mut open("mobilenetv2"), &picture(300, 400), &names, 1).unwrap();
    assert_eq!(found[0].label, names[found[0].index]);
}
