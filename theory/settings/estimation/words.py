"""Words that a random context makes likely by their inner products with it."""

from theory.domain import Real, Size
from theory.setting import Observable, Setting


class Contexts(Setting):
    """A vector v of R^d of norm r·√d, and 100 pairs of opposite contexts c, uniform on the unit sphere."""

    d = Size(at_least=2, typical=(10, 100))
    r = Real(above=0, typical=(0.5, 1))
    moment = Observable("mean of exp(v·c) over the contexts", between=(0, None))


class WordVectors(Setting):
    """V words, P(w | c) = exp(v_w·c)/Σ_u exp(v_u·c), and contexts c uniform on the unit sphere of R^d.

    The vectors have uniform directions and norms sc·√d·U, U uniform on [0.5, 1.5]. P(w) is the mean of P(w | c) over
    1000 contexts, P(w, w′) that of P(w | c)·P(w′ | c), for two words of one context, and PMI is the logarithm of
    P(w, w′)/(P(w)·P(w′)), for the pairs of the longest tenth of the words.
    """

    d = Size(at_least=2, typical=(20, 100))
    V = Size(at_least=40, typical=(500, 2000))
    sc = Real(above=0, typical=(0.4, 0.4))
    pmi = Observable("slope of PMI against v·v′/d, by least squares with an intercept")
    unigram = Observable("slope of log P(w) against ‖v‖²/2d, the same way, over all words")
    constant = Observable("mean over the words of log P(w) − ‖v‖²/2d, plus the log of the mean Z over contexts")
    spread = Observable("standard deviation of Z = Σ_u exp(v_u·c) over contexts, relative to its mean",
                        between=(0, None))
