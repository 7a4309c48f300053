"""Separable tasks learnt one after the other with weak regularisation."""

from theory.domain import Choice, Real, Size
from theory.setting import Drawn, Observable, Setting


class ContinualTasks(Setting):
    """w_k = argmin Σ exp(−Z w) + (lam/2) ‖w − w_{k−1}‖² over the samples z of task k, w_0 = 0, lam = exp(−Lam).

    Three tasks in turn, each of 3 samples z = h·e + apart·q in R^3, e a random unit vector common to all, h uniform on
    (½, 1½), q ⟂ e standard normal: jointly separable. "opposed": the samples of the third are those of the first with
    the other label, −z. C_k = {w: all z·w ≥ 1}. `steps` tasks are learnt.
    """

    steps = Size(at_least=1, at_most=40, typical=(4, 8))
    Lam = Size(at_least=5, typical=(2000, 4000))
    apart = Real(above=0, typical=(0.5, 3))
    tasks = Choice("separable", "opposed")
    Z = Drawn(9, 3)
    share = Observable("⟨w_K, ω_K⟩/(Lam·‖ω_K‖²), ω_k the point of C_k nearest to ω_{k−1}, ω_0 = 0")
    error = Observable("‖w_K/Lam − ω_K‖/‖ω_K‖")
    unscaled = Observable("‖w_K/Lam − P(w_{K−1})‖/‖ω_K‖, P the projection to C_K")
    moved = Observable("Σ ‖ω_k − ω_{k−1}‖² over the steps")
    rest = Observable("‖ω_K − w*‖², w* the least ‖w‖ in all of the C_k, or in the first two if the third is opposed")
    offline = Observable("‖w*‖²")
    approach = Observable("largest ‖ω_k − w*‖² − ‖ω_{k−1} − w*‖² of a step", values="discrete")
    nearest = Observable("least ‖ω_k − ω_{k−1}‖² of a step, the squared distance to the next set",
                          values="discrete")
