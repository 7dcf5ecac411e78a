"""torchvision beside a CPU-only PyTorch.

PyPI's torchvision wheel is built for the CUDA build of PyTorch. Beside the CPU build its compiled operators can't be
loaded, and its import stops where it registers shapes for two operators that then don't exist. Declaring their names is
enough: transforms, datasets and make_grid use none of the compiled operators.
"""

from types import ModuleType

_kept = []  # a Library object takes its definitions with it when it is freed

SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def import_torchvision() -> ModuleType:
    """The module torchvision, imported with or without its compiled operators."""
    import torch

    try:
        import torchvision
    except RuntimeError as error:
        if "does not exist" not in str(error):
            raise
        library = torch.library.Library("torchvision", "DEF")
        for name, schema in SCHEMAS.items():
            if not hasattr(torch.ops.torchvision, name):
                library.define(schema)
        _kept.append(library)
        import torchvision
    import torchvision.datasets  # noqa: F401
    import torchvision.transforms.functional  # noqa: F401

    return torchvision
