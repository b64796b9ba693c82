"""MediaPipe's own hand-shape embedder, run on landmarks alone.

The model (``gesture_embedder.tflite`` out of Google's gesture recogniser, Apache-2.0) is a residual network of six
layers of 128 units. Its graph centres the 21 points on the palm and divides them by their larger picture range before
the first layer, so the embedding does not depend on place or size. The graph also declares inputs for handedness and
world landmarks but connects them to nothing: the picture's landmarks alone decide.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from protocol.landmarks import COORDINATES, HAND_POINTS

from .resample import zero_for_nan

EMBEDDING_SIZE = 128
_HAND_INPUT = "hand"


class HandshapeEmbedder:
    """Turns hand landmarks into unit vectors whose distance tells how unlike two hand shapes are.

    Not thread-safe (one interpreter, one thread). Raises ``ValueError`` for a file that is not this model and
    ``OSError`` where it cannot be read.
    """

    def __init__(self, model_path: Path) -> None:
        content = Path(model_path).read_bytes()
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        inputs = {detail["name"]: detail for detail in self._interpreter.get_input_details()}
        output = self._interpreter.get_output_details()[0]
        expected = (1, HAND_POINTS, COORDINATES)
        if (
            _HAND_INPUT not in inputs
            or tuple(inputs[_HAND_INPUT]["shape"]) != expected
            or output["shape"][-1] != EMBEDDING_SIZE
        ):
            raise ValueError(f"{model_path} is not MediaPipe's gesture embedder")
        self._input = inputs[_HAND_INPUT]["index"]
        self._output = output["index"]

    def embed(self, hands: np.ndarray) -> np.ndarray:
        """Unit vectors ``(N, 128)`` float32 of ``hands`` ``(N, 21, 3)``: x, y and z in one unit (aspect ratio
        undone), about 1 in size.

        A hand whose x or y is missing gives a row of zeros; a missing z counts as 0 (measured: it costs nothing).
        """
        vectors = np.zeros((len(hands), EMBEDDING_SIZE), np.float32)
        whole = np.isfinite(hands[:, :, :2]).all(axis=(1, 2))
        points = zero_for_nan(hands).astype(np.float32)
        for index in np.flatnonzero(whole):
            self._interpreter.set_tensor(self._input, points[index : index + 1])
            self._interpreter.invoke()
            vectors[index] = self._interpreter.get_tensor(self._output)[0]
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(length, np.float32(1e-9))
