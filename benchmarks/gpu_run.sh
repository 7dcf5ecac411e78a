#!/usr/bin/env bash
# Everything that needs a card, in one run of seven minutes, twelve at most: tests, comparisons, the benchmark.
#
#   python benchmarks/pack_data.py DATA        once, where the data sets are; writes packed/
#   OUT=results bash benchmarks/gpu_run.sh     on the machine with the card, in a checkout
#
# Needs Python 3.11 or newer as $PYTHON (default python3) with NumPy, PyTorch for CUDA, CuPy and pytest; torchvision,
# scikit-learn, pandas and matplotlib for the programs. Nothing is installed or fetched. Each step has a time limit of
# its own, and one that fails or hangs does not keep the others: the exit status is 1 if any did. Into $OUT go
# seven files: summary.txt (what each step came to), log.txt (all output), ops.xml and training.xml (JUnit),
# compare.json, bench.json, bench.md.
# Where there is no card, summary.txt says why, nothing is run, and the exit status is 0.
# DEVICE=cpu goes through the same steps without a card, with little work in each, which tests this script.
set -u
cd "$(dirname "$0")/.." || exit 2
PYTHON=${PYTHON:-python3}
DEVICE=${DEVICE:-cuda}
OUT=${OUT:-out/gpu}
mkdir -p "$OUT" && OUT=$(cd "$OUT" && pwd) || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
export CUPY_CACHE_DIR="$work/kernels" OMP_NUM_THREADS=${OMP_NUM_THREADS:-4}
unset CUPY_TF32 NVIDIA_TF32_OVERRIDE
: >"$OUT/summary.txt" >"$OUT/log.txt"
failed=0

# step NAME SECONDS COMMAND…: run it within its time, keep its output and how it ended, with its last line. It is stopped
# as by Ctrl-C, upon which pytest, compare and bench tell what they have until then; 8 seconds later by force.
step() {
    local name=$1 limit=$2 begun=$SECONDS status
    shift 2
    printf '\n==== %s\n' "$name" >>"$OUT/log.txt"
    timeout --signal=INT --kill-after=8 "$limit" "$@" >"$work/output" 2>&1
    status=$?
    cat "$work/output" >>"$OUT/log.txt"
    [ $status -eq 0 ] || failed=1
    [ $status -ne 124 ] && [ $status -ne 137 ] || echo "stopped after its $limit s" >>"$work/output"
    printf '%-22s status %-3s %4s s  %s\n' "$name" $status $((SECONDS - begun)) \
        "$(grep -v '^ *$' "$work/output" | tail -1 | cut -c1-300)" | tee -a "$OUT/summary.txt"
}

cat >"$work/versions.py" <<'PY'
import platform, sys, numpy, torch, minitorch
print("Python", platform.python_version(), "NumPy", numpy.__version__, "PyTorch", torch.__version__, torch.version.cuda)
if "cuda" in sys.argv:
    import cupy
    print("CuPy", cupy.__version__, "CUDA runtime", cupy.cuda.runtime.runtimeGetVersion())
    print("cards:", torch.cuda.get_device_name(0), "and", minitorch.cuda.get_device_name(0))
    assert (minitorch.ones(3, device="cuda") * 2).sum().item() == 6
PY

if [ "$DEVICE" = cuda ]; then
    reason=$(timeout 60 "$PYTHON" -c '
import torch
from minitorch.bench.card import why_not
print(why_not(torch) or "")' 2>"$OUT/log.txt") && [ -n "$reason" ] && {
        echo "skipped, no card: $reason" | tee "$OUT/summary.txt"
        exit 0
    }
fi

# The tests: in several processes where pytest-xdist is there, since CuPy compiles a kernel for each op and dtype.
if "$PYTHON" -c 'import xdist' 2>/dev/null; then workers=(-n "${WORKERS:-12}"); else workers=(); fi
tests=(env OMP_NUM_THREADS=1 "$PYTHON" -m pytest -q -W default -p no:cacheprovider "${workers[@]}" --device "$DEVICE")

if [ "$DEVICE" = cuda ]; then
    bench=(--device cuda --seconds 1.0)
else
    bench=(--quick mnist --no-memory)
fi

# compare PROGRAM SECONDS STEPS FLAG…: in float64, where rounding cannot hide a fault; STEPS 0: all of them.
compare() {
    local program=$1 limit=$2 steps=() given=$3
    shift 3
    [ "$given" = 0 ] || steps=(--steps "$given")
    [ "$DEVICE" = cuda ] || steps=(--steps 5)
    step "compare $program" "$limit" "$PYTHON" -m minitorch compare --device "$DEVICE" --dtype float64 --no-progress \
        --no-html --out "$work/$program" --json "$work/$program.json" "${steps[@]}" "$program" "$@"
}

step "versions" 20 "$PYTHON" "$work/versions.py" "$DEVICE"
step "data" 10 "$PYTHON" benchmarks/pack_data.py --unpack "$work/data"
export MINITORCH_DATA="$work/data"
step "tests of training" 60 "${tests[@]}" --junitxml="$OUT/training.xml" tests/test_cuda_training.py \
    tests/test_cuda_arrays.py tests/test_cuda_runtime.py tests/test_cuda_interop.py tests/test_cuda_launch.py
step "tests of the ops" 130 "${tests[@]}" --junitxml="$OUT/ops.xml" tests/test_cuda_ops.py
step "tests of graphs" 50 "${tests[@]}" tests/test_cuda_graphs.py \
    tests/test_cuda_compile.py tests/test_cuda_compile_calls.py
step "benchmark" 110 "$PYTHON" -m minitorch bench "${bench[@]}" --json "$OUT/bench.json" --markdown "$OUT/bench.md"
compare digits 25 0
compare cifar10 50 2000 --data "$work/data" --workers 0
compare mnist 50 1200 --data "$work/data"
compare abalone 45 0 --data "$work/data" --epochs 3

cat >"$work/gather.py" <<'PY'
import json, pathlib, sys
work, out = map(pathlib.Path, sys.argv[1:])
kept = ("verdict", "engines", "options", "initial_weights", "batches", "first_divergence", "largest")
found = {}
for name in ("digits", "cifar10", "mnist", "abalone"):
    path = work / f"{name}.json"
    if path.is_file() and path.stat().st_size:
        comparison = json.loads(path.read_text())
        found[name] = {key: comparison.get(key) for key in kept}
        for engine in ("minitorch", "pytorch"):
            figures = work / name / engine / "figures.json"
            found[name][f"figures of {engine}"] = json.loads(figures.read_text()) if figures.is_file() else None
        print(f"{name}: {comparison['verdict']['text']}")
(out / "compare.json").write_text(json.dumps(found, indent=1) + "\n")
PY
step "verdicts" 10 "$PYTHON" "$work/gather.py" "$work" "$OUT"
tail -5 "$OUT/log.txt" | tee -a "$OUT/summary.txt"
exit $failed
