"""What storage allows is what a select in Slack shows."""

from storage import limits
from views import blocks


def test_options_fit_into_a_select() -> None:
    assert limits.OPTION_NAME_LIMIT == blocks.OPTION_TEXT_LIMIT
    assert limits.OPTIONS_LIMIT == blocks.OPTIONS_LIMIT - 1
