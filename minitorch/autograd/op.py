"""Op: one differentiable operation, forward and backward side by side.

    class Mul(Op):
        '''z = x·y;  ∂z/∂x = y, ∂z/∂y = x.'''

        def forward(self, x, y):
            self.save(x, y)
            return x * y

        def backward(self, g):
            x, y = self.saved
            return g * y, g * x

Parameters go to ``__init__``, arrays to ``forward``, gradients to ``backward``. Calling ``Mul()(a, b)`` with Tensors
computes and records; with plain arrays it just computes. That is why ``backward`` is written once: in an ordinary walk
``g`` and ``self.saved`` are arrays, and with ``create_graph=True`` the same lines run on Tensors and are themselves
recorded, which is all that second derivatives need. So a backward uses operators, methods that arrays and Tensors
share, and the functions of `minitorch.ops`; never NumPy's functions.

A backward may return a gradient of the broadcast shape or of another floating dtype: the engine brings it to the shape
and dtype of the input (see engine.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numpy import asarray, generic

from ..device import explain_devices
from ..tensor import Tensor, wrap
from .grad_mode import mode
from .node import Edge, Node, Saved, pack_hooks, recorders
from .quiet import SILENT, setting


def edge_of(t: Tensor) -> Edge | None:
    """Where a gradient for `t` is to be delivered."""
    node = t._grad_fn if t._base is None else t.grad_fn
    if node is not None:
        return node, t._output_nr
    return (t, 0) if t._requires_grad and not t._is_cut else None


def _packed(*what: Any) -> Saved:
    from .saving import PackedSaved  # needs this module

    return PackedSaved(*what).pack()


# What belongs to a node as it was recorded once, and not to the operation.
OF_ONE_RECORDING = (
    "edges", "outputs", "sequence_nr", "_saved", "tensor_hooks", "retained", "_hooks", "_prehooks", "forward_stack",
    "forward_parent", "made_nan",
)  # fmt: skip


class Op(Node):
    """Base class of the engine's own operations; see the head of this file.

    Shapes: arrays of any shapes; backward may return a gradient of the broadcast shape, which the engine sums to the
    input's.
    Errors: none of its own; those of `forward`.

    Source: this project's own.

    >>> import minitorch as torch
    >>> class Double(torch.autograd.Op):
    ...     def forward(self, x):
    ...         return 2 * x
    ...     def backward(self, g):
    ...         return 2 * g
    >>> Double()(torch.tensor([1., 2.], requires_grad=True))
    tensor([2., 4.], grad_fn=<DoubleBackward0>)
    """

    is_view: ClassVar[bool] = False  # the output shares memory with the first input
    _saved: Any = ()

    def __init_subclass__(cls, label: str | None = None, **kwargs: Any) -> None:
        # The class is what `grad_fn` shows, so it goes under the name PyTorch prints: MulBackward0 for Mul.
        super().__init_subclass__(**kwargs)
        kind: Any = cls
        kind.__name__ = label or cls.__name__ + "Backward0"

    # `**_`: to a type checker, a subclass may then list arguments of its own.
    def forward(self, *arrays: Any, **_: Any) -> Any:
        """Arrays (or Python numbers) in; an array, or a tuple of arrays, out."""
        raise NotImplementedError

    def backward(self, *gradients: Any, **_: Any) -> Any:
        """The outputs' gradients in (None where nothing arrived, if there are several); one per input out."""
        raise NotImplementedError(f"the derivative of {self.name()} is not implemented")

    def save(self, *arrays: Any) -> None:
        """Keep inputs or outputs (or masks and indices) for backward."""
        self._saved = arrays

    def __call__(self, *inputs: Any) -> Any:
        is_recording, is_recorded = mode.enabled, False
        first = None  # the first Tensor
        arrays: list[Any] = []
        edges: list[Edge | None] = []
        for x in inputs:
            edge = None
            if isinstance(x, Tensor):
                if first is None:
                    first = x
                arrays.append(x._array)
                if is_recording:
                    if x._base is not None:
                        x._refresh_view()
                    if x._requires_grad:
                        is_recorded = True
                        edge = edge_of(x) if x._grad_fn is None else (x._grad_fn, x._output_nr)
            else:
                arrays.append(x)
            edges.append(edge)
        self.needs: Sequence[Any] = edges
        if first is None:
            return self.forward(*arrays)

        for recorder in recorders:
            recorder.saw_operation(self.name(), inputs)
        before = setting.set(SILENT)
        try:
            result = self.forward(*arrays)
        except Exception as error:
            explain_devices(self.name(), arrays, error)
            raise
        finally:
            setting.reset(before)
        is_several = type(result) is tuple
        if is_several:
            outputs = [wrap(array) for array in result]
        else:
            if isinstance(result, generic):  # NumPy turns 0-d arrays into scalars
                scalar, result = result, asarray(result)
                self._saved = tuple([result if array is scalar else array for array in self._saved])
            outputs = [wrap(result)]

        if self.is_view:
            for nr, out in enumerate(outputs):
                out._make_view_of(first, self, nr, is_several)
        if is_recorded:
            self.edges: Sequence[Edge | None] = edges
            self.record(inputs, arrays, outputs)
        else:
            self._saved = ()
        return tuple(outputs) if is_several else outputs[0]

    def record(self, inputs: Sequence[Any], arrays: Sequence[Any], outputs: Sequence[Tensor]) -> None:
        """Hang this node, which has its edges, into the graph: let the outputs point back here, and note what is saved.

        `arrays` are the arrays of the inputs.
        """
        self.stamp(outputs)
        expected: list[Any] = []
        self.outputs = expected
        for out in outputs:
            dtype = out._array.dtype
            if dtype.kind == "f":  # integers and booleans have no gradient
                out._grad_fn = self
                out._output_nr = len(expected)
                out._requires_grad = True
            expected.append((out._array.shape, dtype))
        if self._saved:
            self._saved = (_packed if pack_hooks else Saved)(self._saved, inputs, arrays, outputs)

    @property
    def saved(self) -> tuple[Any, ...]:
        """What `save` kept: arrays, or Tensors when this backward is itself being recorded."""
        kept = self._saved
        if not isinstance(kept, Saved):
            return kept
        kept.check(self)
        if type(kept) is Saved:
            if not self.recording:
                return kept.arrays
            return tuple([self._as_tensor(*pair) for pair in zip(kept.arrays, kept.sources, strict=True)])
        values = kept.tensors(self)  # type: ignore[attr-defined]  # PackedSaved: it went through the user's hooks
        if self.recording:
            return tuple([self._as_tensor(x, None) if not isinstance(x, Tensor) else x for x in values])
        return tuple([x._array if isinstance(x, Tensor) else x for x in values])

    def _as_tensor(self, array: Any, source: Any) -> Any:
        if source is None:
            if getattr(array, "dtype", None) is not None and array.dtype.kind == "f":
                # Neither an input nor an output: as a constant it would give a wrong second derivative silently.
                raise RuntimeError(f"{self.name()} saved an intermediate array and cannot be differentiated twice")
            return wrap(array) if hasattr(array, "dtype") else array
        owner, counter, _ = source
        if isinstance(owner, int):
            out = wrap(array)
            out._counter = counter
            out._grad_fn, out._output_nr, out._requires_grad = self, owner, True
            return out
        return owner

    def run(self, gradients: list[Any], create_graph: bool) -> tuple[Any, ...]:
        if create_graph:
            self.recording: bool = True
            try:
                result = self.backward(*gradients)
            finally:
                self.recording = False
        else:
            result = self.backward(*gradients)
        return result if type(result) is tuple else (result,)

    def release(self) -> None:
        if isinstance(self._saved, Saved):
            self._saved.release()

    def replay(self, x: Any) -> Any:
        """The same operation with the same parameters on another input, as a node of its own."""
        fresh = object.__new__(type(self))
        fresh.__dict__.update(self.__dict__)
        for name in OF_ONE_RECORDING:
            fresh.__dict__.pop(name, None)
        return fresh(x)
