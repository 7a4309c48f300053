"""Models whose features vote, some of them for whatever the data's shift has made of them."""

from theory.domain import Choice, Real, Size
from theory.setting import Observable, Setting


class FeatureVotes(Setting):
    """A point of one of K classes, and two models; each knows n_v invariant and n_s spurious features, one vote each.

    An invariant feature votes for the true class; a spurious one does so with probability 1 − q, and otherwise for a
    class drawn from all K, each equally likely; features vote independently. A model predicts a class of most votes,
    the ensemble one of most votes of both models together; of several such classes each with the same probability.
    `second`: the features of the second model are its "own", or the "same" as those of the first. An accuracy is the
    share of 8 points predicted right, expected over ties and over true classes.
    """

    K = Size(at_least=2, typical=(3, 4))
    n_v = Size(at_least=0, typical=(1, 3))
    n_s = Size(typical=(4, 9))
    q = Real(at_least=0, at_most=1, typical=(0.7, 0.95))
    second = Choice("own", "same")
    single = Observable("accuracy of the first model", between=(0, 1), values="discrete")
    ensemble = Observable("accuracy of the ensemble of both", between=(0, 1), values="discrete")
