"""MediaPipe's own hand-shape embedder, run on landmarks alone.

The model (``gesture_embedder.tflite`` out of Google's gesture recogniser, Apache-2.0) is a residual network of six
layers of 128 units. Its graph centres the 21 points on the palm and divides them by their larger picture range before
the first layer, so the embedding does not depend on place or size. The graph also declares inputs for handedness and
world landmarks but connects them to nothing: the picture's landmarks alone decide.

The file's graph takes one hand at a time. A recording has hundreds, so the same few layers are run here on all of them
at once, with the weights of the file: in half the time, and the same to 10⁻⁶ (the tests compare).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .resample import lengths, zero_for_nan

EMBEDDING_SIZE = 128
_PALM = (0, 1, 5, 9, 13, 17)
_LEAST_RANGE = np.float32(1e-5)
_AROUND = "dense_12/MatMul", "dense_12/BiasAdd/ReadVariableOp/resource"
_INTO, _OUT_OF = (
    (
        f"batch_normalization_{n}/batchnorm/mul_1",
        f"re_lu_{n}/Relu;model_4/batch_normalization_{n}/batchnorm/add_1",
    )
    for n in (10, 17)
)
_LAYERS = [(f"dense_{n}/MatMul", f"dense_{n}/BiasAdd/ReadVariableOp/resource") for n in range(13, 19)]
_GATES = [(f"batch_normalization_{n}/batchnorm/mul", f"batch_normalization_{n}/batchnorm/sub") for n in range(11, 17)]
"""The file's names of weights and biases: of the way around the first layer, into it, of each layer and of what comes
before each of the others, and of the way out."""


class HandshapeEmbedder:
    """Turns hand landmarks into unit vectors whose distance tells how unlike two hand shapes are.

    Raises ``ValueError`` for a file that is not this model and ``OSError`` where it cannot be read.
    """

    def __init__(self, model_path: Path) -> None:
        # Here, because sessions import the scorer's modules and embed nothing.
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_content=Path(model_path).read_bytes(), num_threads=1)
        interpreter.allocate_tensors()
        places = {detail["name"]: detail["index"] for detail in interpreter.get_tensor_details()}

        def pair(names: tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
            weights, biases = (interpreter.get_tensor(places[f"model_4/{name}"]) for name in names)
            return weights.T.copy(), biases.copy()

        try:
            self._around, self._into, self._out_of = pair(_AROUND), pair(_INTO), pair(_OUT_OF)
            self._layers, self._gates = [pair(names) for names in _LAYERS], [pair(names) for names in _GATES]
        except KeyError as missing:
            raise ValueError(f"{model_path} is not MediaPipe's gesture embedder: it has no {missing}") from None

    def embed(self, hands: np.ndarray) -> np.ndarray:
        """Unit vectors ``(N, 128)`` float32 of ``hands`` ``(N, 21, 3)``: x, y and z in one unit (aspect ratio
        undone), about 1 in size.

        A hand whose x or y is missing gives a row of zeros; a missing z counts as 0 (measured: it costs nothing).
        """
        vectors = np.zeros((len(hands), EMBEDDING_SIZE), np.float32)
        whole = np.isfinite(hands[:, :, :2]).all(axis=(1, 2))
        if whole.any():
            found = self._run(zero_for_nan(hands[whole]).astype(np.float32))
            vectors[whole] = found / np.maximum(lengths(found), np.float32(1e-9))[:, None]
        return vectors

    def _run(self, hands: np.ndarray) -> np.ndarray:
        """The network's output ``(N, 128)``."""
        points = hands - hands[:, _PALM].mean(axis=1, keepdims=True)
        extent = points[..., :2].max(axis=1) - points[..., :2].min(axis=1)
        points /= (extent.max(axis=1) + _LEAST_RANGE)[:, None, None]
        points = points.reshape(len(points), -1)
        state = _dense(points, self._around)
        inner = _rectified(_dense(points, self._into))
        for layer, (factors, offsets) in zip(self._layers, self._gates, strict=True):
            state += _dense(inner, layer)
            inner = state * factors
            inner += offsets
            _rectified(inner)
        return _rectified(_dense(inner, self._out_of))


def _dense(values: np.ndarray, layer: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    weights, biases = layer
    found = values @ weights
    found += biases
    return found


def _rectified(values: np.ndarray) -> np.ndarray:
    """ReLU, in place."""
    return np.maximum(values, np.float32(0.0), out=values)
