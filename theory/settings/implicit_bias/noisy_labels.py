"""Linear classification of two Gaussian clouds with some labels flipped."""

from theory.domain import Real, Size
from theory.setting import Drawn, Observable, Setting


class NoisyMixture(Setting):
    """The first gradient direction from 0 of the logistic loss on n samples x = y*·v + sig·z, labels flipped.

    y* = ±1 by halves, ‖v‖ = 1, z standard normal in R^p, each label flipped with probability f, all independent.
    """

    n = Size(at_least=2, typical=(100, 400))
    p = Size(at_least=3, typical=(100, 400))
    sig = Real(above=0, typical=(0.3, 0.7))
    f = Real(at_least=0, below=0.5, typical=(0.1, 0.3))
    accuracy = Observable("test accuracy of the first direction on true labels", between=(0, 1))
    kept = Observable("chance that it gives a flipped training sample its true label", between=(0, 1))


class NoisyTraining(Setting):
    """Logistic regression on data of the same law, by gradient descent with step 2 from 0 on the mean loss.

    The first step has the direction of `NoisyMixture`; training ends after `steps`.
    """

    n = Size(at_least=10, typical=(30, 50))
    p = Size(at_least=3, typical=(120, 200))
    sig = Real(above=0, typical=(0.25, 0.35))
    f = Real(at_least=0, below=0.5, typical=(0.2, 0.3))
    steps = Size(typical=(2000, 2000))
    labels = Drawn(n)
    first = Observable("test accuracy on true labels after one step", between=(0, 1))
    late = Observable("test accuracy on true labels after training", between=(0, 1))
    kept = Observable("share of the training samples that are flipped and given their true label after training",
                      between=(0, 1), values="discrete")
