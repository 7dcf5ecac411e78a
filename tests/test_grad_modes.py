"""no_grad, enable_grad, set_grad_enabled and inference_mode: as contexts, decorators and functions, nested, failing."""

from __future__ import annotations

import threading

from twins import raised, twin


@twin
def test_modes_as_contexts(torch):
    x = torch.ones(2, requires_grad=True)
    seen = []

    def look():
        seen.append((torch.is_grad_enabled(), (x * 2).requires_grad))

    look()
    with torch.no_grad():
        look()
        with torch.enable_grad():
            look()
            with torch.no_grad():
                look()
            look()
        look()
    look()
    with torch.set_grad_enabled(False):
        look()
        with torch.set_grad_enabled(True):
            look()
        look()
    look()
    with torch.inference_mode():
        look()
        seen.append(torch.is_inference_mode_enabled())
    look()
    with torch.inference_mode(False):
        look()
    return seen


@twin
def test_modes_as_decorators(torch):
    x = torch.ones(2, requires_grad=True)

    @torch.no_grad()
    def quiet(a, b=1):
        """Documented."""
        return (x * a * b).requires_grad, torch.is_grad_enabled()

    @torch.no_grad
    def bare(a):
        return (x * a).requires_grad

    @torch.enable_grad()
    def loud():
        return (x * 2).requires_grad

    @torch.set_grad_enabled(False)
    def off():
        return (x * 2).requires_grad

    @torch.inference_mode()
    def inferring():
        return (x * 2).requires_grad, torch.is_inference_mode_enabled()

    with torch.no_grad():
        inside = loud()
    return (
        quiet(2, b=3),
        quiet(2),
        bare(2),
        loud(),
        inside,
        off(),
        inferring(),
        torch.is_grad_enabled(),
        quiet.__name__,
        quiet.__doc__,
    )


@twin
def test_mode_as_function(torch):
    seen = [torch.is_grad_enabled()]
    torch.set_grad_enabled(False)
    seen.append(torch.is_grad_enabled())
    torch.set_grad_enabled(True)
    seen.append(torch.is_grad_enabled())
    return seen


@twin
def test_modes_survive_exceptions(torch):
    seen = []
    for mode in (torch.no_grad, torch.inference_mode, lambda: torch.set_grad_enabled(False)):
        try:
            with mode():
                raise KeyError("inside")
        except KeyError:
            seen.append((torch.is_grad_enabled(), torch.is_inference_mode_enabled()))

    @torch.no_grad()
    def fails():
        raise KeyError("inside")

    seen.append((raised(fails), torch.is_grad_enabled()))
    return seen


@twin
def test_one_mode_object_entered_twice(torch):
    mode = torch.no_grad()
    seen = []
    with mode:
        seen.append(torch.is_grad_enabled())
    seen.append(torch.is_grad_enabled())
    with mode:
        seen.append(torch.is_grad_enabled())
    return seen, torch.is_grad_enabled()


@twin
def test_a_generator_under_no_grad(torch):
    @torch.no_grad()
    def numbers():
        yield torch.is_grad_enabled()
        yield torch.is_grad_enabled()

    seen = []
    for inside in numbers():
        seen.append((inside, torch.is_grad_enabled()))
    return seen


@twin
def test_modes_belong_to_threads(torch):
    seen = []
    with torch.no_grad():
        other = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        other.start()
        other.join()
        seen.append(torch.is_grad_enabled())
    return seen


@twin
def test_no_grad_results_are_leaves(torch):
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        y = x * 2
        z = torch.ones(2, requires_grad=True)
    return y.requires_grad, y.is_leaf, z.requires_grad, (z * 2).requires_grad
