#!/usr/bin/env python3
"""Golden numbers for the variant `paper`: what PyTorch computes for the authors' networks.

Reference: S. Akcay, A. Atapour-Abarghouei, T. P. Breckon, "GANomaly" (ACCV 2018), samet-akcay/ganomaly 78da4ea:
lib/networks.py (layers and their names), lib/model.py (losses and order of a step). Written anew after it.

    make_goldens.py --output FILE [--isize 32 --nc 1 --nz 16 --nf 8 --extralayers 0 --batch 4 --seed 1 ...]
    make_goldens.py --verify FILE        compute an existing file's numbers again from its weights and inputs

A file holds (safetensors; images NCHW, convolutions OIHW, transposed ones IOHW, all 32-bit floats)

    initial.*        weights and running statistics before the first step, `netg.` and `netd.`
    input.0, 1, 2    one batch for each step; input.0 also for the evaluation
    eval.*           evaluation mode, initial weights: fake, latent_i, latent_o, score, netd.features, netd.prediction
    step0.*          training mode: fake, latent_i, latent_o, pred_real, pred_fake, and grad.* of every parameter
    step{0,1,2}.losses   adversarial, contextual, encoder (unweighted), discriminator
    after{0,2}.*     weights and running statistics after the first and the third step

Everything is computed twice, in 32 and in 64 bits, and compared within the tolerances of the tests. Where PyTorch
misses its own double-precision numbers a correct implementation may fail too, so such a file is written, but the exit
status is 1: choose another seed. The numbers' last bits depend on the release of PyTorch and on the processor.

Needs Python 3.11, PyTorch (2.13.0, CPU) and NumPy.
"""

import argparse
import dataclasses
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy
import torch
from torch import Tensor, nn

Tensors = dict[str, Tensor]

STEPS = 3
STEPS_WITH_WEIGHTS = (0, 2)
LOSSES = ("adversarial", "contextual", "encoder", "discriminator")
LEARNING_RATE, BETA1, BETA2 = 2e-4, 0.5, 0.999
ADVERSARIAL_WEIGHT, CONTEXTUAL_WEIGHT, ENCODER_WEIGHT = 1, 50, 1
VANISHED_LOSS = 1e-5


@dataclasses.dataclass
class Settings:
    """The shape of networks and batch, by the names of the file's metadata."""

    isize: int = 32
    nc: int = 1
    nz: int = 16
    nf: int = 8
    extralayers: int = 0
    batch: int = 4
    seed: int = 1


# Networks


def normalised(name: str, channels: int, activation: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Batch normalisation and activation that follow a convolution."""
    yield f"{name}-batchnorm", nn.BatchNorm2d(channels)
    yield f"{name}-relu", activation


def extra_layers(count: int, channels: int, activation: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Convolutions that keep the map's size."""
    for index in range(count):
        name = f"extra-layers-{index}-{channels}"
        yield f"{name}-conv", nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        yield from normalised(name, channels, activation)


def encoder_layers(settings: Settings, outputs: int) -> Iterator[tuple[str, nn.Module]]:
    """Layers from an image to `outputs` numbers."""
    side, channels = settings.isize // 2, settings.nf
    yield f"initial-conv-{settings.nc}-{channels}", nn.Conv2d(settings.nc, channels, 4, 2, 1, bias=False)
    yield f"initial-relu-{channels}", nn.LeakyReLU(0.2)
    yield from extra_layers(settings.extralayers, channels, nn.LeakyReLU(0.2))
    while side > 4:
        wider = channels * 2
        yield f"pyramid-{channels}-{wider}-conv", nn.Conv2d(channels, wider, 4, 2, 1, bias=False)
        yield from normalised(f"pyramid-{wider}", wider, nn.LeakyReLU(0.2))
        side, channels = side // 2, wider
    # The name says 1 whatever the number of outputs.
    yield f"final-{channels}-1-conv", nn.Conv2d(channels, outputs, 4, 1, 0, bias=False)


def decoder_layers(settings: Settings) -> Iterator[tuple[str, nn.Module]]:
    """Layers from a latent vector to an image in [-1, 1]."""
    side, channels = 4, settings.nf // 2
    while side < settings.isize:
        side, channels = side * 2, channels * 2
    yield f"initial-{settings.nz}-{channels}-convt", nn.ConvTranspose2d(settings.nz, channels, 4, 1, 0, bias=False)
    yield from normalised(f"initial-{channels}", channels, nn.ReLU())
    side = 4
    while side < settings.isize // 2:
        narrower = channels // 2
        yield f"pyramid-{channels}-{narrower}-convt", nn.ConvTranspose2d(channels, narrower, 4, 2, 1, bias=False)
        yield from normalised(f"pyramid-{narrower}", narrower, nn.ReLU())
        side, channels = side * 2, narrower
    yield from extra_layers(settings.extralayers, channels, nn.ReLU())
    yield f"final-{channels}-{settings.nc}-convt", nn.ConvTranspose2d(channels, settings.nc, 4, 2, 1, bias=False)
    yield f"final-{settings.nc}-tanh", nn.Tanh()


class Part(nn.Module):
    """Encoder or decoder: a sequence called `main`."""

    def __init__(self, layers: Iterator[tuple[str, nn.Module]]) -> None:
        super().__init__()
        self.main = nn.Sequential()
        for name, layer in layers:
            self.main.add_module(name, layer)

    def forward(self, values: Tensor) -> Tensor:
        return self.main(values)


class NetG(nn.Module):
    """Generator: encoder, decoder, and an encoder of the reconstruction."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.encoder1 = Part(encoder_layers(settings, settings.nz))
        self.decoder = Part(decoder_layers(settings))
        self.encoder2 = Part(encoder_layers(settings, settings.nz))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstruction, latent vector, latent vector of the reconstruction."""
        latent_i = self.encoder1(image)
        fake = self.decoder(latent_i)
        return fake, latent_i, self.encoder2(fake)


class NetD(nn.Module):
    """Discriminator: an encoder with one output, cut before its last convolution."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        *features, last = (layer for _, layer in encoder_layers(settings, 1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(last)
        self.classifier.add_module("Sigmoid", nn.Sigmoid())

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Prediction, one number for each image, and features."""
        features = self.features(image)
        return self.classifier(features).flatten(), features


def draw_weights(network: nn.Module, generator: torch.Generator | None = None) -> None:
    """The authors' initial weights."""
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.weight.normal_(0, 0.02, generator=generator)
            elif isinstance(layer, nn.BatchNorm2d):
                layer.weight.normal_(1, 0.02, generator=generator)
                layer.bias.zero_()


# Start


def state(netg: NetG, netd: NetD) -> Tensors:
    """Weights and running statistics of both networks, copied."""
    return {
        f"{prefix}.{name}": tensor.detach().clone()
        for prefix, network in (("netg", netg), ("netd", netd))
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def draw_start(settings: Settings, shift_deviation: float, running_statistics: bool) -> Tensors:
    """Initial state and inputs from the seed.

    The initial state is the authors'; on demand, normalisation shifts N(0, `shift_deviation`), and running statistics
    near those of the first batch. With the authors' 0 and 1 the signal fades from layer to layer in evaluation mode.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    netg, netd = NetG(settings), NetD(settings)
    for network in (netg, netd):
        draw_weights(network, generator)
        for layer in normalisations(network):
            layer.bias.data.normal_(0, shift_deviation, generator=generator)
    inputs = [draw_images(settings, generator) for _ in range(STEPS)]
    if running_statistics:
        for network in (netg, netd):
            draw_running_statistics(network, inputs[0], generator)
    start = {f"initial.{name}": tensor for name, tensor in state(netg, netd).items()}
    return start | {f"input.{step}": images for step, images in enumerate(inputs)}


def normalisations(network: nn.Module) -> list[nn.BatchNorm2d]:
    return [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]


def draw_images(settings: Settings, generator: torch.Generator) -> Tensor:
    """Coarse patches and noise in [-1, 1], so that images of one batch differ at every scale."""
    coarse = torch.empty(settings.batch, settings.nc, 4, 4).uniform_(-0.7, 0.7, generator=generator)
    fine = torch.empty(settings.batch, settings.nc, settings.isize, settings.isize)
    fine.uniform_(-0.3, 0.3, generator=generator)
    return nn.functional.interpolate(coarse, settings.isize, mode="bilinear") + fine


def draw_running_statistics(network: nn.Module, images: Tensor, generator: torch.Generator) -> None:
    """Those of the batch: means moved by a fifth of the deviation, variances times 0.7 to 1.4."""
    for layer in normalisations(network):
        layer.momentum = 1
    with torch.no_grad():
        network.train()(images)
    for layer in normalisations(network):
        shift = torch.empty_like(layer.running_mean).normal_(0, 0.2, generator=generator)
        layer.running_mean += shift * layer.running_var.sqrt()
        layer.running_var *= torch.empty_like(layer.running_var).uniform_(0.7, 1.4, generator=generator)


# Evaluation and training


def evaluate(netg: NetG, netd: NetD, images: Tensor) -> Tensors:
    """Outputs and scores in evaluation mode."""
    netg.eval()
    netd.eval()
    with torch.no_grad():
        fake, latent_i, latent_o = netg(images)
        prediction, features = netd(images)
    latent_i, latent_o = latent_i.flatten(1), latent_o.flatten(1)
    return {
        "fake": fake,
        "latent_i": latent_i,
        "latent_o": latent_o,
        "score": (latent_i - latent_o).square().mean(1),
        "netd.features": features,
        "netd.prediction": prediction,
    }


class Trainer:
    """Training steps in the authors' order."""

    def __init__(self, netg: NetG, netd: NetD) -> None:
        self.netg, self.netd = netg.train(), netd.train()
        betas = (BETA1, BETA2)
        self.optimizer_g = torch.optim.Adam(netg.parameters(), lr=LEARNING_RATE, betas=betas)
        self.optimizer_d = torch.optim.Adam(netd.parameters(), lr=LEARNING_RATE, betas=betas)

    def step(self, images: Tensor) -> Tensors:
        """One step; its losses, outputs and gradients."""
        fake, latent_i, latent_o = self.netg(images)
        pred_real, _ = self.netd(images)
        pred_fake, _ = self.netd(fake.detach())

        # The discriminator runs twice more: its running statistics move four times a step.
        _, features_real = self.netd(images)
        _, features_fake = self.netd(fake)
        adversarial = (features_real - features_fake).square().mean()
        contextual = (fake - images).abs().mean()
        encoder = (latent_o - latent_i).square().mean()
        self.optimizer_g.zero_grad()
        total = ADVERSARIAL_WEIGHT * adversarial + CONTEXTUAL_WEIGHT * contextual + ENCODER_WEIGHT * encoder
        total.backward()
        gradients = self.gradients("netg", self.netg)
        self.optimizer_g.step()

        # Also forgets what the generator's loss left in the discriminator's gradients.
        self.optimizer_d.zero_grad()
        cross_entropy = nn.functional.binary_cross_entropy
        error_real = cross_entropy(pred_real, torch.ones_like(pred_real))
        error_fake = cross_entropy(pred_fake, torch.zeros_like(pred_fake))
        discriminator = (error_real + error_fake) * 0.5
        discriminator.backward()
        gradients |= self.gradients("netd", self.netd)
        self.optimizer_d.step()
        if discriminator.item() < VANISHED_LOSS:
            draw_weights(self.netd)
            print("the discriminator was drawn anew: no other implementation gives these weights", file=sys.stderr)

        results = {
            "losses": torch.stack([adversarial, contextual, encoder, discriminator]),
            "fake": fake,
            "latent_i": latent_i.flatten(1),
            "latent_o": latent_o.flatten(1),
            "pred_real": pred_real,
            "pred_fake": pred_fake,
        }
        return {name: tensor.detach() for name, tensor in (results | gradients).items()}

    @staticmethod
    def gradients(prefix: str, network: nn.Module) -> Tensors:
        return {f"grad.{prefix}.{name}": weight.grad.clone() for name, weight in network.named_parameters()}


def compute(settings: Settings, start: Tensors, dtype: torch.dtype) -> Tensors:
    """All numbers that follow from initial state and inputs."""
    netg, netd = NetG(settings), NetD(settings)
    for prefix, network in (("initial.netg.", netg), ("initial.netd.", netd)):
        own = {name.removeprefix(prefix): tensor for name, tensor in start.items() if name.startswith(prefix)}
        expected = {name for name in network.state_dict() if not name.endswith("num_batches_tracked")}
        if set(own) != expected:
            raise SystemExit(f"{prefix}*: names differ: {sorted(set(own) ^ expected)}")
        network.load_state_dict(own, strict=False)
        network.to(dtype)
    inputs = [start[f"input.{step}"].to(dtype) for step in range(STEPS)]

    results = {f"eval.{name}": tensor for name, tensor in evaluate(netg, netd, inputs[0]).items()}
    trainer = Trainer(netg, netd)
    for index, images in enumerate(inputs):
        step = trainer.step(images)
        if index > 0:
            step = {"losses": step["losses"]}
        results |= {f"step{index}.{name}": tensor for name, tensor in step.items()}
        if index in STEPS_WITH_WEIGHTS:
            results |= {f"after{index}.{name}": tensor for name, tensor in state(netg, netd).items()}
    return results


# Comparison


def relative_difference(expected: Tensor, found: Tensor) -> float:
    """Largest difference, relative to the expected tensor's largest magnitude."""
    expected, found = expected.double(), found.double()
    magnitude = expected.abs().max().item()
    return (expected - found).abs().max().item() / (magnitude or 1)


def figures(expected: Tensors, found: Tensors) -> Iterator[tuple[str, str, float, float]]:
    """Kind, name, difference and allowed difference, as the tests have them."""
    for name, tensor in sorted(expected.items()):
        kind = name.split(".")[0]
        if name.endswith(".losses"):
            for label, one, other in zip(LOSSES, tensor, found[name], strict=True):
                yield "losses", f"{name}.{label}", relative_difference(one, other), 1e-4
        elif ".grad." in name:
            yield "gradients", name, relative_difference(tensor, found[name]), 1e-4
        elif ".running_" in name:
            yield f"{kind} running statistics", name, relative_difference(tensor, found[name]), 1e-3
        elif kind in ("eval", "step0"):
            yield kind, name, relative_difference(tensor, found[name]), 2e-5
    for index in STEPS_WITH_WEIGHTS:
        for network in ("netg", "netd"):
            prefix = f"after{index}.{network}"
            names = [name for name in expected if name.startswith(f"{prefix}.") and ".running_" not in name]
            differences = [(expected[name].double() - found[name].double()).flatten() for name in names]
            d = torch.cat(differences) / (LEARNING_RATE * (index + 1))
            yield f"{prefix} d, root mean square", prefix, d.square().mean().sqrt().item(), 0.01 if index == 0 else 0.03
            if index == 0:
                past = (d.abs() > 0.02).sum().item()
                yield f"{prefix} elements past 2 %", prefix, past, max(5, 1e-4 * len(d))


def report(title: str, expected: Tensors, found: Tensors) -> bool:
    """Prints the worst of each kind; true when all are within the tolerances."""
    print(title)
    worst: dict[str, tuple[float, str, float, float]] = {}
    for kind, name, difference, allowed in figures(expected, found):
        share = difference / allowed if difference == difference else float("inf")
        worst[kind] = max(worst.get(kind, (-1, "", 0, 0)), (share, name, difference, allowed))
    for kind, (share, name, difference, allowed) in sorted(worst.items()):
        mark = "" if share <= 1 else "  TOO LARGE"
        print(f"  {kind}: {difference:.3g} of {allowed:.3g} allowed ({name}){mark}")
    return all(share <= 1 for share, *_ in worst.values())


# Files: eight bytes of header length, JSON header, raw little-endian tensors.


def read_file(path: Path) -> tuple[Tensors, dict[str, str]]:
    """Tensors and metadata."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise SystemExit(f"{name}: {entry['dtype']} instead of F32")
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[begin:end], dtype="<f4").astype(numpy.float32)
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]))
    return tensors, metadata


def write_file(path: Path, tensors: Tensors, metadata: dict[str, str]) -> None:
    """The same tensors give the same bytes."""
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    data = []
    offset = 0
    for name, tensor in sorted(tensors.items()):
        data.append(tensor.contiguous().numpy().astype("<f4").tobytes())
        end = offset + len(data[-1])
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + b"".join(data))


# Commands


def verify(path: Path) -> bool:
    """Compares an existing file with its numbers computed anew."""
    golden, metadata = read_file(path)
    settings = Settings(**{field.name: int(metadata[field.name]) for field in dataclasses.fields(Settings)})
    start = {name: tensor for name, tensor in golden.items() if name.startswith(("initial.", "input."))}
    expected = {name: tensor for name, tensor in golden.items() if name not in start}
    single = compute(settings, start, torch.float32)
    if set(single) != set(expected):
        raise SystemExit(f"{path}: names differ: {sorted(set(single) ^ set(expected))}")
    if shapes := [name for name in single if single[name].shape != expected[name].shape]:
        raise SystemExit(f"{path}: shapes differ: {shapes}")
    good = report(f"{path.name}: 32 bits computed anew against the file", expected, single)
    double = compute(settings, start, torch.float64)
    return report(f"{path.name}: the file against 64 bits", double, expected) and good


def make(path: Path, settings: Settings, shift_deviation: float, running_statistics: bool) -> bool:
    """Draws, computes and writes a file."""
    start = draw_start(settings, shift_deviation, running_statistics)
    single = compute(settings, start, torch.float32)
    double = compute(settings, start, torch.float64)
    metadata = {name: str(value) for name, value in dataclasses.asdict(settings).items()}
    metadata |= {"lr": str(LEARNING_RATE), "beta1": str(BETA1), "beta2": str(BETA2)}
    metadata |= {"w_adv": str(ADVERSARIAL_WEIGHT), "w_con": str(CONTEXTUAL_WEIGHT), "w_enc": str(ENCODER_WEIGHT)}
    metadata |= {"loss_order": "adv,con,enc,err_d", "torch": torch.__version__}
    metadata |= {"shift_deviation": str(shift_deviation), "running_statistics": str(running_statistics).lower()}
    write_file(path, start | single, metadata)
    return report(f"{path.name}: 32 against 64 bits", double, single)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Exit status: 0 all within the tolerances, 1 a difference too large, 2 wrong usage.",
    )
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--output", type=Path, metavar="FILE", help="the file to write")
    task.add_argument("--verify", type=Path, metavar="FILE", help="a file whose numbers to compute again")
    meanings = {
        "isize": "side of the images, a power of two from 16",
        "nc": "channels of the images",
        "nz": "length of the latent vector",
        "nf": "channels after the first convolution, an even number",
        "extralayers": "further convolutions in each part",
        "batch": "images of a batch, at least 2",
        "seed": "of weights and images",
    }
    for field in dataclasses.fields(Settings):
        text = f"{meanings[field.name]} (default {field.default})"
        parser.add_argument(f"--{field.name}", type=int, default=field.default, metavar="N", help=text)
    parser.add_argument(
        "--shift-deviation", type=float, default=0, metavar="X",
        help="standard deviation of the normalisations' initial shifts (default 0, the authors')",
    )  # fmt: skip
    parser.add_argument(
        "--running-statistics", action="store_true", help="running statistics near the first batch's, not 0 and 1"
    )
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="threads of PyTorch (default 2)")
    arguments = parser.parse_args()
    settings = Settings(**{field.name: getattr(arguments, field.name) for field in dataclasses.fields(Settings)})
    if settings.isize < 16 or settings.isize & (settings.isize - 1):
        parser.error(f"--isize {settings.isize}: a power of two from 16 expected")
    if settings.nf < 2 or settings.nf % 2:
        parser.error(f"--nf {settings.nf}: an even number from 2 expected")
    if min(settings.nc, settings.nz, arguments.threads) < 1 or settings.batch < 2 or settings.extralayers < 0:
        parser.error("--nc, --nz and --threads from 1, --batch from 2, --extralayers from 0 expected")

    torch.set_num_threads(arguments.threads)
    if arguments.verify:
        good = verify(arguments.verify)
    else:
        good = make(arguments.output, settings, arguments.shift_deviation, arguments.running_statistics)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
