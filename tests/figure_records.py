"""Records with the fields of real ones, of every relation, for figures: numbers made up, no simulation."""

from typing import Any

import numpy as np

from proofs_check.record import Record
from proofs_check.report.marks import Spec, said

LEVEL = 1e-4
SPEC = Spec(
    "excess risk",
    about="‖β̂ − β‖² at a fresh input",
    over="p",
    label="features p",
    curves=(("", [40, 60, 160], [3.0, 1.6, 1.2]),),
    source="A & B",
)


def record(relation: str, points: list[dict[str, Any]], **changes: Any) -> Record:
    """A record with the fields of a real one; its verdict is that of the worst point."""
    order = ["refuted", "undecided", "supported"]
    worst = min(points, key=lambda tested: order.index(tested["verdict"]))
    sentence = {
        "supported": f"supported, within 2 %, at {len(points)} point (theorem)",
        "refuted": f"refuted at {said(worst['point'])} (theorem)",
        "undecided": "undecided at 1 point: noise (theorem)",
    }[worst["verdict"]]
    return Record(
        {
            "version": 1,
            "id": "toy.claim",
            "entry": "toy.claim",
            "title": "A toy",
            "relation": relation,
            "status": "theorem",
            "boundary": False,
            "points": points,
            "planned_points": len(points),
            **worst,
            "unit": "",
            "level": LEVEL,
            "error_rate": 1e-3,
            "relative_tolerance": 0.02,
            "confirmations": 0,
            "sentence": sentence,
            "trials": sum(p["trials"] for p in points),
            "seed": 0,
            "max_trials": None,
            "backend": "numpy",
            "device": "cpu",
            "precision": "float64",
            "versions": {"numpy": "2.4"},
            "replay": "proofs-check check toy.claim --seed 0",
            "seconds": 1.0,
            **changes,
        }
    )


def at_point(point: dict[str, Any], series: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    last = series[-1] if series else {}
    return {
        "point": point,
        "verdict": "supported",
        "prediction": last.get("prediction"),
        "mean": last.get("mean"),
        "target": 0.0,
        "estimate": None,
        "interval": None,
        "tolerance": 0.02,
        "guarantee": "calibrated",
        "reason": "",
        "would_decide": "",
        "detectable": 0.01,
        "blind_spot": "",
        "given_kept": 1.0,
        "certificate": 0.0,
        "notes": [],
        "trials": 4096,
        "series": series,
        **changes,
    }


def row(mean: float, prediction: float | None = None, stderr: float = 1e-3, **more: Any) -> dict[str, Any]:
    return {
        "mean": mean,
        "prediction": prediction,
        "stderr": stderr,
        "trials": 4096,
        "kept": 4096,
        "prediction_error": 0.0,
        **more,
    }


def equality(*gaps: float, verdict: str = "supported") -> list[Record]:
    records = []
    for index, gap in enumerate(gaps):
        prediction = 1.2 + 1.8 / 4**index
        entry = at_point(
            {"n": 30, "p": 40 * 2**index, "r2": 1, "s2": 0.5},
            [row(prediction * (1 + gap), prediction)],
            estimate=gap,
            interval=[gap - 0.006, gap + 0.006],
            verdict=verdict if abs(gap) > 0.02 else "supported",
        )
        records.append(record("equality", [entry]))
    return records


def asymptotic(count: int = 1) -> list[Record]:
    records = []
    for extra in range(count):
        sizes, prediction = (50, 100, 200, 400), 0.8 + 0.3 * extra
        rows = [row(prediction * (1 + 3 / n), prediction, at=float(n)) for n in sizes]
        records.append(
            record(
                "asymptotic equality",
                [
                    at_point(
                        {"n": 400, "delta": round(0.1 + extra / 10, 1), "lam": "power(1.5,600)"},
                        rows,
                        estimate=1e-3,
                        interval=[-0.009, 0.011],
                    )
                ],
            )
        )
    return records


def direction() -> list[Record]:
    t = np.array([100, 300, 1000, 3000, 10000])

    def entry(values: np.ndarray, verdict: str) -> dict[str, Any]:
        rows = [
            row(float(v), stderr=float(v) / 40, at=float(at), largest=float(2.2 * v))
            for at, v in zip(t, values, strict=True)
        ]
        return at_point(
            {"n": 4, "T": 3, "d": 8},
            rows,
            verdict=verdict,
            tolerance=5e-3,
            estimate=float(values[-1]),
            interval=[0.0, 2 * float(values[-1])],
        )

    right, wrong = 0.4 / t**0.75, 0.11 + 0.4 / t**0.75
    return [
        record("direction", [entry(right, "supported")]),
        record("direction", [entry(wrong, "refuted")], wrong="nuclear norm margin"),
    ]


def threshold() -> list[Record]:
    rows = [row(0.8 * (at - 1) + 2 * (at - 1) ** 2, stderr=4e-3, at=at, relative=True) for at in (0.9, 0.98, 1.02, 1.1)]
    return [
        record(
            "threshold",
            [at_point({"n": 8, "d": 3, "B": 2}, rows, interval=[0.0, 0.009], estimate=0.0, prediction=0.31, mean=None)],
        )
    ]


def bound() -> list[Record]:
    points = [
        at_point(
            {"m": 30, "B": 1, "eta": eta},
            [row(share * 2 / eta, 2 / eta, largest=top)],
            tolerance=0.05,
            estimate=0.0,
            interval=[0, 0.04],
        )
        for eta, share, top in ((0.02, 0.7, 0.93), (0.03, 0.74, 0.96), (0.04, 0.8, 0.985))
    ]
    beyond = at_point(
        {"m": 30, "B": 4, "eta": 0.06},
        [row(1.3 * 33, 33.0, largest=1.9)],
        verdict="refuted",
        tolerance=0.05,
        estimate=0.9,
        interval=[0.9, 1],
    )
    return [record("bound", [point]) for point in points] + [record("bound", [beyond], boundary=True)]


def identity() -> list[Record]:
    points = [
        at_point({"n": n, "sampling": how}, [row(1.0, 1.0, largest=1e-14 * n)], tolerance=0.01, certificate=3e-13)
        for n, how in ((3, "with"), (16, "without"), (7, "with"))
    ]
    return [record("identity", points)]


def exponent(first: float = 1.0, slope: float = -1.0) -> list[Record]:
    """Rungs of a power law, the smallest of them off by a factor."""
    sizes = np.array([20.0, 40.0, 80.0, 160.0, 320.0])
    means = 3 * sizes**slope * np.where(sizes == 20, first, 1.0)
    rows = [row(float(mean), stderr=float(mean) / 200, at=float(at)) for mean, at in zip(means, sizes, strict=True)]
    entry = at_point({"n": 320}, rows, target=-1.0, estimate=slope, interval=[slope - 0.01, slope + 0.01])
    return [record("exponent", [entry])]


def order() -> list[Record]:
    rows = [row(2.02 * n, 2.0 * n, stderr=0.01 * n, at=float(n)) for n in (10, 20, 40, 80)]
    return [record("order", [at_point({"n": 80}, rows, target=1.0, estimate=1.01, interval=[1.0, 1.02])])]


def distribution() -> list[Record]:
    rows = [row(x**2 + 0.01, x**2, stderr=0.004, at=x) for x in (0.2, 0.4, 0.6, 0.8)]
    return [record("distribution", [at_point({"d": 4}, rows, estimate=0.01, interval=[0.0, 0.03], tolerance=0.05)])]


def ordering() -> list[Record]:
    rows = [row(0.5, stderr=0.002, at="lower", point="lam=1"), row(0.6, stderr=0.002, at="upper", point="lam=3")]
    return [record("ordering", [at_point({"n": 60}, rows, estimate=-1 / 6, interval=[-0.2, -0.1])])]


STEP = Spec("W", along="step")
SHAPES: dict[str, tuple[list[Record], Spec]] = {
    "equality": (equality(0.001, -0.004, 0.003), SPEC),
    "scatter": (equality(0.001, -0.004, 0.003), Spec("excess risk")),
    "refuted": (equality(0.001, 0.06, 0.09, verdict="refuted"), SPEC),
    "asymptotic": (asymptotic(), Spec("test error", along="n", label="samples n, with k = 5n/3 features")),
    "asymptotic at three ridges": (asymptotic(3), Spec("test error", along="n")),
    "asymptotic swept": (
        asymptotic(3), Spec("test error", over="delta", along="n", curves=(("", [0.1, 0.3], [0.8, 1.4]),)),
    ),
    "direction": (direction(), STEP),
    "threshold": (threshold(), Spec("growth", along="eta")),
    "bound": (bound(), Spec("trH", over="eta", log=False)),
    "bound at points": (bound(), Spec("trH")),
    "identity": (identity(), Spec("crossing")),
    "identity swept": (identity(), Spec("crossing", over="n")),
    "exponent": (exponent(), Spec("bias", along="n")),
    "exponent with a floor": (exponent(), Spec("bias", along="n", floor=True)),
    "order": (order(), Spec("length", along="n")),
    "distribution": (distribution(), Spec("largest")),
    "ordering": (ordering(), Spec("risk", sides=("λ = 1", "λ = 3"))),
}
