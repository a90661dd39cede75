"""GANomaly in PyTorch, with the tensor names of a model file: Akcay, Atapour-Abarghouei, Breckon (ACCV 2018).

Shapes and order of the step are those of samet-akcay/ganomaly 78da4ea; no convolution has a bias.
"""

import json
import struct
from collections import OrderedDict

import numpy
import torch
from torch import Tensor, nn


def convolution(inputs: int, outputs: int, stride: int = 2, padding: int = 1) -> nn.Module:
    return nn.Conv2d(inputs, outputs, 4, stride, padding, bias=False)


def transposed(inputs: int, outputs: int, stride: int = 2, padding: int = 1) -> nn.Module:
    return nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)


def encoder_layers(size: int, latent: int, channels: int, features: int) -> OrderedDict[str, nn.Module]:
    """Picture [batch, channels, size, size] to [batch, latent, 1, 1]."""
    layers = OrderedDict[str, nn.Module]()
    layers[f"initial-conv-{channels}-{features}"] = convolution(channels, features)
    layers[f"initial-relu-{features}"] = nn.LeakyReLU(0.2, inplace=True)
    side, width = size // 2, features
    while side > 4:
        layers[f"pyramid-{width}-{2 * width}-conv"] = convolution(width, 2 * width)
        layers[f"pyramid-{2 * width}-batchnorm"] = nn.BatchNorm2d(2 * width)
        layers[f"pyramid-{2 * width}-relu"] = nn.LeakyReLU(0.2, inplace=True)
        side, width = side // 2, 2 * width
    layers[f"final-{width}-1-conv"] = convolution(width, latent, stride=1, padding=0)
    return layers


def decoder_layers(size: int, latent: int, channels: int, features: int) -> OrderedDict[str, nn.Module]:
    """[batch, latent, 1, 1] to a picture in [-1, 1]."""
    layers = OrderedDict[str, nn.Module]()
    width = features // 2 * (size // 4)
    layers[f"initial-{latent}-{width}-convt"] = transposed(latent, width, stride=1, padding=0)
    layers[f"initial-{width}-batchnorm"] = nn.BatchNorm2d(width)
    layers[f"initial-{width}-relu"] = nn.ReLU(inplace=True)
    side = 4
    while side < size // 2:
        layers[f"pyramid-{width}-{width // 2}-convt"] = transposed(width, width // 2)
        layers[f"pyramid-{width // 2}-batchnorm"] = nn.BatchNorm2d(width // 2)
        layers[f"pyramid-{width // 2}-relu"] = nn.ReLU(inplace=True)
        side, width = side * 2, width // 2
    layers[f"final-{width}-{channels}-convt"] = transposed(width, channels)
    layers[f"final-{channels}-tanh"] = nn.Tanh()
    return layers


class Part(nn.Module):
    """Layers under the name that the authors gave their sequence."""

    def __init__(self, layers: OrderedDict[str, nn.Module]):
        super().__init__()
        self.main = nn.Sequential(layers)

    def forward(self, values: Tensor) -> Tensor:
        return self.main(values)


class Generator(nn.Module):
    """Picture to reconstruction and both latent vectors."""

    def __init__(self, size: int, latent: int, channels: int, features: int):
        super().__init__()
        self.encoder1 = Part(encoder_layers(size, latent, channels, features))
        self.decoder = Part(decoder_layers(size, latent, channels, features))
        self.encoder2 = Part(encoder_layers(size, latent, channels, features))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        first = self.encoder1(pictures)
        reconstructions = self.decoder(first)
        return reconstructions, first, self.encoder2(reconstructions)


class Discriminator(nn.Module):
    """Picture to the probability of being real, and the features before it."""

    def __init__(self, size: int, channels: int, features: int):
        super().__init__()
        layers = list(encoder_layers(size, 1, channels, features).values())
        self.features = nn.Sequential(*layers[:-1])
        self.classifier = nn.Sequential(layers[-1], nn.Sigmoid())

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        features = self.features(pictures)
        return self.classifier(features).view(-1), features


class Network(nn.Module):
    """Both networks, with the weights of a model file."""

    def __init__(self, path: str):
        super().__init__()
        texts, tensors = read_safetensors(path)
        names = ("size", "latent", "channels", "features")
        size, latent, channels, features = (int(texts[f"hyperparameters.{name}"]) for name in names)
        self.size = size
        self.netg = Generator(size, latent, channels, features)
        self.netd = Discriminator(size, channels, features)
        # Every tensor has its place, and every place but the counters of batches its tensor: it is the same network.
        found = self.load_state_dict(tensors, strict=False)
        missing = [name for name in found.missing_keys if not name.endswith("num_batches_tracked")]
        if missing or found.unexpected_keys:
            raise ValueError(f"'{path}' is another network: without {missing}, with {found.unexpected_keys}")

    def scores(self, pictures: Tensor) -> Tensor:
        """Anomaly scores: the mean squared difference of the latent vectors."""
        _, first, second = self.netg(pictures)
        return ((first - second) ** 2).mean(dim=(1, 2, 3))


def read_safetensors(path: str) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The texts of a model file and the tensors of its networks."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    texts = header.pop("__metadata__")
    tensors = {}
    for name, place in header.items():
        if name.startswith(("netg.", "netd.")):
            begin, end = place["data_offsets"]
            values = numpy.frombuffer(data[begin:end], dtype=numpy.float32)
            tensors[name] = torch.from_numpy(values.reshape(place["shape"]).copy())
    return texts, tensors


class Step:
    """One training step after the other over the same batch, in the authors' order."""

    def __init__(self, network: Network, pictures: Tensor):
        self.network = network.train()
        self.pictures = pictures
        self.real = torch.ones(len(pictures))
        self.fake = torch.zeros(len(pictures))
        self.cross_entropy = nn.BCELoss()
        rates = {"lr": 0.0002, "betas": (0.5, 0.999)}
        self.generator_optimiser = torch.optim.Adam(network.netg.parameters(), **rates)
        self.discriminator_optimiser = torch.optim.Adam(network.netd.parameters(), **rates)

    def run(self) -> list[float]:
        """The step's losses: adversarial, contextual, encoder, discriminator."""
        generator, discriminator = self.network.netg, self.network.netd
        reconstructions, first, second = generator(self.pictures)
        prediction_of_real, _ = discriminator(self.pictures)
        prediction_of_fake, _ = discriminator(reconstructions.detach())

        self.generator_optimiser.zero_grad()
        real_features, fake_features = discriminator(self.pictures)[1], discriminator(reconstructions)[1]
        adversarial = ((real_features - fake_features) ** 2).mean()
        contextual = (reconstructions - self.pictures).abs().mean()
        encoder = ((second - first) ** 2).mean()
        (adversarial + 50 * contextual + encoder).backward(retain_graph=True)
        self.generator_optimiser.step()

        self.discriminator_optimiser.zero_grad()
        loss = 0.5 * (
            self.cross_entropy(prediction_of_real, self.real) + self.cross_entropy(prediction_of_fake, self.fake)
        )
        loss.backward()
        self.discriminator_optimiser.step()
        value = loss.item()
        if value < 1e-5:
            # Drawing weights anew is no part of a step's time; a contestant that got here does not do the same work.
            raise ValueError(f"the discriminator's loss has vanished ({value}): take other pictures")
        return [adversarial.item(), contextual.item(), encoder.item(), value]
