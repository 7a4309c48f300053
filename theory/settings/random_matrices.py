"""Random matrices, and random vectors that measure matrices."""

from theory.domain import Choice, Size
from theory.setting import Observable, Setting


class QuadraticForm(Setting):
    """Estimates of the trace and the diagonal of a square matrix A from one probe z: zᵀAz, and zᵢ(Az)ᵢ.

    A has standard normal entries and is not symmetric; S = (A + Aᵀ)/2. The probe is standard normal, of random signs,
    or uniform on the sphere of radius √d.
    """

    d = Size(at_least=2, typical=(3, 12))
    probe = Choice("signs", "normal", "sphere")
    F2 = Observable("‖S‖_F²")
    A2 = Observable("‖A‖_F²")
    D2 = Observable("Σᵢ aᵢᵢ²")
    t = Observable("tr A")
    row = Observable("Σⱼ a₁ⱼ²")
    corner = Observable("a₁₁²")
    square = Observable("(zᵀAz − tr A)², mean over 256 probes", between=(0, None))
    entry_square = Observable("(z₁(Az)₁ − a₁₁)², mean over 256 probes", between=(0, None))
