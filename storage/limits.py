"""How long things may be. Views read these too: forms say them before storage refuses."""

TITLE_LIMIT = 255
DESCRIPTION_LIMIT = 3_000
LABEL_LIMIT = 50
LABELS_PER_FOLLOW_UP = 20
INCIDENT_NAME_LIMIT = 150
PAGE_SIZE = 20
SUMMARY_LIMIT = 10_000
