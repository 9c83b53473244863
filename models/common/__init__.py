"""What the training scripts share: data from pinned packages, seeds and checkpoints, ONNX files, records."""
