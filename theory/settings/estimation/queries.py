"""Questions put to one sample again and again, each chosen by the answers before."""

from theory.domain import Choice, Real, Size
from theory.setting import Observable, Setting


class AdaptiveQueries(Setting):
    """n samples of a fair label y = ±1 and d features x_j of mean 0 and variance 1 that have nothing to do with it.

    The first d queries are the correlations a_j = meanᵢ xᵢⱼyᵢ over the sample; released is a_j + tau·ξ_j, ξ standard
    normal. The last query is h = (1/√d) Σⱼ sign(released_j) x_j y, of mean 0. `features`: normal, or fair signs.
    """

    n = Size(typical=(10, 40))
    d = Size(typical=(20, 100))
    tau = Real(at_least=0, typical=(0.05, 0.3))
    features = Choice("gaussian", "signs")
    empirical = Observable("mean of h over the sample that answered the first queries", values="discrete")
    fresh = Observable("mean of h over a fresh sample of n", values="discrete")
    largest = Observable("max |a_j|, the answer furthest from the truth", between=(0, None), values="discrete")
    answer_error = Observable("mean over j of released_j², the squared error of an answer: the truth is 0",
                              between=(0, None))
