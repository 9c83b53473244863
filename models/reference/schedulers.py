#!/usr/bin/env python3
"""Records whole runs of diffusers' schedulers in `diffusers.json`, for Kiln's tests to compare with.

    python schedulers.py

Requirements (other versions may give other last digits):

    pip install diffusers==0.27.2 torch

The model's output of step i is the recorded one, turned by i places and shrunk by 0.9 to the i: no
network is needed, and every step sees another one. Noise is handed in, as Kiln's `step(noise=…)` does.
"""

import json
from pathlib import Path

import diffusers
import numpy as np
import torch
from make import noise, uniform

HERE = Path(__file__).parent
SIZE = 6
SCHEDULERS = {
    "DDPMScheduler": diffusers.DDPMScheduler,
    "DDIMScheduler": diffusers.DDIMScheduler,
    "EulerDiscreteScheduler": diffusers.EulerDiscreteScheduler,
    "EulerAncestralDiscreteScheduler": diffusers.EulerAncestralDiscreteScheduler,
    "HeunDiscreteScheduler": diffusers.HeunDiscreteScheduler,
    "DPMSolverMultistepScheduler": diffusers.DPMSolverMultistepScheduler,
    "LCMScheduler": diffusers.LCMScheduler,
}
CASES = [
    ("DDPMScheduler", {}, 5, {}),
    ("DDPMScheduler", {"beta_schedule": "squaredcos_cap_v2", "clip_sample": False}, 4, {}),
    ("DDIMScheduler", {}, 5, {}),
    ("DDIMScheduler", {"clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1}, 4, {"eta": 0.6}),
    ("DDIMScheduler", {}, 4, {"eta": 0.3, "use_clipped_model_output": True}),
    ("DDIMScheduler", {"prediction_type": "v_prediction", "timestep_spacing": "trailing", "clip_sample": False}, 4, {}),
    ("EulerDiscreteScheduler", {}, 5, {}),
    ("EulerDiscreteScheduler", {"use_karras_sigmas": True, "prediction_type": "v_prediction"}, 4, {}),
    ("EulerDiscreteScheduler", {"timestep_spacing": "leading", "steps_offset": 1, "beta_schedule": "scaled_linear"}, 4, {}),
    ("EulerAncestralDiscreteScheduler", {}, 5, {}),
    ("HeunDiscreteScheduler", {}, 4, {}),
    ("HeunDiscreteScheduler", {"use_karras_sigmas": True, "prediction_type": "v_prediction"}, 4, {}),
    ("DPMSolverMultistepScheduler", {}, 6, {}),
    ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}, 20, {}),
    ("DPMSolverMultistepScheduler", {"solver_order": 1}, 5, {}),
    ("DPMSolverMultistepScheduler", {"solver_order": 3, "prediction_type": "v_prediction"}, 7, {}),
    ("DPMSolverMultistepScheduler", {"solver_type": "heun", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}, 6, {}),
    ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"}, 6, {}),
    ("LCMScheduler", {}, 4, {}),
    ("LCMScheduler", {"original_inference_steps": 40, "prediction_type": "v_prediction"}, 3, {}),
]


def values(array):
    return [round(float(v), 7) for v in np.asarray(array, np.float64).reshape(-1)]


def run(name, settings, steps, more):
    scheduler = SCHEDULERS[name](**settings)
    scheduler.set_timesteps(steps)
    sample = torch.tensor(noise(SIZE) * float(scheduler.init_noise_sigma), dtype=torch.float64)[None]
    output, extra = uniform(SIZE, 7) * 2 - 1, noise(SIZE + 3)[3:]
    fixed = torch.tensor(extra, dtype=torch.float64)[None]
    # Whatever a scheduler draws is this noise.
    for module in (diffusers.schedulers.scheduling_ddpm, diffusers.schedulers.scheduling_ddim, diffusers.schedulers.scheduling_euler_discrete,
                   diffusers.schedulers.scheduling_euler_ancestral_discrete, diffusers.schedulers.scheduling_lcm):
        module.randn_tensor = lambda *_, **__: fixed
    recorded = {"scheduler": name, "settings": settings, "num_inference_steps": steps, "step": more}
    recorded["timesteps"] = values(scheduler.timesteps)
    recorded["init_noise_sigma"] = round(float(scheduler.init_noise_sigma), 6)
    recorded["steps"] = []
    for i, t in enumerate(scheduler.timesteps):
        scaled = scheduler.scale_model_input(sample, t)
        out = torch.tensor(np.roll(output, i) * 0.9**i, dtype=torch.float64)[None]
        sample = scheduler.step(out, t, sample, **more).prev_sample
        recorded["steps"].append({"scaled": values(scaled), "prev": values(sample)})
    noised = SCHEDULERS[name](**settings)
    noised.set_timesteps(steps)
    if hasattr(noised, "set_begin_index"):
        noised.set_begin_index(None)
    t = noised.timesteps[len(noised.timesteps) // 2]
    at = torch.tensor([t])
    original = torch.tensor(noise(SIZE), dtype=torch.float64)[None]
    recorded["noised"] = {"timestep": float(t), "sample": values(noised.add_noise(original, fixed, at))}
    return recorded


def main():
    record = {
        "made_with": {"diffusers": diffusers.__version__, "torch": torch.__version__},
        "sample": values(noise(SIZE)), "model_output": values(uniform(SIZE, 7) * 2 - 1), "noise": values(noise(SIZE + 3)[3:]),
        "cases": [run(*case) for case in CASES],
    }
    (HERE / "diffusers.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
