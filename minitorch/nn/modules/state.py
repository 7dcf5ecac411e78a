"""A module's state: its parameters and persistent buffers under dotted names, out and in again.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ...autograd.grad_mode import no_grad
from ...autograd.node import RemovableHandle
from ...tensor import Tensor
from ..parameter import Parameter, is_lazy

if TYPE_CHECKING:
    from .module import Module

EXTRA_STATE = "_extra_state"
_PENDING = "minitorch_pending_copies"


class _IncompatibleKeys(NamedTuple):
    """What `load_state_dict` returns: the keys it lacked, and those it had no use for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"{type(self).__name__}(missing_keys={self.missing_keys!r}, unexpected_keys={self.unexpected_keys!r})"

    def __str__(self) -> str:
        return repr(self)


class StateMethods:
    """The part of `Module` that writes and reads state dicts."""

    _version: int = 1
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Module | None]
    _state_hooks: dict[str, OrderedDict[int, Callable[..., Any]]] | None = None

    def get_extra_state(self) -> Any:
        """What a subclass wants saved beside its tensors; stored under ``_extra_state``. Overridden by the subclass."""
        raise RuntimeError(f"{type(self).__name__} defines no get_extra_state")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` gave. Overridden by the subclass."""
        raise RuntimeError(f"{type(self).__name__} defines no set_extra_state")

    # ---- out -------------------------------------------------------------------------------------------------------

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """Parameters and persistent buffers by name, its own first, then its children's; they share memory.

        Detached unless `keep_vars`. The result is an OrderedDict whose `_metadata` holds each module's version.

        >>> import minitorch as torch
        >>> list(torch.nn.Sequential(torch.nn.Linear(2, 1)).state_dict())
        ['0.weight', '0.bias']
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            given = dict(zip(("destination", "prefix", "keep_vars"), args, strict=False))
            destination = given["destination"] if destination is None else destination
            prefix, keep_vars = prefix or given.get("prefix", ""), keep_vars or given.get("keep_vars", False)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata

        for hook in self._hooks_of("state_dict_pre"):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=prefix + name + ".", keep_vars=keep_vars)
        for hook in self._hooks_of("state_dict"):
            answer = hook(self, destination, prefix, local_metadata)
            if answer is not None:
                if getattr(hook, "_from_public_api", False):
                    raise RuntimeError("state_dict post-hook must return None")
                destination = answer
        return destination

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Write this module's own state (not its children's) into `destination`; subclasses may override it."""
        for name, tensor in self._own_state():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not StateMethods.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def _own_state(self) -> Iterator[tuple[str, Tensor]]:
        for name, param in self._parameters.items():
            if param is not None:
                yield name, param
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers_set:
                yield name, buffer

    # ---- in --------------------------------------------------------------------------------------------------------

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy the tensors of `state_dict` into this module and its children.

        RuntimeError, listing everything that does not fit, for missing or unexpected keys (unless `strict` is
        False) and for other shapes (always). All is checked before anything is copied, so after an error the module
        is as it was; PyTorch has copied what fits by then. `assign=True` puts the given tensors themselves in place
        of the module's. Returns the missing and the unexpected keys.

        >>> import minitorch as torch
        >>> net, twin = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
        >>> twin.load_state_dict(net.state_dict())
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []
        pending: list[Callable[[list[str]], None]] = []
        metadata = getattr(state_dict, "_metadata", None)
        state: Any = OrderedDict(state_dict)  # a copy: hooks may change it
        if metadata is not None:
            state._metadata = metadata
        visited: list[Module] = []  # children before their parents

        def check(module: Module, state: Any, prefix: str) -> None:
            local_metadata = dict({} if metadata is None else metadata.get(prefix[:-1], {}))
            if assign:
                local_metadata["assign_to_params_buffers"] = assign
            local_metadata[_PENDING] = pending
            module._load_from_state_dict(state, prefix, local_metadata, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    below = prefix + name + "."
                    check(child, OrderedDict((k, v) for k, v in state.items() if k.startswith(below)), below)
            visited.append(module)

        check(cast("Module", self), state, "")
        hooked = [module for module in visited if module._hooks_of("load_state_dict_post")]
        incompatible = _IncompatibleKeys(missing, unexpected)
        # Post-hooks may strike keys off the lists, so with them the verdict on keys must wait.
        if not errors and not (strict and not hooked and (missing or unexpected)):
            for copy in pending:
                copy(errors)
            for module in hooked:
                for hook in module._hooks_of("load_state_dict_post"):
                    if hook(module, incompatible) is not None:
                        raise AssertionError(
                            "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return "
                            "new values, if incompatible_keys need to be modified, it should be done inplace."
                        )
        if strict and unexpected:
            errors.insert(0, f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
        if strict and missing:
            errors.insert(0, f"Missing key(s) in state_dict: {_quoted(missing)}. ")
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return incompatible

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Take this module's own state (not its children's) from `state_dict`; subclasses may override it.

        Keys and shapes are checked here; called from `load_state_dict`, the copying is put off until all are.
        """
        for hook in self._hooks_of("load_state_dict_pre"):
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        pending = local_metadata.get(_PENDING)
        assign = local_metadata.get("assign_to_params_buffers", False)
        own = dict(self._own_state())
        for name, target in own.items():
            key = prefix + name
            if key not in state_dict:
                if strict:
                    missing_keys.append(key)
                continue
            source = state_dict[key]
            if not isinstance(source, Tensor):
                error_msgs.append(
                    f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                    f"checkpoint but received {type(source)}"
                )
                continue
            if is_lazy(target) and is_lazy(source):
                continue  # neither has values yet
            if target.dim() == 0 and tuple(source.shape) == (1,):  # as scalars were saved long ago
                source = source[0]
            if source.shape != target.shape:
                error_msgs.append(
                    f"size mismatch for {key}: copying a param with shape {source.shape} from checkpoint, "
                    f"the shape in current model is {target.shape}."
                )
                continue
            copy = _Copy(cast("Module", self), name, key, target, source, assign)
            if pending is None:
                copy(error_msgs)
            else:
                pending.append(copy)

        extra = prefix + EXTRA_STATE
        if type(self).set_extra_state is not StateMethods.set_extra_state:
            if extra in state_dict:
                value = state_dict[extra]
                if pending is None:
                    self.set_extra_state(value)
                else:
                    pending.append(lambda errors: self.set_extra_state(value))
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)

        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra:
                    first, dot, _ = key[len(prefix) :].partition(".")
                    if first not in (self._modules if dot else own):
                        unexpected_keys.append(key)

    # ---- hooks -----------------------------------------------------------------------------------------------------

    def _hooks_of(self, kind: str) -> list[Callable[..., Any]]:
        if self._state_hooks is None:
            return []
        return list(self._state_hooks.get(kind, {}).values())

    def _add_state_hook(self, kind: str, hook: Callable[..., Any]) -> RemovableHandle:
        if self._state_hooks is None:
            self._state_hooks = {}
        return RemovableHandle(self._state_hooks.setdefault(kind, OrderedDict()), hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before `state_dict` reads this module."""
        return self._add_state_hook("state_dict_pre", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)``, which may change `state_dict` in place."""
        hook._from_public_api = True  # type: ignore[attr-defined]  # functions take it
        return self._add_state_hook("state_dict", hook)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The older form of `register_state_dict_post_hook`: the hook may also return another dict."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return self._add_state_hook("state_dict", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs)`` before this module takes its part of a state dict."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        if with_module:
            return self._add_state_hook("load_state_dict_pre", _WithModule(hook, cast("Module", self)))
        return self._add_state_hook("load_state_dict_pre", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after loading; it may strike keys off the two lists."""
        return self._add_state_hook("load_state_dict_post", hook)


class _WithModule:
    """A hook together with the module to give it first (an object, so that copies of a module copy it along)."""

    def __init__(self, hook: Callable[..., Any], module: Module) -> None:
        self.hook = hook
        self.module = module

    def __call__(self, *args: Any) -> Any:
        return self.hook(self.module, *args)


class _Copy:
    """One checked assignment of `load_state_dict`, to be carried out."""

    def __init__(self, module: Module, name: str, key: str, target: Tensor, source: Tensor, assign: bool) -> None:
        self.module, self.name, self.key, self.target, self.source, self.assign = (
            module,
            name,
            key,
            target,
            source,
            assign,
        )

    def __call__(self, errors: list[str]) -> None:
        try:
            with no_grad():
                if self.assign:
                    setattr(self.module, self.name, self._to_assign())
                else:
                    self.target.copy_(self.source)
        except Exception as error:
            errors.append(
                f'While copying the parameter named "{self.key}", whose dimensions in the model are '
                f"{self.target.size()} and whose dimensions in the checkpoint are {self.source.size()}, an exception "
                f"occurred : {error.args}."
            )

    def _to_assign(self) -> Tensor:
        if not isinstance(self.target, Parameter):
            return self.source
        if isinstance(self.source, Parameter):
            return self.source.requires_grad_(self.target.requires_grad)
        return Parameter(self.source, requires_grad=self.target.requires_grad)


def _quoted(keys: list[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)
