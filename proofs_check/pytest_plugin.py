"""Claims as pytest items: `pytest --claims FILE_OR_TOPIC` makes one item for each claim and facet.

Facets: `audit` (deterministic, with the simulator's symmetries), `derivation` where a claim has steps (none refuted or
vacuous), `simulation` (must be supported), one for every wrong variant (must be refuted) and, where a score is asked
for, `mutation` (must reach it). An item's level is its share of --claims-error-rate among all the facets that simulate,
whatever -k or -n select, and stands in its replay line.
"""

from collections.abc import Iterator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("claims", "property-testing theory")
    group.addoption(
        "--claims",
        action="append",
        default=[],
        metavar="WHAT",
        help="a file, id, entry, topic, flagship or all; repeatable",
    )
    group.addoption(
        "--claims-error-rate",
        type=float,
        default=1e-6,
        metavar="RATE",
        help="chance of any wrong verdict in the session (1e-6)",
    )
    group.addoption(
        "--claims-tolerance",
        type=float,
        default=0.02,
        metavar="SHARE",
        help="relative gap that counts as agreement (0.02)",
    )
    group.addoption(
        "--claims-mutation",
        type=float,
        metavar="SCORE",
        help="also ask that this share of the mutants false by 5 %% or more is refuted, such as 0.95 (not asked)",
    )
    group.addoption("--claims-points", type=int, default=3, metavar="N", help="points a claim (3)")
    group.addoption("--claims-seed", type=int, default=0, metavar="SEED", help="seed of all random streams (0)")


def pytest_collection(session: pytest.Session) -> None:
    """Only the claims are collected when no path is given beside --claims."""
    config = session.config
    if config.getoption("claims") and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = []


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("claims"):
        items[:0] = list(_items(session, config))


def _items(session: pytest.Session, config: pytest.Config) -> Iterator[pytest.Item]:
    from proofs_check.selection import meant
    from theory.errors import BadInput

    asked = config.option
    try:
        claims = meant(asked.claims)
    except BadInput as fault:
        raise pytest.UsageError(str(fault)) from fault
    least = asked.claims_mutation
    if least is not None and not 0 < least <= 1:
        raise pytest.UsageError(f"--claims-mutation {least:g} is no share to reach; give one in (0, 1], such as 0.95")
    scored = least is not None
    level = asked.claims_error_rate / sum(1 + scored + len(claim.wrong) for claim in claims)
    request = {
        "level": level,
        "tolerance": asked.claims_tolerance,
        "points": asked.claims_points,
        "seed": asked.claims_seed,
    }
    for claim in claims:
        yield ClaimItem.from_parent(session, name=f"{claim.id}[audit]", claim=claim, facet="audit", request={})
        if claim.steps:
            name = f"{claim.id}[derivation]"
            yield ClaimItem.from_parent(session, name=name, claim=claim, facet="derivation", request={})
        yield ClaimItem.from_parent(
            session, name=f"{claim.id}[simulation]", claim=claim, facet="supported", request=request
        )
        if scored:
            mutation = {name: request[name] for name in ("tolerance", "seed")} | {"error_rate": level}
            yield ClaimItem.from_parent(
                session, name=f"{claim.id}[mutation]", claim=claim, facet="mutation", request=mutation, least=least
            )
        for wrong in claim.wrong:
            yield ClaimItem.from_parent(
                session,
                name=f"{claim.id}[wrong: {wrong.name}]",
                claim=claim,
                facet="refuted",
                request=request | {"wrong": wrong.name},
            )


class NotAsClaimed(Exception):
    """A claim's facet did not come out as it must."""


class ClaimItem(pytest.Item):
    """One facet of one claim; `least`: the mutation score that it must reach."""

    def __init__(
        self, *, claim: Any, facet: str, request: dict[str, Any], least: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.claim, self.facet, self.request, self.least = claim, facet, request, least
        self.add_marker("claim")

    def runtest(self) -> None:
        ways = {"audit": self._audited, "derivation": self._derived, "mutation": self._mutated}
        ways.get(self.facet, self._checked)()

    def _audited(self) -> None:
        from numerics.measure import Laboratory
        from proofs_check.trials.symmetry import consistency

        faults = [finding for finding in consistency(self.claim, Laboratory()) if not finding.passed]
        if faults:
            raise NotAsClaimed("; ".join(f"{finding.name}: {finding.detail}" for finding in faults))

    def _derived(self) -> None:
        from proofs_check.derivation.prove import BAD, prove

        wrong = [row for row in prove([self.claim]) if row["status"] in BAD]
        if wrong:
            raise NotAsClaimed("; ".join(f"{row['status']}: {row['statement']} ({row['witness']})" for row in wrong))

    def _mutated(self) -> None:
        from numerics.measure import Laboratory
        from numerics.store import Store
        from proofs_check.mutation.mutating import mutate
        from proofs_check.record import on_command_line

        with Store() as store:
            (report,) = mutate(self.claim, lab=Laboratory(store=store), **self.request)
        asked = " ".join(f"--{name.replace('_', '-')} {value:.6g}" for name, value in self.request.items())
        replay = f"replay: proofs-check mutate {on_command_line(self.claim)} {asked}"
        self.add_report_section("call", "claim", f"{report.text()}\n{replay}")
        if report.score is None:
            pytest.skip(f"{self.claim.id} has no mutation score: {report.headline}")
        if report.score < (self.least or 0.0):
            raise NotAsClaimed(f"the mutation score is below {self.least:.1%}: {report.text()}\n{replay}")

    def _checked(self) -> None:
        from numerics.measure import Laboratory
        from numerics.store import Store
        from proofs_check.check import check
        from proofs_check.verbs.console import finding

        with Store() as store:
            (record,) = check(self.claim, lab=Laboratory(store=store), **self.request)
        self.add_report_section("call", "claim", f"{record['sentence']}\nreplay: {record['replay']}")
        if record["verdict"] != self.facet:
            raise NotAsClaimed(
                f"{record['id']} should be {self.facet} and is {record['verdict']}: {finding(record)}\n"
                f"replay: {record['replay']}"
            )

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        from theory.errors import BadInput

        if isinstance(excinfo.value, (NotAsClaimed, BadInput)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, None, str]:
        return self.path, None, self.name


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "claim: one facet of a claim, made by --claims")
