"""Module: a function with parameters, made of other Modules.

What belongs to a Module is kept in three dicts, `_parameters`, `_buffers` and `_modules`, in the order of assignment,
which is the order of `parameters()` and of the state dict. Its state goes in and out in state.py, hooks are in
hooks.py, and blame.py puts the layer's name into errors.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, Self, TypeVar

from ...autograd.node import recorders
from ...dtype import dtype, float16, float32, float64
from ...tensor import Tensor
from ...to_arguments import parse_to
from ..parameter import Buffer, Parameter
from .blame import blame
from .compile_options import check_compile_options
from .hooks import HookMethods, call_with_hooks
from .state import StateMethods

T = TypeVar("T")

if TYPE_CHECKING:
    P = ParamSpec("P")
    R = TypeVar("R", covariant=True)

    class _HasForward(Protocol[P, R]):
        """What a type checker sees in a module that is called: its own `forward`."""

        def forward(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


class Module(HookMethods, StateMethods):
    """Base class of everything in a network: subclass it, assign layers in `__init__`, define `forward`.

    Calling the module calls `forward`, with the hooks around it. An error inside names the layer it came from.

    Shapes: those of `forward`.
    Errors: TypeError for arguments of the constructor, and for parameters, buffers and children of another type;
    KeyError for a name that is empty or has a dot in it; AttributeError for an unknown name; NotImplementedError for a
    call without a `forward`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html

    >>> import minitorch as torch
    >>> class Net(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc = torch.nn.Linear(3, 2)
    ...     def forward(self, x):
    ...         return self.fc(x).relu()
    >>> net = Net()
    >>> net
    Net(
      (fc): Linear(in_features=3, out_features=2, bias=True)
    )
    >>> net(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Module | None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            name = type(self).__name__
            raise TypeError(f"{name}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'")
        if args:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
            )
        self.__dict__.update(training=True, _parameters={}, _buffers={}, _non_persistent_buffers_set=set(), _modules={})

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; every subclass defines its own."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    if TYPE_CHECKING:

        def __call__(self: _HasForward[P, R], *args: P.args, **kwargs: P.kwargs) -> R: ...

    else:

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            for recorder in recorders:
                recorder.saw_module(self)
            try:
                if self._hooks is None:
                    return self.forward(*args, **kwargs)
                return call_with_hooks(self, args, kwargs)
            except Exception as error:
                blame(error, self, args, kwargs)
                raise

    def _explain_failure(self, *args: Any, **kwargs: Any) -> str:
        """What would fix a forward that failed on these arguments, for the note on its error; empty if unknown."""
        return ""

    # ---- attributes ------------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Tensor | Module:  # asked only for what is not found in the ordinary way
        fields = self.__dict__
        if "_parameters" in fields:
            found = fields["_parameters"]
            if name in found:
                return found[name]
            found = fields["_modules"]
            if name in found:
                return found[name]
            found = fields["_buffers"]
            if name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)

    def _fetch(self, *names: str) -> list[Any]:
        """Own parameters and buffers by name. As attributes, by way of `__getattr__`, each takes ten times as long."""
        try:
            return [*map(self._parameters.__getitem__, names)]
        except KeyError:
            params, buffers = self._parameters, self._buffers
            return [
                params[name] if name in params else buffers[name] if name in buffers else getattr(self, name)
                for name in names
            ]

    def __setattr__(self, name: str, value: Any) -> None:
        fields = self.__dict__
        is_ready = "_parameters" in fields
        if isinstance(value, Parameter):
            if not is_ready:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, "_buffers", "_modules")
            self.register_parameter(name, value)
        elif is_ready and name in fields["_parameters"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if not is_ready:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, "_parameters", "_buffers")
            fields["_modules"][name] = value
        elif is_ready and name in fields["_modules"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            fields["_modules"][name] = value
        elif isinstance(value, Buffer) or (is_ready and name in fields["_buffers"]):
            if not (value is None or isinstance(value, Tensor)):
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            if isinstance(value, Buffer):
                persistent = value.persistent
            else:
                persistent = name not in self._non_persistent_buffers_set
            self.register_buffer(name, value, persistent)
        else:
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def _forget(self, name: str, *tables: str) -> None:
        """Take `name` out of where it was, since it is about to be assigned something of another kind."""
        fields = self.__dict__
        fields.pop(name, None)
        for table in tables:
            fields[table].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted(name for name in names if not name[0].isdigit())

    def _check_name(self, kind: str, name: str, table: dict[str, Any], got: str = "") -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."{got}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in table and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or the name of one that is not there (None), under `name`."""
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_name("parameter", name, self._parameters)
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{_typename(param)}' object to parameter '{name}' "
                    "(torch.nn.Parameter or None required)"
                )
            if param.grad_fn is not None:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                    f"explicitly. To express '{name}' as a function of another Tensor, compute the value in the "
                    "forward() method."
                )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is not trained but belongs to the state; ``persistent=False``: not to the state dict."""
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_name("buffer", name, self._buffers)
        if not (tensor is None or isinstance(tensor, Tensor)):
            raise TypeError(
                f"cannot assign '{_typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a child under `name`, as assigning it would."""
        self.add_module(name, module)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child under `name`, as assigning it would."""
        if not (module is None or isinstance(module, Module)):
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        self._check_name("module", name, self._modules, got=f", got: {name}")
        self._modules[name] = module

    # ---- what belongs to it ----------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Itself and all modules below, with their dotted names; a shared one once, unless ``remove_duplicate=False``.

        >>> import minitorch as torch
        >>> [name for name, _ in torch.nn.Sequential(torch.nn.ReLU()).named_modules()]
        ['', '0']
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """Itself and all modules below."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, each once, with their names."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly below, each once."""
        for _, module in self.named_children():
            yield module

    def _named_members(
        self, table: Callable[[Module], dict[str, T | None]], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, T]]:
        seen = set()
        within = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in within:
            for name, member in table(module).items():
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield f"{path}.{name}" if path else name, member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Parameters with their dotted names; with ``recurse=False`` its own only."""
        return self._named_members(lambda module: module._parameters, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once: what an optimizer is given.

        >>> import minitorch as torch
        >>> sum(p.numel() for p in torch.nn.Linear(3, 2).parameters())
        8
        """
        for _, param in self.named_parameters(recurse=recurse):
            yield param

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Buffers with their dotted names; with ``recurse=False`` its own only."""
        return self._named_members(lambda module: module._buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module of that dotted name, such as ``'features.0'``; AttributeError if there is none."""
        module: Any = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put `module` under that dotted name; with `strict` there must be one already."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if not hasattr(parent, name):
            if strict:
                raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        elif not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of that dotted name; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        param = getattr(module, name)
        if not isinstance(param, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return param

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of that dotted name; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return getattr(module, name)

    # ---- changing all of it ----------------------------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` on all modules below, then on itself: the usual way to initialise weights."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace the data of every parameter (the Parameter itself stays) and its gradient, and every buffer."""
        if recurse:
            for module in self.children():
                module._apply(fn, recurse)
        for param in self._parameters.values():
            if param is not None:
                grad = param.grad
                param.data = fn(param.data)
                if grad is not None:
                    grad.data = fn(grad.data)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """``to(device)``, ``to(dtype)``, ``to(device, dtype)`` or ``to(tensor)``, in place; returns itself.

        A dtype must be floating (TypeError otherwise) and leaves integer buffers alone.

        >>> import minitorch as torch
        >>> torch.nn.Linear(1, 1).to(torch.float64).weight.dtype
        torch.float64
        """
        place, kind, copy, non_blocking = parse_to(args, kwargs)
        if copy:
            raise RuntimeError(".to() does not accept copy argument")
        if kind is not None and not kind.is_floating_point:
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={kind}")

        def convert(t: Tensor) -> Tensor:
            return t.to(place, kind if t.is_floating_point() else None, non_blocking)

        return self._apply(convert)

    def _to_floating(self, kind: dtype) -> Self:
        return self._apply(lambda t: t.to(kind) if t.is_floating_point() else t)

    def float(self) -> Self:
        """Floating parameters and buffers to float32."""
        return self._to_floating(float32)

    def double(self) -> Self:
        """Floating parameters and buffers to float64."""
        return self._to_floating(float64)

    def half(self) -> Self:
        """Floating parameters and buffers to float16."""
        return self._to_floating(float16)

    def bfloat16(self) -> Self:
        """Not supported: NumPy has no bfloat16."""
        raise NotImplementedError("bfloat16 is not supported: NumPy and CuPy have no such dtype")

    def type(self, dst_type: Any) -> Self:
        """All parameters and buffers to `dst_type`, a dtype or a tensor type as `Tensor.type` takes it."""
        return self._apply(lambda t: t.type(dst_type))

    def cuda(self, device: Any = None) -> Self:
        """All parameters and buffers to a GPU."""
        return self._apply(lambda t: t.cuda(device))

    def cpu(self) -> Self:
        """All parameters and buffers to the CPU."""
        return self._apply(lambda t: t.cpu())

    def share_memory(self) -> Self:
        """Parameters and buffers into memory that processes forked off afterwards share: see `Tensor.share_memory_`."""
        from ...multiprocessing.memory import share

        share(*(t for t in (*self.parameters(), *self.buffers()) if not t.is_cuda))
        return self

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """All parameters and buffers to `device`, their values not set."""
        return self._apply(lambda t: t.new_empty(t.shape, device=device), recurse)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing, but for errors where the options are none: there is no compiler here, see `minitorch.compile`."""
        check_compile_options(*args, **kwargs)

    def train(self, mode: bool = True) -> Self:
        """Training behaviour (dropout drops, batch norm uses the batch) for itself and all below; False: `eval`."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Evaluation behaviour: ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set `requires_grad` of all parameters: False freezes the module."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or with ``set_to_none=False`` fill them with zeros."""
        for param in self.parameters():
            if param.grad is None:
                continue
            if set_to_none:
                param.grad = None
                continue
            if param.grad.grad_fn is not None:
                param.grad.detach_()
            param.grad.requires_grad_(False)
            param.grad.zero_()

    # ---- what it looks like ----------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What `repr` shows between the parentheses; overridden by layers."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = [f"({name}): {_indent(repr(module))}" for name, module in self._modules.items()]
        if child_lines or len(extra_lines) > 1:
            return f"{self._get_name()}(\n  " + "\n  ".join(extra_lines + child_lines) + "\n)"
        return f"{self._get_name()}({extra})"


def _indent(text: str) -> str:
    """All lines but the first, two spaces in."""
    return text.replace("\n", "\n  ")


def _typename(value: Any) -> str:
    """The name of a value's type as PyTorch's messages spell it."""
    if isinstance(value, Tensor):
        return value.type()
    kind = type(value)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    package, dot, rest = kind.__module__.partition(".")
    return f"{'torch' if package == 'minitorch' else package}{dot}{rest}.{kind.__qualname__}"
