"""The contract, and what the verifier says of repositories that are in order and of one that is not."""

from autolab_metric_units.mutations import MUTATIONS
from autolab_metric_units.verifier import VERIFIER
from hypothesis import given, settings

from autolab_verifiers.testing import PATHS, assert_verifier_contract, build, judged, repositories


def verdicts(root):
    return {rule: check.status for rule, check in judged(VERIFIER, root).items()}


def test_the_verifier_keeps_the_contract():
    assert_verifier_contract(VERIFIER, MUTATIONS, max_examples=25)


@settings(max_examples=20, deadline=None)
@given(repositories())
def test_nothing_is_wrong_with_a_valid_repository(sample):
    with sample.on_disk() as repository:
        assert "fail" not in verdicts(repository.root).values()


def test_another_unit_is_not_judged(tmp_path):
    repository = build(tmp_path).replace(PATHS.design, 'unit: "%"', "unit: points")

    assert verdicts(repository.root) == {"MU001": "pass", "MU002": "skip"}
