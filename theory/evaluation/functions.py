"""SymPy's functions in ball arithmetic, real (arb) and complex (acb), in the order of SymPy's arguments.

`analytic` is asked by numerical integration: a function then gives no number where it is not holomorphic, as on a
branch cut or at a kink, and what has a kink is continued from the real line piece by piece.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from flint import acb, arb

Number = Any  # arb or acb
NONE = acb("nan", "nan")


@dataclass(frozen=True)
class Shape:
    """How a number is asked.

    `complex`: negative numbers have roots and logarithms. `holomorphic`: in an integrand, where real functions are
    continued; `analytic`: where the integration must know that there is no cut and no kink.
    """

    complex: bool = False
    holomorphic: bool = False
    analytic: bool = False


PLAIN = Shape()


def real(value: Number) -> Number:
    """A complex ball without imaginary part as a real one."""
    return value.real if isinstance(value, acb) and value.imag.is_zero() else value


def _method(name: str, domain: Callable[[acb], bool] | None = None, *, at: int = -1) -> Callable[..., Number]:
    """The method of that name of the argument number `at`, which takes the others; cuts lie outside `domain`."""

    def evaluated(*parts: Number, shape: Shape) -> Number:
        *before, argument = (*parts[: at % len(parts)], *parts[at % len(parts) + 1 :], parts[at])
        if shape.analytic and domain and not domain(argument):
            return NONE
        if any(isinstance(part, acb) for part in parts) or not hasattr(argument, name):
            return real(getattr(acb(argument), name)(*before))
        return getattr(argument, name)(*before)

    return evaluated


def _flagged(name: str) -> Callable[..., Number]:
    """A method of acb that knows its own cut."""

    def evaluated(argument: Number, *, shape: Shape) -> Number:
        if isinstance(argument, acb) or (shape.complex and argument < 0):
            return getattr(acb(argument), name)(analytic=shape.analytic)
        return getattr(argument, name)()

    return evaluated


def _right(z: acb) -> bool:
    return z.real > 0


def _below_one(z: acb) -> bool:
    return z.real < 1


def _inside(z: acb) -> bool:
    return z.real > -1 and z.real < 1


def _strip(z: acb) -> bool:
    return z.imag > -1 and z.imag < 1


def _past_branch_point(z: acb) -> bool:
    return z.real > -arb("0.3678794")


def _plain(function: Callable[..., Number]) -> Callable[..., Number]:
    """A combination of functions without cuts."""
    return lambda *parts, shape: function(*parts)


def _never(function: Callable[..., Number]) -> Callable[..., Number]:
    """What is no holomorphic function of its arguments, and is not continued from the real line."""

    def evaluated(*parts: Number, shape: Shape) -> Number:
        asked = [real(part) for part in parts] if shape.holomorphic else list(parts)
        return NONE if shape.holomorphic and any(isinstance(part, acb) for part in asked) else function(*asked)

    return evaluated


def _polynomial(name: str) -> Callable[..., Number]:
    """A method that is entire in its argument where its first number is whole, and otherwise has cuts beyond ±1."""
    whole, cut = _method(name), _method(name, _inside)

    def evaluated(order: Number, *parts: Number, shape: Shape) -> Number:
        return (whole if isinstance(order, arb) and order.is_integer() else cut)(order, *parts, shape=shape)

    return evaluated


@lru_cache(maxsize=1024)
def complement(node: Any) -> tuple[Any, Any] | None:
    """c and u of a sum that is c·erfc(u), as 1 + erf(−u) or 2 − erfc(−u), which cancels where erfc is small."""
    constants = [part for part in node.args if part.is_Number]
    others = [part for part in node.args if not part.is_Number]
    if not isinstance(node, sympy.Add) or len(constants) != 1 or len(others) != 1:
        return None
    front, error = others[0].as_coeff_Mul()
    if isinstance(error, sympy.erf) and abs(front) == abs(constants[0]):
        return constants[0], -error.args[0] * sympy.sign(front * constants[0])
    return (-front, -error.args[0]) if isinstance(error, sympy.erfc) and constants[0] == -2 * front else None


def power(base: Number, exponent: Number, written: Any, shape: Shape) -> Number:
    """base^exponent; `written`: the exponent as the formula has it, exactly."""
    if isinstance(written, sympy.Integer):
        if isinstance(base, arb) and base.contains(0):  # arb's own power is not a number there
            return (acb(base) ** int(written)).real
        return base ** int(written)
    if shape.complex and isinstance(base, arb) and base < 0:
        base = acb(base)
    if abs(written) == sympy.Rational(1, 2):
        root = base.sqrt(analytic=shape.analytic) if isinstance(base, acb) else base.sqrt()
        return root if written.is_positive else 1 / root
    if isinstance(base, acb):
        return base.pow(acb(exponent), analytic=shape.analytic)
    return acb(base) ** exponent if isinstance(exponent, acb) else base**exponent


def _absolute(value: Number, *, shape: Shape) -> Number:
    if not isinstance(value, acb):
        return abs(value)
    if shape.complex or not shape.holomorphic:
        return NONE if shape.analytic else arb(abs(value))
    if _kinked(shape, value):
        return NONE
    return value.real_abs(analytic=shape.analytic)


def _sign(value: Number, *, shape: Shape) -> Number:
    if not isinstance(value, acb):
        return value.sgn()
    if shape.complex or not shape.holomorphic:
        return NONE if shape.analytic else value.sgn()
    if _kinked(shape, value):
        return NONE
    return value.real_sgn(analytic=shape.analytic)


def _step(value: Number, at_zero: Number | None = None, *, shape: Shape) -> Number:
    if isinstance(value, acb):
        return NONE if _kinked(shape, value) else value.real_heaviside(analytic=shape.analytic)
    if value.is_zero():
        return arb("0.5") if at_zero is None else at_zero
    return (value.sgn() + 1) / 2


def _kinked(shape: Shape, *parts: Number) -> bool:
    """Whether the continuation of a kink from the real line is unknown: its argument may be complex there, or is."""
    off = any(isinstance(part, acb) and not part.imag.contains(0) for part in parts)
    return shape.complex if shape.analytic else shape.holomorphic and off


def _extreme(name: str) -> Callable[..., Number]:
    def evaluated(*parts: Number, shape: Shape) -> Number:
        if _kinked(shape, *parts) and any(isinstance(part, acb) for part in parts):
            return NONE
        extreme = parts[0]
        for part in parts[1:]:
            if isinstance(extreme, acb) or isinstance(part, acb):
                extreme = getattr(acb(extreme), f"real_{name}")(acb(part), analytic=shape.analytic)
            else:
                extreme = getattr(extreme, name)(part)
        return extreme

    return evaluated


def _rounded(name: str) -> Callable[..., Number]:
    def evaluated(value: Number, *, shape: Shape) -> Number:
        if isinstance(value, acb):
            return NONE if _kinked(shape, value) else getattr(value, f"real_{name}")(analytic=shape.analytic)
        return getattr(value, name)()

    return evaluated


def _remainder(dividend: Number, divisor: Number, *, shape: Shape) -> Number:
    return dividend - divisor * FUNCTIONS[sympy.floor](dividend / divisor, shape=shape)


def _polygamma(order: Number, argument: Number) -> Number:
    """ψ^(m)(x) = (−1)^(m+1) m! ζ(m + 1, x), ψ itself for m = 0; not a number for an m that is not whole."""
    if not (isinstance(order, arb) and order.is_integer() and order >= 0):
        return NONE
    m = round(float(order.mid()))
    return argument.digamma() if m == 0 else (-1) ** (m + 1) * arb(m + 1).gamma() * _hurwitz(m + 1, argument)


def _hurwitz(s: int, argument: Number) -> Number:
    return acb(s).zeta(argument) if isinstance(argument, acb) else arb(s).zeta(argument)


def _lambert(argument: Number, branch: Number | None = None, *, shape: Shape) -> Number:
    number = 0 if branch is None else round(float(real(branch).mid()))
    if isinstance(argument, acb):
        return NONE if shape.analytic and (number or not _past_branch_point(argument)) else argument.lambertw(number)
    return argument.lambertw(number)


def _binomial(n: Number, k: Number) -> Number:
    return (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()


def _falling(x: Number, k: Number) -> Number:
    return (x + 1).gamma() * (x - k + 1).rgamma()


def _rising(x: Number, k: Number) -> Number:
    count = k.unique_fmpz() if isinstance(k, arb) and k.is_integer() else None
    return x.rising(k) if count is None or count > 1000 or count < 0 else _product([x + i for i in range(int(count))])


def _product(parts: list[Number]) -> Number:
    product = arb(1)
    for part in parts:
        product = product * part
    return product


def _zeta(s: Number, start: Number | None = None, *, shape: Shape) -> Number:
    """ζ(s, start), with a cut in `start` along the negative numbers."""
    if start is None:
        return real(s.zeta())
    if shape.analytic and isinstance(start, acb) and not _right(start):
        return NONE
    return real(acb(s).zeta(start)) if isinstance(s, acb) or isinstance(start, acb) else s.zeta(start)


def _harmonic(n: Number, order: Number | None = None, *, shape: Shape) -> Number:
    if order is None or order == 1:
        return (n + 1).digamma() + arb.const_euler()
    return order.zeta() - _zeta(order, n + 1, shape=shape)


def _angle(value: Number, *, shape: Shape) -> Number:
    if shape.analytic and isinstance(value, acb):
        return NONE
    return value.arg() if isinstance(value, acb) else arb.atan2(arb(0), value)


def _elliptic_e(first: Number, *others: Number, shape: Shape) -> Number:
    if shape.analytic and (others or not _below_one(acb(first))):
        return NONE
    if not others:
        return real(acb(first).elliptic_e())
    return real(acb.elliptic_e_inc(acb(first), acb(others[0])))


def _hermite_prob(n: Number, x: Number) -> Number:
    return (x / arb(2).sqrt()).hermite_h(n) / arb(2) ** (n / 2)


def hypergeometric(above: list[Number], below: list[Number], argument: Number, shape: Shape) -> Number:
    """pFq(above; below; argument)."""
    more = len(above) - len(below)  # 1: a cut from 1 on; 2 and more: from 0 on, at the centre of the series
    if shape.analytic and (more > 1 or (more == 1 and not _below_one(acb(argument)))):
        return NONE
    if len(above) == 2 and len(below) == 1:
        return real(acb(argument).hypgeom_2f1(*above, *below))
    if len(above) == 1 and len(below) == 1:
        return real(acb(argument).hypgeom_1f1(*above, *below))
    return real(acb(argument).hypgeom(above, below))


def _regularised(a: Number, b: Number, low: Number, high: Number) -> Number:
    return high.beta_lower(a, b, 1) - low.beta_lower(a, b, 1)


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    sympy.exp: _method("exp"), sympy.log: _flagged("log"),
    sympy.sin: _method("sin"), sympy.cos: _method("cos"), sympy.tan: _method("tan"), sympy.cot: _method("cot"),
    sympy.sec: _method("sec"), sympy.csc: _method("csc"), sympy.sinc: _method("sinc"),
    sympy.sinh: _method("sinh"), sympy.cosh: _method("cosh"), sympy.tanh: _method("tanh"), sympy.coth: _method("coth"),
    sympy.sech: _method("sech"), sympy.csch: _method("csch"),
    sympy.asin: _method("asin", _inside), sympy.acos: _method("acos", _inside), sympy.atan: _method("atan", _strip),
    sympy.asinh: _method("asinh", _strip), sympy.acosh: _method("acosh", lambda z: z.real > 1),
    sympy.atanh: _method("atanh", _inside), sympy.atan2: _never(lambda y, x: arb.atan2(y, x)),
    sympy.erf: _method("erf"), sympy.erfc: _method("erfc"), sympy.erfi: _method("erfi"),
    sympy.erfinv: _never(lambda x: x.erfinv()), sympy.erfcinv: _never(lambda x: x.erfcinv()),
    sympy.erf2: _plain(lambda low, high: high.erf() - low.erf()),
    sympy.gamma: _method("gamma"), sympy.loggamma: _method("lgamma", _right), sympy.polygamma: _plain(_polygamma),
    sympy.factorial: _plain(lambda n: (n + 1).gamma()), sympy.binomial: _plain(_binomial),
    sympy.RisingFactorial: _plain(_rising), sympy.FallingFactorial: _plain(_falling),
    sympy.harmonic: _harmonic, sympy.beta: _plain(lambda a, b: a.gamma() * b.gamma() * (a + b).rgamma()),
    sympy.lowergamma: _method("gamma_lower", _right), sympy.uppergamma: _method("gamma_upper", _right),
    sympy.betainc: _never(lambda a, b, low, high: high.beta_lower(a, b) - low.beta_lower(a, b)),
    sympy.betainc_regularized: _never(_regularised),
    sympy.besselj: _method("bessel_j", _right), sympy.besseli: _method("bessel_i", _right),
    sympy.besselk: _method("bessel_k", _right), sympy.bessely: _method("bessel_y", _right),
    sympy.airyai: _method("airy_ai"), sympy.airybi: _method("airy_bi"),
    sympy.Ei: _method("ei", _right), sympy.li: _method("li", lambda z: z.real > 1), sympy.Si: _method("si"),
    sympy.Ci: _method("ci", _right), sympy.Shi: _method("shi"), sympy.Chi: _method("chi", _right),
    sympy.expint: _method("expint", _right),
    sympy.elliptic_k: _method("elliptic_k", _below_one), sympy.elliptic_e: _elliptic_e,
    sympy.elliptic_f: _never(lambda z, m: real(acb.elliptic_f(acb(z), acb(m)))),
    sympy.elliptic_pi: _never(lambda n, m: real(acb.elliptic_pi(acb(n), acb(m)))),
    sympy.zeta: _zeta, sympy.polylog: _method("polylog", _below_one),
    sympy.dirichlet_eta: _method("dirichlet_eta"), sympy.LambertW: _lambert,
    sympy.legendre: _polynomial("legendre_p"), sympy.hermite: _method("hermite_h"),
    sympy.chebyshevt: _polynomial("chebyshev_t"), sympy.chebyshevu: _polynomial("chebyshev_u"),
    sympy.gegenbauer: _polynomial("gegenbauer_c"), sympy.laguerre: _method("laguerre_l"),
    sympy.assoc_laguerre: _method("laguerre_l"), sympy.jacobi: _polynomial("jacobi_p"),
    sympy.hermite_prob: _plain(_hermite_prob),
    sympy.Abs: _absolute, sympy.sign: _sign, sympy.Heaviside: _step, sympy.Min: _extreme("min"),
    sympy.Max: _extreme("max"), sympy.floor: _rounded("floor"), sympy.ceiling: _rounded("ceil"),
    sympy.Mod: _remainder, sympy.frac: lambda x, shape: _remainder(x, arb(1), shape=shape),
    sympy.re: _never(lambda z: z.real), sympy.im: _never(lambda z: z.imag),
    sympy.conjugate: _never(lambda z: z.conjugate() if isinstance(z, acb) else z), sympy.arg: _angle,
}  # fmt: skip
CONSTANTS = {
    sympy.pi: arb.pi,
    sympy.E: arb.const_e,
    sympy.EulerGamma: arb.const_euler,
    sympy.Catalan: arb.const_catalan,
    sympy.GoldenRatio: lambda: (1 + arb(5).sqrt()) / 2,
    sympy.I: lambda: acb(0, 1),
}
