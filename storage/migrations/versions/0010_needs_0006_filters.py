"""Indexes for every filter and order of the list, and for words in the text"""

import sqlalchemy as sa
from alembic import op

revision = "0010_needs_0006"
down_revision = "0009_needs_0006"

INDEXES: tuple[tuple[str, list[str], str | None], ...] = (
    ("ix_follow_up_created_id", ["created_at", "id"], None),
    ("ix_follow_up_updated_id", ["updated_at", "id"], None),
    ("ix_follow_up_due", ["due_on", "id"], None),
    ("ix_follow_up_overdue", ["status", "due_at", "id"], "status = 'outstanding'"),
    ("ix_follow_up_status", ["status", "id"], None),
    ("ix_follow_up_priority", ["priority_id", "id"], None),
    ("ix_follow_up_category", ["category_id", "id"], None),
    ("ix_follow_up_creator_kind", ["creator_kind", "id"], None),
    ("ix_follow_up_assigned", ["id"], "assignee_id IS NOT NULL"),
    ("ix_follow_up_unassigned", ["id"], "assignee_id IS NULL"),
    ("ix_follow_up_with_issue", ["id"], "external_issue_id IS NOT NULL"),
    ("ix_follow_up_without_issue", ["id"], "external_issue_id IS NULL"),
)

# Without an own number, SQLite's VACUUM may give a follow-up another.
SQLITE = (
    """
    CREATE TABLE follow_up_search (number INTEGER PRIMARY KEY, follow_up_id CHAR(26) NOT NULL UNIQUE)
    """,
    """
    CREATE VIRTUAL TABLE follow_up_trigrams
    USING fts5(search_text, content='', detail=none, tokenize='trigram case_sensitive 1')
    """,
    "INSERT INTO follow_up_search (follow_up_id) SELECT id FROM follow_up ORDER BY id",
    """
    INSERT INTO follow_up_trigrams (rowid, search_text)
    SELECT number, search_text FROM follow_up_search JOIN follow_up ON follow_up.id = follow_up_id
    ORDER BY number
    """,
    """
    CREATE TRIGGER follow_up_search_insert AFTER INSERT ON follow_up BEGIN
        INSERT INTO follow_up_search (follow_up_id) VALUES (new.id);
        INSERT INTO follow_up_trigrams (rowid, search_text)
        SELECT number, new.search_text FROM follow_up_search WHERE follow_up_id = new.id;
    END
    """,
    """
    CREATE TRIGGER follow_up_search_update AFTER UPDATE OF search_text ON follow_up
    WHEN old.search_text <> new.search_text BEGIN
        INSERT INTO follow_up_trigrams (follow_up_trigrams, rowid, search_text)
        SELECT 'delete', number, old.search_text FROM follow_up_search WHERE follow_up_id = old.id;
        INSERT INTO follow_up_trigrams (rowid, search_text)
        SELECT number, new.search_text FROM follow_up_search WHERE follow_up_id = new.id;
    END
    """,
    """
    CREATE TRIGGER follow_up_search_delete AFTER DELETE ON follow_up BEGIN
        INSERT INTO follow_up_trigrams (follow_up_trigrams, rowid, search_text)
        SELECT 'delete', number, old.search_text FROM follow_up_search WHERE follow_up_id = old.id;
        DELETE FROM follow_up_search WHERE follow_up_id = old.id;
    END
    """,
)
SQLITE_DOWN = (
    "DROP TRIGGER follow_up_search_delete",
    "DROP TRIGGER follow_up_search_update",
    "DROP TRIGGER follow_up_search_insert",
    "DROP TABLE follow_up_trigrams",
    "DROP TABLE follow_up_search",
)

# Not pg_trgm: not every PostgreSQL has it, nor may everybody install it.
POSTGRESQL = (
    """
    CREATE FUNCTION follow_up_trigrams(words text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE letters text[] := string_to_array(words, NULL);
    BEGIN
        RETURN ARRAY(
            SELECT a || b || c FROM unnest(letters, letters[2:], letters[3:]) AS trigram (a, b, c)
            WHERE c IS NOT NULL
        );
    END
    $$
    """,
    """
    CREATE INDEX ix_follow_up_trigrams ON follow_up
    USING gin (follow_up_trigrams(search_text) COLLATE "C")
    """,
    "ANALYZE follow_up",
)
POSTGRESQL_DOWN = (
    "DROP INDEX ix_follow_up_trigrams",
    "DROP FUNCTION follow_up_trigrams(text)",
)


def upgrade() -> None:
    for name, columns, where in INDEXES:
        partial = None if where is None else sa.text(where)
        op.create_index(name, "follow_up", columns, sqlite_where=partial, postgresql_where=partial)
    unusual = sa.text("mode NOT IN ('standard', 'retrospective')")
    op.create_index(
        "ix_incident_mode", "incident", ["mode", "id"], sqlite_where=unusual, postgresql_where=unusual
    )
    op.drop_index("ix_follow_up_created", "follow_up")
    op.drop_index("ix_follow_up_updated", "follow_up")
    _run(SQLITE, POSTGRESQL)


def downgrade() -> None:
    _run(SQLITE_DOWN, POSTGRESQL_DOWN)
    op.create_index("ix_follow_up_updated", "follow_up", ["updated_at"])
    op.create_index("ix_follow_up_created", "follow_up", ["created_at"])
    op.drop_index("ix_incident_mode", "incident")
    for name, _columns, _where in reversed(INDEXES):
        op.drop_index(name, "follow_up")


def _run(sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    for statement in sqlite if op.get_bind().dialect.name == "sqlite" else postgresql:
        op.get_bind().exec_driver_sql(statement)
