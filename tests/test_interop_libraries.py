"""pandas, matplotlib, scikit-learn and Pillow take tensors, as they take PyTorch's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from snippets import both_raise, described, programs, same

import minitorch

pd = pytest.importorskip("pandas")

SAME = programs("""
pd.Series(torch.ones(2)).to_numpy(), pd.Series(torch.arange(3)).sum()

df = pd.DataFrame({"a": torch.ones(2), "b": torch.arange(2), "c": torch.tensor([True, False])})
df["d"] = torch.zeros(2)
df.loc[:, "e"] = torch.arange(2)
df.to_numpy(dtype="float64"), [str(kind) for kind in df.dtypes], list(df.columns)

pd.DataFrame(torch.ones(2, 3)).to_numpy()

pd.Series(torch.ones(2, requires_grad=True))

pd.DataFrame({"a": torch.ones(2, requires_grad=True)})

pd.DataFrame({"a": torch.ones(2, 2)})

pd.Series([5, 6, 7]).iloc[torch.tensor(1)], pd.Series([5, 6, 7])[pd.Series([1, 2, 3]).isin(torch.tensor([1]))].tolist()

torch.tensor(pd.Series([1., 2.])), torch.as_tensor(pd.Series([1., 2.])), torch.asarray(pd.Series([1., 2.]))

torch.tensor(pd.Series([1, 2])), torch.tensor(pd.Series([True, False])), torch.tensor(pd.DataFrame({"a": [1.]}).values)

torch.tensor(pd.Series([1., 2.]), dtype=torch.float32), torch.tensor(pd.Series(["a"]).to_list())
""")


@pytest.mark.parametrize("program", SAME)
def test_pandas_as_pytorch(program: str) -> None:
    same(program, pd=pd)


def test_more_of_pandas_than_pytorch_takes() -> None:
    """A Series with an index of its own, and a DataFrame, are arrays here; there they are an error."""
    assert described(minitorch.tensor(pd.Series([1, 2], index=[5, 6])))[-1] == [1, 2]
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert described(minitorch.tensor(frame))[1:] == ("torch.float64", (2, 2), False, [[1.0, 3.0], [2.0, 4.0]])
    t = minitorch.as_tensor(frame["a"])
    t[0] = 9
    assert frame["a"][0] == 1, "pandas' columns are not written to behind its back"
    with pytest.raises(TypeError, match="object"):
        minitorch.tensor(pd.DataFrame({"a": [1], "b": ["x"]}))


def test_matplotlib() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    x, image = minitorch.linspace(0, 1, 5), minitorch.rand(4, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure, axes = plt.subplots(2, 4)
        (line,) = axes[0, 0].plot(x, x**2)
        points = axes[0, 1].scatter(x, x, c=x)
        shown = axes[0, 2].imshow(image)
        counts, edges, _ = axes[0, 3].hist(x, bins=2)
        axes[1, 0].bar(minitorch.arange(3), minitorch.tensor([1.0, 2.0, 3.0]))
        axes[1, 1].errorbar(x, x, yerr=x)
        axes[1, 2].fill_between(x, x, x + 1)
        axes[1, 3].contourf(image)
        axes[0, 0].axhline(x[2])
        axes[0, 0].set_xlim(x[0], x[-1])
        axes[0, 0].set_title(f"loss {x[1]:.2f}")
        figure.canvas.draw()
    try:
        assert np.allclose(line.get_ydata(), x.numpy() ** 2) and np.allclose(shown.get_array(), image.numpy())
        assert np.allclose(points.get_offsets()[:, 0], x.numpy()) and counts.sum() == 5 and len(edges) == 3
        for name in ("plot", "hist"):
            both_raise(f"axes.{name}(torch.ones(3, requires_grad=True))", RuntimeError, "Use tensor.detach()", axes=axes[0, 0])
        for program in ("axes.scatter(t, t)", "axes.imshow(torch.ones(2, 2, requires_grad=True))"):
            program = f"t = torch.ones(3, requires_grad=True)\n{program}"
            both_raise(program, RuntimeError, "Use tensor.detach()", axes=axes[0, 0])
    finally:
        plt.close(figure)


def test_scikit_learn() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    metrics = pytest.importorskip("sklearn.metrics")
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    minitorch.manual_seed(0)
    x = minitorch.randn(60, 3)
    y = (x[:, 0] > 0).long()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = linear_model.LogisticRegression().fit(x, y)
        guess = minitorch.from_numpy(model.predict(x))
        assert metrics.accuracy_score(y, guess) > 0.9 and metrics.confusion_matrix(y, guess).sum() == 60
        assert metrics.roc_auc_score(y, minitorch.sigmoid(x[:, 0])) == 1
        scaled = minitorch.from_numpy(StandardScaler().fit_transform(x))
        parts = train_test_split(x, y, test_size=0.5, random_state=0)
    assert abs(scaled.mean().item()) < 1e-6 and scaled.shape == x.shape
    assert [len(part) for part in parts] == [30, 30, 30, 30]
    with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\)"):
        linear_model.LogisticRegression().fit(x.requires_grad_(), y)


def test_pillow() -> None:
    image_module = pytest.importorskip("PIL.Image")
    t = minitorch.arange(12, dtype=minitorch.uint8).reshape(3, 4)
    image = image_module.fromarray(np.asarray(t))
    assert image.size == (4, 3) and np.array_equal(np.asarray(image), t)
    again = minitorch.tensor(np.asarray(image))
    assert again.dtype is minitorch.uint8 and again.tolist() == t.tolist()
    assert minitorch.tensor(image).tolist() == minitorch.as_tensor(image).tolist() == t.tolist()
    again += 1  # a copy, which may be written to


def test_tqdm_counts_a_tensor() -> None:
    tqdm = pytest.importorskip("tqdm")
    import io

    bar = tqdm.tqdm(minitorch.arange(4), file=io.StringIO())
    assert bar.total == 4 and [int(x) for x in bar] == [0, 1, 2, 3]
    bar.set_postfix(loss=minitorch.tensor(0.5))
    bar.close()
