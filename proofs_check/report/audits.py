"""The figure of an audit trail."""

from pathlib import Path
from typing import TYPE_CHECKING

from proofs_check.report.files import rendered, write_whole
from proofs_check.report.style import canvas, log_axis, styled, thin, venue_of

if TYPE_CHECKING:
    from proofs_check.auditing.trail import AuditTrail

VENUE = "neurips"
CURVES = (("lambda_max", "η λmax / 2", "#1f5fa8", "o"), ("trace", "η tr H / 2", "#c2571a", "s"))


def draw_trail(trail: "AuditTrail", out: Path) -> Path:
    """Ratios that may not exceed 1 above, the loss below; the band is η over the mean-square threshold."""
    series = trail.series()
    with styled(venue_of(VENUE)):
        figure, (upper, lower) = canvas(venue_of(VENUE), 2)
        if (series["at_least"] > 0).any():
            upper.fill_between(series["step"], series["at_least"], series["at_most"], color="0.85", lw=0,
                               label="η / η*, bounds")
        for name, label, colour, marker in CURVES:
            upper.plot(series["step"], series[name], color=colour, marker=marker, mfc="white", label=label)
        upper.axhline(1, color="0.4", lw=thin(), ls="--")
        lower.plot(series["step"], series["loss"], color="0.2")
        if trail.diverged is not None:
            for panel in (upper, lower):
                panel.axvline(trail.diverged, color="#a01c1c", lw=2 * thin())
            lower.text(trail.diverged, 0.95, "diverged ", color="#a01c1c", ha="right", va="top",
                       transform=lower.get_xaxis_transform())
        for panel in (upper, lower):
            log_axis(panel, "y")
        batch = trail.audits[-1].batch_size
        upper.set_ylabel("over the limit")
        upper.set_title(f"η = {trail.eta:g}, batch size {batch}", loc="left")
        upper.legend(loc="best")
        lower.set_ylabel("loss")
        lower.set_xlabel("step")
    write_whole({out: rendered(figure, out.suffix.lower(), VENUE)})
    return out
