"""Golden numbers of variant 'keras': evaluation, losses, gradients and weights after steps, by Keras and TensorFlow.

usage: make_keras_goldens.py SIZE CHANNELS FEATURES BATCH OUTPUT.safetensors
       make_keras_goldens.py --check GOLDEN.safetensors

With --check it repeats a golden file from its own weights and inputs and prints the largest relative differences.
Made with Keras 3.15.1 on TensorFlow 2.21.0 (tensorflow-cpu, safetensors, numpy from PyPI); the network and the order of
a step are those of leafinity/keras_ganomaly 7053c10, its second encoder trained with the generator.
"""
import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from safetensors import safe_open
from safetensors.numpy import save_file

PENALTY = 0.01


def convolution(kind, filters, kernel, strides, name):
    return kind(filters, kernel, strides=strides, padding="same", name=name,
                kernel_regularizer=keras.regularizers.L2(PENALTY))


class Body(keras.Model):
    """Four convolutions; with pooling the encoder, without it the feature extractor."""

    def __init__(self, features, pools):
        super().__init__()
        widths = [features, 2 * features, 4 * features, 4 * features]
        self.parts = {"conv_1": convolution(layers.Conv2D, widths[0], 5, 1, "conv_1")}
        for index in (2, 3, 4):
            self.parts[f"conv_{index}"] = convolution(layers.Conv2D, widths[index - 1], 3, 2, f"conv_{index}")
            self.parts[f"norm_{index - 1}"] = layers.BatchNormalization(momentum=0.99, epsilon=1e-3)
        self.pools = pools

    def call(self, x, training=False):
        x = tf.nn.leaky_relu(self.parts["conv_1"](x), 0.3)
        for index in (2, 3, 4):
            x = self.parts[f"conv_{index}"](x)
            x = tf.nn.leaky_relu(self.normalised(x, self.parts[f"norm_{index - 1}"], training), 0.3)
        return tf.reduce_mean(x, [1, 2]) if self.pools else x

    def normalised(self, x, norm, training):
        """Batch statistics without moving the running ones: `move` does that, with the unbiased variance."""
        if not norm.built:
            norm.build(x.shape)
        if not training:
            return norm(x, training=False)
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        self.seen = getattr(self, "seen", {})
        count = x.shape[0] * x.shape[1] * x.shape[2]
        self.seen[id(norm)] = (norm, mean, variance * count / (count - 1))
        return tf.nn.batch_normalization(x, mean, variance, norm.beta, norm.gamma, 1e-3)

    def move(self):
        for norm, mean, variance in self.seen.values():
            norm.moving_mean.assign(norm.moving_mean * 0.99 + mean * 0.01)
            norm.moving_variance.assign(norm.moving_variance * 0.99 + variance * 0.01)


class Decoder(keras.Model):
    def __init__(self, size, channels, features):
        super().__init__()
        self.side, self.width = size // 8, 4 * features
        self.parts = {"dense": layers.Dense(self.side * self.side * self.width, name="dense")}
        for index, width in enumerate([4 * features, 2 * features, features], 1):
            self.parts[f"deconv_{index}"] = convolution(layers.Conv2DTranspose, width, 3, 2, f"deconv_{index}")
        self.parts["deconv_output"] = convolution(layers.Conv2DTranspose, channels, 1, 1, "deconv_output")

    def call(self, z):
        x = tf.reshape(self.parts["dense"](z), [-1, self.side, self.side, self.width])
        for index in (1, 2, 3):
            x = tf.nn.leaky_relu(self.parts[f"deconv_{index}"](x), 0.3)
        return tf.tanh(self.parts["deconv_output"](x))


class Network:
    def __init__(self, size, channels, features):
        self.first, self.second = Body(features, True), Body(features, True)
        self.features = Body(features, False)
        self.decoder = Decoder(size, channels, features)
        self.classifier = layers.Dense(1)
        x = tf.zeros([2, size, size, channels])
        self.second(self.decoder(self.first(x)))
        self.classifier(tf.reduce_mean(self.features(x), [1, 2]))
        self.generator_adam = self.discriminator_adam = None

    def tensors(self):
        result = {}
        for prefix, parts in [("generator.encoder", self.first.parts), ("generator.decoder", self.decoder.parts),
                              ("encoder", self.second.parts), ("features", self.features.parts),
                              ("classifier", {"dense": self.classifier})]:
            for name, layer in parts.items():
                for variable in layer.variables:
                    result[f"{prefix}.{name}.{variable.path.split('/')[-1]}"] = variable
        return result

    def trainable(self, prefixes):
        return {name: v for name, v in self.tensors().items()
                if name.startswith(prefixes) and "moving_" not in name}

    def penalty(self, prefixes):
        return PENALTY * sum(tf.reduce_sum(tf.square(v)) for name, v in self.trainable(prefixes).items()
                             if name.endswith("kernel") and ".dense." not in name)

    def step(self, x):
        losses, gradients = {}, {}
        fake = self.decoder(self.first(x))
        both = tf.concat([x, fake], 0)
        labels = tf.concat([tf.zeros([x.shape[0], 1]), tf.ones([x.shape[0], 1])], 0)
        variables = self.trainable(("features.", "classifier."))
        with tf.GradientTape() as tape:
            pooled = tf.reduce_mean(self.features(both, training=True), [1, 2])
            losses["bce"] = tf.reduce_mean(keras.losses.binary_crossentropy(labels, tf.sigmoid(self.classifier(pooled))))
            losses["penalty_d"] = self.penalty(("features.",))
            total = losses["bce"] + losses["penalty_d"]
        gradients.update(zip(variables, tape.gradient(total, list(variables.values()))))
        self.features.move()
        self.discriminator_adam = self.apply(self.discriminator_adam, variables, gradients)

        variables = self.trainable(("generator.", "encoder."))
        with tf.GradientTape() as tape:
            z = self.first(x, training=True)
            y = self.decoder(z)
            again = self.second(y, training=True)
            fx, fy = self.features(x, training=True), self.features(y, training=True)
            losses["adversarial"] = tf.reduce_mean(tf.square(fx - tf.reduce_mean(fy, 0)))
            losses["contextual"] = tf.reduce_mean(tf.abs(x - y))
            losses["encoder"] = tf.reduce_mean(tf.square(z - again))
            losses["penalty_g"] = self.penalty(("generator.", "encoder."))
            total = (losses["adversarial"] + 20 * losses["contextual"] + losses["encoder"] + losses["penalty_g"])
        found = dict(zip(variables, tape.gradient(total, list(variables.values()))))
        gradients.update(found)
        self.first.move()
        self.second.move()
        self.generator_adam = self.apply(self.generator_adam, variables, found)
        order = ["adversarial", "contextual", "encoder", "penalty_g", "bce", "penalty_d"]
        values = np.array([losses[name] for name in order], np.float32)
        return values, gradients, {"reconstruction": y, "latent": z, "latent_own": again}

    @staticmethod
    def apply(adam, variables, gradients):
        if adam is None:
            adam = keras.optimizers.Adam(1e-3)
            adam.build(list(variables.values()))
        adam.apply([gradients[name] for name in variables], list(variables.values()))
        return adam

    def evaluation(self, x):
        z = self.first(x)
        y = self.decoder(z)
        features = self.features(x)
        again = self.first(y)
        return {"reconstruction": y, "latent": z, "latent_generator": again, "latent_own": self.second(y),
                "features": features, "score": tf.reduce_sum(tf.abs(z - again), 1),
                "prediction": tf.sigmoid(self.classifier(tf.reduce_mean(features, [1, 2])))[:, 0]}


def numbers(network, inputs):
    result = {f"initial.{name}": v.numpy().copy() for name, v in network.tensors().items()}
    result.update({f"eval.{name}": v.numpy() for name, v in network.evaluation(inputs[0]).items()})
    for index, x in enumerate(inputs):
        losses, gradients, outputs = network.step(tf.constant(x))
        result[f"input.{index}"] = x
        result[f"step{index}.losses"] = losses
        if index == 0:
            result.update({f"step0.grad.{name}": v.numpy() for name, v in gradients.items()})
            result.update({f"step0.{name}": v.numpy() for name, v in outputs.items()})
        if index in (0, 2):
            result.update({f"after{index}.{name}": v.numpy().copy() for name, v in network.tensors().items()})
    return result


def check(path):
    with safe_open(path, "numpy") as file:
        golden = {name: file.get_tensor(name) for name in file.keys()}
        metadata = file.metadata()
    network = Network(int(metadata["size"]), int(metadata["channels"]), int(metadata["features"]))
    for name, variable in network.tensors().items():
        variable.assign(golden[f"initial.{name}"])
    found = numbers(network, [golden[f"input.{index}"] for index in range(3)])
    if found.keys() != golden.keys():
        sys.exit(f"other tensors: {sorted(found.keys() ^ golden.keys())}")
    worst = {}
    for name, value in golden.items():
        difference = np.abs(found[name] - value).max() / max(np.abs(value).max(), 1e-30)
        kind = name.split(".")[0] + ("" if "grad" not in name else ".grad")
        worst[kind] = max(worst.get(kind, (0, "")), (float(difference), name))
    for kind, (difference, name) in sorted(worst.items()):
        print(f"{kind:12} {difference:.1e}  {name}")


def make(size, channels, features, batch, path):
    random = np.random.default_rng(1)
    network = Network(size, channels, features)
    for name, variable in network.tensors().items():
        if name.endswith("kernel"):
            limit = np.sqrt(6 / (np.prod(variable.shape[:-2]) * (variable.shape[-1] + variable.shape[-2])))
            value = random.uniform(-limit, limit, variable.shape)
        elif name.endswith(("gamma", "moving_variance")):
            value = random.uniform(0.5, 1.5, variable.shape)
        else:
            value = random.normal(0, 0.05, variable.shape)
        variable.assign(value.astype(np.float32))
    inputs = [random.uniform(-1, 1, (batch, size, size, channels)).astype(np.float32) for _ in range(3)]
    metadata = {"variant": "keras", "size": size, "channels": channels, "features": features, "batch": batch, "seed": 1,
                "keras": keras.__version__, "tensorflow": tf.__version__,
                "losses_order": "adversarial,contextual,encoder,penalty_g,bce,penalty_d"}
    save_file({k: np.ascontiguousarray(v, np.float32) for k, v in numbers(network, inputs).items()}, path,
              {key: str(value) for key, value in metadata.items()})


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        check(sys.argv[2])
    elif len(sys.argv) == 6:
        make(*map(int, sys.argv[1:5]), sys.argv[5])
    else:
        sys.exit(__doc__)
