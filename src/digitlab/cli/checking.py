"""`digitlab check`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, expand
from digitlab.errors import ConfigError

if TYPE_CHECKING:
    from digitlab.checks import Evidence, Finding

__all__ = ["check"]

# Another one than an error's, so that a script can tell.
FOUND = 3


@expand
def check(
    what: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|FILE",
            help="A run folder; or your own numbers: an .npz file, or predictions as .npy or .csv.",
        ),
    ],
    data: DataOptions,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="The true classes of your own predictions, .npy or .csv.",
            show_default="of the test set of --dataset",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look for the usual mistakes in how a number came about; exit with 3 if there are any."""
    from digitlab.checks import examine
    from digitlab.runs import is_run

    of_run = is_run(what) or what.is_dir()
    if of_run and labels:
        raise ConfigError("A run has its own labels: leave --labels out, or name a file of predictions.")
    evidence = _of_run(what, data) if of_run else _of_file(what, labels, data)
    findings = examine(evidence)
    if as_json:
        console.print_json(_as_dict(what, findings) | {"remarks": list(evidence.remarks)})
    else:
        _print(what, findings, evidence.remarks)
    if any(finding.found for finding in findings):
        raise typer.Exit(FOUND)


def _of_run(folder: Path, data: DataOptions) -> "Evidence":
    from digitlab.cli.plans import load
    from digitlab.examination import evidence_of
    from digitlab.runs import open_run

    run = open_run(folder)
    run.params()
    return evidence_of(run, load(data, run))


def _of_file(path: Path, labels: Path | None, data: DataOptions) -> "Evidence":
    from digitlab.checks import read_evidence
    from digitlab.cli.plans import load

    if labels is None and data.dataset:
        return read_evidence(path, labels=load(data, None).test.labels)
    return read_evidence(path, labels=labels)


def _as_dict(what: Path, findings: "list[Finding]") -> dict[str, Any]:
    return {
        "checked": str(what),
        "findings": sum(bool(finding.found) for finding in findings),
        "checks": [finding.as_dict() for finding in findings],
    }


def _print(what: Path, findings: "list[Finding]", remarks: Sequence[str]) -> None:
    made = [finding for finding in findings if finding.made]
    wrong = [finding for finding in made if finding.found]
    rows = [(each.check.name, _result(each), each.check.question) for each in findings]
    console.print_table(("check", "result", "what is asked"), rows, text=(0, 1, 2))
    for each in wrong:
        console.print_line()
        console.print_line(f"{each.check.name}: {' '.join(each.found)}")
        console.print_line(f"  Why it matters: {each.check.why}")
        console.print_line(f"  What to do: {each.check.fix}")
    lacking = [each.check for each in findings if not each.made]
    if lacking:
        console.print_line()
        console.print_line(
            f"Not asked, for want of evidence: {'; '.join(f'{c.name} ({c.needs})' for c in lacking)}."
        )
    console.print_line()
    for remark in remarks:
        console.print_line(remark)
    found = f"{len(wrong)} found something" if wrong else "none found anything"
    console.print_line(f"{what}: {len(made)} of {len(findings)} checks made, {found}.")


def _result(finding: "Finding") -> str:
    if not finding.made:
        return "not asked"
    return "FOUND" if finding.found else "fine"
