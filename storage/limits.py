"""How long things may be. Views read these too: forms say them before storage refuses."""

TITLE_LIMIT = 255
DESCRIPTION_LIMIT = 3_000
LABEL_LIMIT = 50
LABELS_PER_FOLLOW_UP = 20
INCIDENT_NAME_LIMIT = 150
PAGE_SIZE = 20
SUMMARY_LIMIT = 10_000
# What a select in Slack shows: https://docs.slack.dev/reference/block-kit/composition-objects/option-object
OPTION_NAME_LIMIT = 75
# One less than a select holds, since a form also offers what its follow-up has.
OPTIONS_LIMIT = 99
OPTION_DESCRIPTION_LIMIT = 500
