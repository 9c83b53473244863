#!/usr/bin/env node
// Records what ProGAN-128 draws in TensorFlow.js, the framework that its file is written for.
//
//     npm install @tensorflow/tfjs@4.22.0 && node models/reference/progan.mjs FOLDER > models/reference/progan-128.json
//
// FOLDER holds model.json and its shards: `~/.cache/kiln/models/progan-128/…` will do. Some minutes of one core.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";

const PICTURES = 2;
const FIRST = 12;
const EVERY = 64;

/** Numbers in [0, 1) as `uniform` of make.py makes them. */
function uniform(index, salt) {
  const low = (x) => x & 0xffffffffn;
  let h = low((BigInt(index) + BigInt(salt)) * 2654435761n);
  h = low((h ^ (h >> 15n)) * 2246822519n);
  return Number(h ^ (h >> 13n)) / 4294967296;
}

/** Nearly normal numbers as `noise` of make.py makes them. */
function noise(count) {
  const one = (i) => Array.from({ length: 12 }, (_, k) => uniform(i, k * 1000003)).reduce((a, b) => a + b) - 6;
  return Array.from({ length: count }, (_, i) => one(i));
}

function summary(tensor) {
  const values = tensor.dataSync();
  const total = values.reduce((a, b) => a + b, 0);
  const round = (v) => Number(v.toFixed(7));
  const step = Math.floor(values.length / EVERY);
  return {
    shape: tensor.shape,
    first: Array.from(values.slice(0, FIRST), round),
    step,
    every: Array.from({ length: EVERY }, (_, i) => round(values[i * step])),
    mean: round(total / values.length),
    min: round(values.reduce((a, b) => Math.min(a, b))),
    max: round(values.reduce((a, b) => Math.max(a, b))),
  };
}

const folder = process.argv[2];
const json = JSON.parse(readFileSync(join(folder, "model.json"), "utf-8"));
const shards = json.weightsManifest.flatMap((group) => group.paths.map((path) => readFileSync(join(folder, path))));
const weights = new Uint8Array(Buffer.concat(shards));
const handler = {
  load: async () => ({
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
    weightData: weights.buffer,
    format: json.format,
    signature: json.signature,
  }),
};
await tf.setBackend("cpu");
const model = await tf.loadGraphModel(handler);
const latents = tf.tensor2d(noise(PICTURES * 512).map(Math.fround), [PICTURES, 512]);
const made = model.execute({ "latent_vector:0": latents });
const outputs = { "module_apply_default/clip_by_value_1": summary(made) };
const record = { made_with: { "@tensorflow/tfjs": tf.version.tfjs }, cases: [{ pictures: PICTURES, outputs }] };
process.stdout.write(`${JSON.stringify(record, null, 1)}\n`);
